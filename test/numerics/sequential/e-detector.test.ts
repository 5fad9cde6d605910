import { array, assert, constantFrom, double, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectorEvidence, openDetector, readEvents } from '../../../ml/sequential/e-detector.ts';
import type { DetectorState, EventRun } from '../../../ml/sequential/e-detector.ts';
import { canaryShare, eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import type { Random } from '../../../ml/random.ts';
import oracle from '../../fixtures/numerics/event-sequences.json' with { type: 'json' };
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;
const one = (share: number, arm: EventRun['arm']): EventRun[] => [{ share, arm, events: 1 }];

test.each(oracle.detector)(
  'agrees with exact fractions at share $share, tolerated ratio $tolerated',
  ({ tolerated, share, horizon, arms, highest, effects }) => {
    let state = openDetector(tolerated, horizon);
    const seen: number[] = [];
    for (const [event, arm] of Array.from(arms).entries()) {
      state = readEvents(state, one(share, arm === '1' ? 'canary' : 'champion'));
      if (event % 25 === 0) seen.push(state.highest);
    }
    seen.push(state.highest);
    for (const [at, value] of seen.entries()) expect(value / (highest[at] ?? 0)).toBeCloseTo(1, 10);
    for (const [at, value] of state.effects.entries()) expect(value / (effects[at] ?? 0)).toBeCloseTo(1, 10);
  },
);

/** Events of a bake; those before `from` come at the tolerated ratio 1. Returns the event of the alarm. */
const play =
  (holdback: number, ratio: number, horizon: number, from = 0) =>
  (random: Random): number | null => {
    const share = 1 - holdback;
    const runs = Array.from({ length: horizon }, (_, event): EventRun => {
      const chance = canaryShare(share, event < from ? 1 : ratio);
      return { share, arm: random.next() < chance ? 'canary' : 'champion', events: 1 };
    });
    const whole = readEvents(openDetector(1, horizon), runs);
    if (detectorEvidence(whole) < 1 / alpha) return null;
    return firstAlarm(openDetector(1, horizon), runs);
  };

function firstAlarm(state: DetectorState, runs: readonly EventRun[]): number | null {
  for (const [event, run] of runs.entries()) {
    state = readEvents(state, [run]);
    if (detectorEvidence(state) >= 1 / alpha) return event;
  }
  return null;
}

describe('a bake in which nothing is wrong', () => {
  test.each([
    [0.1, 1],
    [0.02, 1],
    [0.5, 1],
    [0.1, 0.7],
  ])(
    'with a holdback of %d and a ratio of %d alarms at most so often as alpha says in its whole horizon',
    (holdback, ratio) => {
      const repeats = 1500;
      expect(watch(repeats, play(holdback, ratio, 800)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
    },
  );
  test('has M grow by 1 an event in expectation at the tolerated ratio, and by less below it', () => {
    assert(
      property(
        array(constantFrom<EventRun['arm']>('champion', 'canary'), { maxLength: 60 }),
        double({ min: 0.05, max: 0.99, noNaN: true }),
        constantFrom(1, 1.5),
        (arms, share, tolerated) => {
          const before = readEvents(
            openDetector(tolerated, 1000),
            arms.flatMap((arm) => one(share, arm)),
          );
          const mean = (state: DetectorState) => state.effects.reduce((a, b) => a + b, 0) / state.effects.length;
          const after = (ratio: number) => {
            const chance = canaryShare(share, ratio);
            const canary = mean(readEvents(before, one(share, 'canary')));
            return chance * canary + (1 - chance) * mean(readEvents(before, one(share, 'champion')));
          };
          expect(after(tolerated) / (mean(before) + 1)).toBeCloseTo(1, 9);
          expect(after(tolerated * 0.8)).toBeLessThan(mean(before) + 1);
        },
      ),
    );
  });
});

describe('a bake that goes wrong', () => {
  test('is found, at once or after a long good time, by about as many events', () => {
    const early = watch(150, play(0.2, 3, 3000));
    const late = watch(150, play(0.2, 3, 3000, 2000));
    expect(early.share).toBe(1);
    expect(late.times.filter((event) => event >= 2000).length).toBeGreaterThan(0.9 * 150);
    expect(late.median - 2000).toBeLessThan(1.2 * early.median);
  });
  test('is not found by a test that began with the bake, after a good time of that length', () => {
    const counts = { share: 0.8, champion: 0, canary: 0 };
    for (const { arm } of steady(2000)) counts[arm]++;
    for (const arm of ['canary', 'champion'] as const) counts[arm] += arm === 'canary' ? 185 : 15;
    expect(eventRateEvidence([counts], 1)).toBeLessThan(1 / alpha);
    const runs = [
      ...steady(2000),
      ...Array.from({ length: 15 }, () => [...run('canary', 12), ...run('champion', 1)]).flat(),
    ];
    expect(detectorEvidence(readEvents(openDetector(1, 3000), runs))).toBeGreaterThan(1 / alpha);
  });
});

const run = (arm: EventRun['arm'], events: number): EventRun[] => [{ share: 0.8, arm, events }];
/** Events that fall just by the share .8. */
const steady = (events: number): EventRun[] =>
  Array.from({ length: events }, (_, event): EventRun => ({
    share: 0.8,
    arm: event % 5 === 0 ? 'champion' : 'canary',
    events: 1,
  }));

const runs = array(
  record({
    share: constantFrom(0.5, 0.9, 0.99),
    arm: constantFrom<EventRun['arm']>('champion', 'canary'),
    events: integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 30 },
);

test('any cut of the stream into runs and looks, kept as JSON in between, gives the same bits', () => {
  assert(
    property(runs, integer({ min: 1, max: 900 }), (stream, horizon) => {
      const whole = readEvents(openDetector(1.2, horizon), stream);
      let state = openDetector(1.2, horizon);
      for (const { share, arm, events } of stream) {
        const part = Math.floor(events / 3);
        for (const length of [part, 0, events - part]) {
          state = JSON.parse(JSON.stringify(readEvents(state, [{ share, arm, events: length }]))) as DetectorState;
        }
      }
      expect(state).toEqual(whole);
    }),
  );
});

test('events after the horizon are counted, said and not judged', () => {
  const full = readEvents(openDetector(1, 50), [{ share: 0.9, arm: 'champion', events: 50 }]);
  expect(full).toMatchObject({ events: 50, beyond: 0 });
  const later = readEvents(full, [{ share: 0.9, arm: 'canary', events: 5000 }]);
  expect(later).toEqual({ ...full, beyond: 5000 });
});

test('events without another arm are passed over, and no evidence is too much for a number', () => {
  const state = openDetector(1, 100_000);
  expect(readEvents(state, [{ share: 1, arm: 'canary', events: 900 }])).toEqual(state);
  expect(detectorEvidence(readEvents(state, [{ share: 0.5, arm: 'canary', events: 100_000 }]))).toBeLessThan(Infinity);
});

test.each([0, -1, 2.5, Number.NaN, Infinity])('a horizon of %d events is refused', (horizon) => {
  expect(() => openDetector(1, horizon)).toThrow('it must be a whole number from 1');
});
