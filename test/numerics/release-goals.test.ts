import { describe, expect, test } from 'vitest';
import { goalRows } from '../../bench/release/goals.ts';
import type { Cell } from '../../bench/release/run-setting.ts';
import { trafficSettings } from '../../bench/release/settings.ts';

const cell: Cell = {
  setting: '600 a minute, share 10 %, base 1 %',
  effect: 'none',
  method: 'pawl, one guard',
  judged: true,
  tuned: false,
  limit: 20,
  repeats: 10_000,
  alarms: 0.02,
  medianDelay: null,
  p95Delay: null,
  meanCost: 0,
  medianCost: null,
};
const missed = (cells: readonly Partial<Cell>[]): string[] =>
  goalRows(cells.map((each) => ({ ...cell, ...each })))
    .filter(({ holds }) => holds === false)
    .map(({ work }) => work);

describe('a goal of the release bench', () => {
  const twice = { effect: 'ratio 2', alarms: 1, medianDelay: 18 };
  test('names a cell that exists', () => {
    const setting = trafficSettings.find(({ name }) => name === cell.setting);
    expect(setting?.effects.map(({ name }) => name)).toContain(twice.effect);
  });
  test('holds while false alarms are within three errors of alpha, in every cell that is judged', () => {
    expect(missed([{}, { setting: 'other', alarms: 0.056 }])).toEqual([]);
    expect(missed([{}, { setting: 'other', alarms: 0.057 }])).toHaveLength(1);
    expect(missed([{ judged: false, alarms: 0.5 }])).toEqual([]);
    expect(missed([{ method: 'Flagger', alarms: 1 }])).toEqual([]);
  });
  test('is missed by one release in which harm was not found, or by a median a minute late', () => {
    expect(missed([twice])).toEqual([]);
    expect(missed([{ ...twice, alarms: 0.9995 }])).toEqual(['ratio 2 found, one guard']);
    expect(missed([{ ...twice, medianDelay: 19 }])).toEqual(['ratio 2, one guard: median']);
    const set = { ...twice, method: 'pawl, guard set' };
    expect(missed([{ ...set, medianDelay: 36 }])).toEqual([]);
    expect(missed([{ ...set, medianDelay: 37 }])).toEqual(['ratio 2, guard set: median']);
    expect(missed([{ ...set, medianDelay: null }])).toHaveLength(1);
  });
  test('is missed when the accuracy drop takes too many labels', () => {
    const drop = { setting: 'labels at once', effect: 'accuracy less 1 %', alarms: 1 };
    expect(missed([{ ...drop, medianCost: 2500 }])).toEqual([]);
    expect(missed([{ ...drop, medianCost: 2501 }])).toHaveLength(1);
  });
});
