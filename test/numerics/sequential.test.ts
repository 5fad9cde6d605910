import { assert, constantFrom, double, nat, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Random } from '../../ml/random.ts';
import { eventRateEvidence, rateEvidence } from '../../ml/sequential/event-rate.ts';
import { pairedLossEvidence, pairedNonInferiorityEvidence } from '../../ml/sequential/paired.ts';
import oracle from '../fixtures/numerics/event-sequences.json' with { type: 'json' };
import { watch } from '../support/watch.ts';

const alpha = 0.05;

/** Labels one by one, looked at every tenth; the number of labels when the guard fires. */
const pairedPlay =
  (worse: number, better: number, most: number, tolerated = 0) =>
  (random: Random): number | null => {
    const counts = { labels: 0, worse: 0, better: 0 };
    for (counts.labels = 1; counts.labels <= most; counts.labels++) {
      const u = random.next();
      if (u < worse) counts.worse++;
      else if (u < worse + better) counts.better++;
      if (counts.labels % 10 === 0 && pairedLossEvidence(counts, tolerated) >= 1 / alpha) return counts.labels;
    }
    return null;
  };

describe('the paired test', () => {
  test('fires on an equally good canary at most so often as alpha says, however often one looks', () => {
    expect(watch(500, pairedPlay(0.0425, 0.0425, 3000)).share).toBeLessThanOrEqual(alpha);
  });
  test('fires on one that loses just what is tolerated at most so often', () => {
    expect(watch(400, pairedPlay(0.06, 0.03, 3000, 0.03)).share).toBeLessThanOrEqual(alpha);
  });
  test('finds .829 against .803 with 8.5 % discordant pairs after some 700 labels', () => {
    const found = watch(300, pairedPlay(0.0555, 0.0295, 10_000));
    expect(found.share).toBe(1);
    expect(found.median).toBeGreaterThan(450);
    expect(found.median).toBeLessThan(900);
  });
  test('rules out a loss of 2 points for a better canary within some hundred labels, and hardly ever for a worse one', () => {
    const ruledOut = (worse: number, better: number) => (random: Random) => {
      const counts = { labels: 0, worse: 0, better: 0 };
      for (counts.labels = 1; counts.labels <= 2000; counts.labels++) {
        const u = random.next();
        if (u < worse) counts.worse++;
        else if (u < worse + better) counts.better++;
        if (counts.labels % 10 === 0 && pairedNonInferiorityEvidence(counts, 0.02) >= 1 / alpha) return counts.labels;
      }
      return null;
    };
    const good = watch(200, ruledOut(0.05, 0.07));
    expect(good.share).toBeGreaterThan(0.9);
    expect(good.median).toBeLessThan(800);
    expect(watch(400, ruledOut(0.0555, 0.0295)).share).toBeLessThanOrEqual(alpha);
  });
  test('is 1 before the first label, and grows with every label on which only the champion was right', () => {
    expect(pairedLossEvidence({ labels: 0, worse: 0, better: 0 }, 0)).toBe(1);
    assert(
      property(nat(200), nat(200), nat(500), double({ min: 0, max: 0.2, noNaN: true }), (worse, better, same, eps) => {
        const now = { labels: worse + better + same, worse, better };
        const next = { labels: now.labels + 1, worse: worse + 1, better };
        expect(pairedLossEvidence(next, eps)).toBeGreaterThan(pairedLossEvidence(now, eps));
      }),
    );
  });
  test('has an expectation of 1 after the next label, at the very loss that is tolerated', () => {
    assert(
      property(nat(60), nat(60), nat(200), (worse, better, same) => {
        const at = (w: number, b: number, s: number) =>
          pairedLossEvidence({ labels: worse + better + same + w + b + s, worse: worse + w, better: better + b }, 0.02);
        const [pWorse, pBetter] = [0.05, 0.03];
        const mean = pWorse * at(1, 0, 0) + pBetter * at(0, 1, 0) + (1 - pWorse - pBetter) * at(0, 0, 1);
        expect(mean / at(0, 0, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});

/** A stream of events at a share; the number of events when the guard fires. */
const eventPlay =
  (ratio: number, tolerated: number, most: number, shares = [0.05, 0.25, 0.5]) =>
  (random: Random): number | null => {
    const counts = shares.map((share) => ({ share, champion: 0, canary: 0 }));
    for (let event = 0; event < most; event++) {
      const step = counts[Math.floor((event * counts.length) / most)] ?? { share: 0.5, champion: 0, canary: 0 };
      const chance = (step.share * ratio) / (1 - step.share + step.share * ratio);
      if (random.next() < chance) step.canary++;
      else step.champion++;
      if (eventRateEvidence(counts, tolerated) >= 1 / alpha) return event;
    }
    return null;
  };

describe('the test of event rates', () => {
  test.each(oracle.eventRates.arms)(
    'agrees with 40 digits at the tolerated ratio $tolerated: $strata',
    ({ strata, tolerated, log }) => {
      const counts = strata.map(([share = 0, champion = 0, canary = 0]) => ({ share, champion, canary }));
      expect(Math.log(eventRateEvidence(counts, tolerated))).toBeCloseTo(log, 10);
    },
  );
  test.each([1, 1.5])(
    'alarms at most so often as alpha says at the tolerated ratio %d, over changing shares',
    (tolerated) => {
      expect(watch(300, eventPlay(tolerated, tolerated, 600)).share).toBeLessThanOrEqual(alpha);
    },
  );
  test('alarms even less for a canary that is better than tolerated', () => {
    expect(watch(200, eventPlay(0.7, 1, 600)).share).toBeLessThan(0.01);
  });
  test('finds a threefold rate within some dozen events', () => {
    const found = watch(200, eventPlay(3, 1, 600, [0.25]));
    expect(found.share).toBe(1);
    expect(found.median).toBeLessThan(60);
  });
  test('has an expectation of 1 after the next event at the tolerated ratio, and below it less', () => {
    assert(
      property(
        nat(50),
        nat(50),
        double({ min: 0.05, max: 0.95, noNaN: true }),
        constantFrom(1, 1.5, 3),
        (champion, canary, share, tolerated) => {
          const at = (a: number, b: number) =>
            eventRateEvidence([{ share, champion: champion + a, canary: canary + b }], tolerated);
          const mean = (ratio: number) => {
            const chance = (share * ratio) / (1 - share + share * ratio);
            return (chance * at(0, 1) + (1 - chance) * at(1, 0)) / at(0, 0);
          };
          expect(mean(tolerated)).toBeCloseTo(1, 9);
          expect(mean(tolerated * 0.8)).toBeLessThan(1);
        },
      ),
    );
  });
  test('learns nothing where there is no event, or only one arm', () => {
    expect(eventRateEvidence([], 1)).toBe(1);
    expect(
      eventRateEvidence(
        [
          { share: 0, champion: 900, canary: 0 },
          { share: 1, champion: 0, canary: 900 },
        ],
        1,
      ),
    ).toBe(1);
    const late = [
      { share: 1, champion: 3, canary: 900 },
      { share: 0, champion: 900, canary: 3 },
    ];
    expect(eventRateEvidence(late, 1)).toBe(1);
  });
  test('stays a number when the evidence is overwhelming, and when nothing at all is tolerated', () => {
    expect(eventRateEvidence([{ share: 0.01, champion: 0, canary: 1_000_000 }], 1)).toBeLessThan(Infinity);
    expect(eventRateEvidence([{ share: 0.5, champion: 5, canary: 5 }], 0)).toBeGreaterThan(1e5);
    expect(rateEvidence(3, 1000, 0)).toBeGreaterThan(20);
  });
});

describe('the test of one rate', () => {
  test.each(oracle.eventRates.trials)(
    'agrees with 40 digits for $events events in $trials trials at the limit $limit',
    ({ events, trials, limit, log }) => {
      expect(Math.log(rateEvidence(events, trials, limit))).toBeCloseTo(log, 10);
    },
  );
  const play = (truth: number, limit: number) => (random: Random) => {
    let events = 0;
    for (let trial = 1; trial <= 2000; trial++) {
      if (random.next() < truth) events++;
      if (trial % 5 === 0 && rateEvidence(events, trial, limit) >= 1 / alpha) return trial;
    }
    return null;
  };
  test('alarms at most so often as alpha says at the limit, and finds twice the limit', () => {
    expect(watch(200, play(0.02, 0.02)).share).toBeLessThanOrEqual(alpha);
    expect(watch(100, play(0.04, 0.02)).share).toBeGreaterThan(0.9);
  });
});
