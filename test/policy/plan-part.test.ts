import { expect, test } from 'vitest';
import type { Crossing } from '../../ml/power/crossing.ts';
import { delayOf, keyPart, labelPart, noLabels } from '../../policy/release/plan/metric-plan.ts';
import { endsOf, rampOf } from '../../policy/release/plan/setting.ts';
import { traffic } from './declared-traffic.ts';
import { policyOf } from './groups.ts';

const crossing = (median: number | null, p95: number | null): Crossing => ({ power: 1, expected: null, median, p95 });

test('keys are needed for those of them that count, at least so many, from when they come', () => {
  const gathering = { keysPerHour: 100, counted: 0.5, from: 2 };
  expect(keyPart(crossing(50, 75.2), gathering)).toEqual({
    unit: 'keys',
    needs: { median: 100, p95: 151 },
    hours: { median: 3, p95: 2 + 1.51 },
  });
  expect(keyPart(crossing(0, null), gathering)).toMatchObject({
    needs: { median: 0, p95: null },
    hours: { median: 2, p95: null },
  });
  expect(keyPart(crossing(10, 75), { ...gathering, atLeast: 60 }).needs).toEqual({ median: 120, p95: 150 });
});

test('labels are needed of those units that get one, at least so many, and come after their delay', () => {
  const gathering = { labelled: 0.25, unitsPerHour: 400, minLabels: 30, delay: 3, from: 2 };
  expect(labelPart(crossing(100, 401), gathering)).toEqual({
    unit: 'labels',
    needs: { median: 30, p95: 101 },
    hours: { median: 5 + 0.3, p95: 5 + 1.01 },
  });
  const never = { needs: { median: null, p95: null }, hours: { median: null, p95: null } };
  expect(labelPart(crossing(null, null), gathering)).toMatchObject(never);
  expect(labelPart(crossing(100, 400), { ...gathering, labelled: 0 })).toMatchObject(never);
  expect(labelPart(crossing(100, 400), { ...gathering, unitsPerHour: 0 })).toMatchObject({
    needs: { median: 30, p95: 100 },
    hours: never.hours,
  });
});

test('why labels prove nothing is that too many or too few come, or none at all', () => {
  expect(noLabels(0.4, 10, crossing(null, null))).toMatch(
    /^labels that do not come count as losses, and 60 % do not; /,
  );
  expect(noLabels(1, 10, crossing(null, null))).toMatch(/^the labels that come in its time do not prove it: /);
  expect(noLabels(0.4, 10, crossing(1, 2))).toMatch(/^too few labels come: /);
  expect(noLabels(1, 0, crossing(null, null))).toBe('no labels come');
});

test('a label is there after its delay, and old enough after its maturity', () => {
  const delay = (maturity: number | null, labelDelayHours: number) =>
    delayOf(policyOf({}, { labels: { maturity } }), { ...traffic, labelDelayHours });
  expect([delay(7_200_000, 1), delay(7_200_000, 3), delay(null, 1)]).toEqual([2, 3, 1]);
});

test('steps last as long as they say, or as all do, one after the other', () => {
  const steps = [0.1, { share: 0.5, duration: '3h' }];
  expect(rampOf(policyOf({}, { steps, stepDuration: '30m' }))).toEqual([
    { share: 0.1, hours: 0.5 },
    { share: 0.5, hours: 3 },
  ]);
  expect(rampOf(policyOf({}, { mode: 'ab', ab: { share: 0.3, duration: '2h' } }))).toEqual([{ share: 0.3, hours: 2 }]);
  for (const mode of ['shadow', 'blueGreen']) expect(rampOf(policyOf({}, { mode }))).toEqual([]);
  expect(endsOf([{ hours: 0.5 }, { hours: 3 }] as never, 2)).toEqual([2.5, 5.5]);
});
