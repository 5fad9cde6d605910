import { assert, double, nat, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Random } from '../../../ml/random.ts';
import { rateBelowEvidence, rateEvidence } from '../../../ml/sequential/event-rate.ts';
import { eventNonInferiorityEvidence, eventNonInferiorityTest } from '../../../ml/sequential/event-non-inferiority.ts';
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;

describe('evidence that a rate is below a limit', () => {
  const counts = record({ events: nat(40), quiet: nat(2000), limit: double({ min: 0.001, max: 0.9, noNaN: true }) });
  test('has an expectation of 1 after the next trial at the very limit', () => {
    assert(
      property(counts, ({ events, quiet, limit }) => {
        const at = (event: number) => rateBelowEvidence(events + event, events + quiet + 1, limit);
        const mean = limit * at(1) + (1 - limit) * at(0);
        const now = rateBelowEvidence(events, events + quiet, limit);
        if (now < 1e280) expect(mean / now).toBeCloseTo(1, 8);
      }),
      // Near the largest evidence that is told, 4.6e299, one more trial makes no difference.
      { examples: [[{ events: 0, quiet: 1_705, limit: 0.3454214053127988 }]] },
    );
  });
  test('grows with a trial without an event, and falls with one', () => {
    assert(
      property(counts, ({ events, quiet, limit }) => {
        const now = rateBelowEvidence(events, events + quiet, limit);
        expect(rateBelowEvidence(events, events + quiet + 1, limit)).toBeGreaterThanOrEqual(now);
        expect(rateBelowEvidence(events + 1, events + quiet + 1, limit)).toBeLessThanOrEqual(now);
      }),
    );
  });
  test('is 1 without trials and at a limit of 0, and stays finite at a limit of 1', () => {
    expect(rateBelowEvidence(0, 0, 0.1)).toBe(1);
    expect(rateBelowEvidence(0, 1000, 0)).toBe(1);
    expect(rateBelowEvidence(0, 1000, 1)).toBeGreaterThan(1e6);
    expect(Number.isFinite(rateBelowEvidence(0, 1_000_000, 1))).toBe(true);
  });
  test('speaks where the evidence of the other side does not', () => {
    expect(rateBelowEvidence(3, 1000, 0.02)).toBeGreaterThan(20);
    expect(rateEvidence(3, 1000, 0.02)).toBeLessThan(1);
  });
});

const split = (share: number, champion: number, canary: number) => [{ share, champion, canary }];

describe('evidence against a harmful rate of events', () => {
  const margin = { ratio: 2, rate: 0.02 };
  test('is that of either part: of the ratio where events are many, of the rate where there are none', () => {
    const many = { events: split(0.5, 300, 300), keys: split(0.5, 6000, 6000) };
    expect(eventNonInferiorityEvidence(many, margin)).toBeGreaterThan(1 / alpha);
    const none = { events: [], keys: split(0.05, 19_000, 1000) };
    expect(eventNonInferiorityEvidence(none, margin)).toBeGreaterThan(1 / alpha);
  });
  test('is 1 before the first key, and says nothing of keys that had no choice', () => {
    expect(eventNonInferiorityEvidence({ events: [], keys: [] }, margin)).toBe(1);
    const whole = { events: split(1, 0, 1), keys: split(1, 0, 100_000) };
    expect(eventNonInferiorityEvidence(whole, margin)).toBe(1);
  });
  test('does not shrink when the champion has an event more, and does not grow when the canary has', () => {
    assert(
      property(nat(60), nat(60), double({ min: 0.01, max: 0.99, noNaN: true }), (champion, canary, share) => {
        const at = (more: number, less: number) =>
          eventNonInferiorityEvidence(
            { events: split(share, champion + more, canary + less), keys: split(share, 3000, 3000) },
            margin,
          );
        expect(at(1, 0)).toBeGreaterThanOrEqual(at(0, 0));
        expect(at(0, 1)).toBeLessThanOrEqual(at(0, 0));
      }),
    );
  });
  test('expects no more than 1 of a mirrored request, also if its two answers are dependent', () => {
    const chance = double({ min: 0, max: 1, noNaN: true });
    assert(
      property(chance, chance, (both, scale) => {
        // Rates of harm exactly: the canary's is twice the champion's, and at least the limit.
        const canary = margin.rate + (1 - margin.rate) * scale;
        const champion = canary / margin.ratio;
        const shared = Math.max(0, champion + canary - 1) + (champion - Math.max(0, champion + canary - 1)) * both;
        const from = { events: split(0.5, 4, 3), keys: split(0.5, 40, 40) };
        const after = (ofChampion: number, ofCanary: number) =>
          eventNonInferiorityEvidence(
            { events: split(0.5, 4 + ofChampion, 3 + ofCanary), keys: split(0.5, 41, 41) },
            margin,
          );
        const mean =
          shared * after(1, 1) +
          (champion - shared) * after(1, 0) +
          (canary - shared) * after(0, 1) +
          (1 - champion - canary + shared) * after(0, 0);
        expect(mean).toBeLessThanOrEqual(eventNonInferiorityEvidence(from, margin) * (1 + 1e-9));
      }),
    );
  });
});

/** Keys over a ramp, looked at after every third one; the number of keys at the proof. */
const play =
  (champion: number, canary: number, margin: { ratio: number; rate: number }, most: number) =>
  (random: Random): number | null => {
    const strata = [0.05, 0.25, 0.5].map((share) => ({ share, champion: 0, canary: 0 }));
    const keys = strata.map((counts) => ({ ...counts }));
    const test = eventNonInferiorityTest(margin);
    for (let key = 1; key <= most; key++) {
      const step = Math.min(2, Math.floor((3 * key) / most));
      const [events, all] = [strata[step], keys[step]];
      if (events === undefined || all === undefined) return null;
      const arm = random.next() < all.share ? 'canary' : 'champion';
      all[arm] += 1;
      // An outage that both arms share, in the middle.
      const level = key > most / 3 && key < most / 2 ? 3 : 1;
      if (random.next() < level * (arm === 'canary' ? canary : champion)) events[arm] += 1;
      if (key % 3 === 0 && test({ events: strata, keys }) >= 1 / alpha) return key;
    }
    return null;
  };

describe('a candidate of whom harm must be ruled out, looked at after every third key of a ramp with an outage', () => {
  const repeats = 300;
  test.each([
    ['at just the ratio and the rate', 0.01, 0.02],
    ['at just the ratio, above the rate', 0.04, 0.08],
    ['at just the rate, far above the ratio', 0.001, 0.02],
  ])('is promoted at most so often as alpha says when it does harm %s', (_, champion, canary) => {
    const { share } = watch(repeats, play(champion, canary, { ratio: 2, rate: 0.02 }, 1500));
    expect(share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('is proven when it is as good as the champion, also when neither has an event', () => {
    expect(watch(40, play(0.04, 0.04, { ratio: 2, rate: 0.02 }, 6000)).share).toBeGreaterThan(0.9);
    const never = watch(10, play(0, 0, { ratio: 2, rate: 0.02 }, 3000));
    expect(never.share).toBe(1);
    expect(never.median).toBeLessThan(2500);
  });
});
