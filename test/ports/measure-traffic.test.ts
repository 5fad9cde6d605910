import { binary, severalClasses } from '../support/classes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { measureTraffic } from '../../ports/prediction-log/measure/measure-traffic.ts';
import { feedback, inputsOf, mirror, prediction, since } from './log-entries.ts';
import { storeOfSegments } from './log-segments.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-measured-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hourMs = 3_600_000;
/** Differences of the scores of the two versions, key by key. */
const shifts = [0.1, -0.1, 0.3, -0.3, 0, 0, 0, 0, 0, 0];
const score = (probability: number) =>
  ({
    label: { type: 'int64', shape: [1], data: BigInt64Array.of(probability > 0.5 ? 1n : 0n) },
    probabilities: { type: 'float32', shape: [1, 2], data: Float32Array.of(1 - probability, probability) },
  }) as const;

/** Ten keys that come twice, of whose first requests there are copies: one fails, and a second request does not count. */
const entries: LogEntry[] = shifts.flatMap((shift, key) => [
  prediction(`a-${key}`, {
    key: `key-${key}`,
    at: since + key,
    inputs: inputsOf({ age: key < 7 ? 30 : 70, sector: key % 2 === 0 ? 'north' : 'south' }),
    outputs: score(0.5),
  }),
  prediction(`b-${key}`, { key: `key-${key}`, at: since + 100 + key, outputs: score(0.5) }),
  mirror(`a-${key}`, key === 9 ? { error: 'it fell', outputs: {} } : { outputs: score(0.5 + shift) }),
  ...(key === 9 ? [] : [mirror(`b-${key}`, { outputs: score(0.9) })]),
  feedback(`a-${key}`, 1),
]);

const measure = async (more: Partial<Parameters<typeof measureTraffic>[0]> = {}) =>
  measureTraffic({
    store: await storeOfSegments(folder, [entries.slice(0, 20), entries.slice(20)]),
    home: folder,
    model: 'tiny',
    since,
    now: since + hourMs,
    slowMs: 50,
    labelSpace: binary,
    ...more,
  });

it('counts keys that two versions answered, by the first request of each, and how far their scores lie apart', async () => {
  const found = await measure();
  expect(found).toMatchObject({ keys: 10, labels: 10, mirrored: 9, disagree: 2, smallestGroup: null });
  const seen = shifts.slice(0, 9);
  const deviation = Math.sqrt(seen.reduce((sum, shift) => sum + shift ** 2, 0) / 8);
  expect(found?.scoreSpread).toBeCloseTo(deviation, 5);
});

it('leaves out what versions that were rolled back answered to mirrored requests', async () => {
  expect(await measure({ without: [2] })).toMatchObject({ keys: 10, mirrored: 0, disagree: 0, scoreSpread: null });
  expect(await measure({ without: [3] })).toMatchObject({ mirrored: 9, disagree: 2, without: [3] });
});

it('finds the smallest group, by codes, by bands, and of pairs', async () => {
  const sector = { column: 'sector', labels: { north: 'North' } };
  const age = { column: 'age', bands: [65] };
  const smallest = async (...parts: (typeof sector | typeof age)[]) =>
    (await measure({ attributes: [{ name: parts.map(({ column }) => column).join(' x '), parts }] }))?.smallestGroup;
  expect(await smallest(sector)).toMatchObject({ keys: 5 });
  expect(await smallest(age)).toEqual({ name: expect.stringMatching(/^age = .*65/), keys: 3 });
  expect(await smallest(sector, age)).toMatchObject({
    name: expect.stringMatching(/^sector x age = North x .*65/),
    keys: 1,
  });
});

it('measures values of the first requests of keys within their range, and how often and late they come', async () => {
  const worth = [
    feedback('a-0', null, since + 600_000, 0),
    feedback('a-1', null, since + 600_001, 4),
    feedback('a-1', null, since + 700_000, 10),
    feedback('a-2', 1, since + 600_002, 99),
    // Of a second request, and of none.
    feedback('b-3', null, since + 600_000, 10),
    feedback('c-3', null, since + 600_000, 10),
  ];
  const store = await storeOfSegments(folder, [entries, worth]);
  const found = await measure({ store, values: { from: 0, to: 10 } });
  expect(found?.values).toEqual({
    values: 3,
    valued: 0.3,
    delayHours: 1 / 6,
    mean: expect.closeTo(1.4 / 3, 12) as number,
  });
  expect((await measure({ store }))?.values).toBeNull();
  expect((await measure({ values: { from: 0, to: 10 } }))?.values).toBeNull();
});

it('counts keys with a probability in the band, and those with an answer without one in [0, 1]', async () => {
  expect((await measure())?.scores).toBeUndefined();
  expect((await measure({ band: { from: 0.45, to: 0.55 } }))?.scores).toEqual({ inBand: 10, outOfRange: 0 });
  expect((await measure({ band: { from: Infinity, to: -Infinity } }))?.scores).toEqual({ inBand: 0, outOfRange: 0 });
  const odd = [NaN, 1.2, Infinity].map((probability, key) =>
    prediction(`odd-${key}`, { key: `odd-${key}`, at: since + 200, outputs: score(probability) }),
  );
  const failed = prediction('failed', { key: 'failed', at: since + 300, error: 'it fell', label: null, outputs: {} });
  const store = await storeOfSegments(await mkdtemp(join(folder, 'odd-')), [[...entries, ...odd, failed]]);
  const found = await measure({ store, band: { from: 0, to: 0.4 } });
  expect(found).toMatchObject({ keys: 14, scores: { inBand: 0, outOfRange: 3 } });
});

it('counts keys by the segments that are asked for, by code and by band', async () => {
  const of = (part: { column: string; bands?: number[] }, ...groups: string[]) =>
    measure({ segments: { part, segments: groups.map((group) => ({ segment: `${part.column}=${group}`, group })) } });
  expect((await of({ column: 'sector' }, 'north', 'west'))?.segments).toEqual({ 'sector=north': 5, 'sector=west': 0 });
  const bands = await of({ column: 'age', bands: [65] }, 'below 65');
  expect(bands?.segments).toEqual({ 'age=below 65': 7 });
  expect((await measure())?.segments).toBeUndefined();
});

it('finds the label that the fewest keys got first, where labels are more than two', async () => {
  const label = (text: string) => ({ label: { type: 'string', shape: [1], data: [text] } }) as const;
  const answers = ['small', 'small', 'middle', 'large', 'large', 'large'].flatMap((text, key) => [
    prediction(`s-${key}`, { key: `s-${key}`, at: since + key, outputs: label(text) }),
    prediction(`t-${key}`, { key: `s-${key}`, at: since + 10 + key, outputs: label('small') }),
  ]);
  const store = await storeOfSegments(await mkdtemp(join(folder, 'sizes-')), [answers]);
  const labelSpace = severalClasses('small', 'middle', 'large', 'huge');
  expect(await measure({ store, labelSpace })).toMatchObject({
    answered: 6,
    rarestPrediction: { label: 'middle', keys: 1 },
  });
  expect(await measure()).not.toHaveProperty('rarestPrediction');
});
