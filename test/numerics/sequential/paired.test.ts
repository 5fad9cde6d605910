import { array, assert, double, nat, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  agreementEvidence,
  disagreementEvidence,
  scoreShiftEvidence,
  scoreStabilityEvidence,
  steppedShiftEvidence,
  steppedStabilityEvidence,
} from '../../../ml/sequential/agreement.ts';
import { pairedLossEvidence, pairedNonInferiorityEvidence } from '../../../ml/sequential/paired.ts';
import type { Random } from '../../../ml/random.ts';
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;

const paired = record({ worse: nat(80), better: nat(80), same: nat(300), missing: nat(40) }).map(
  ({ worse, better, same, missing }) => ({ labels: worse + better + same, worse, better, missing }),
);
const margin = double({ min: 0.001, max: 0.3, noNaN: true });

describe('missing pairs', () => {
  test('give no more evidence of harm than any labels that they might have had', () => {
    assert(
      property(paired, margin, nat(100), nat(100), (counts, limit, first, second) => {
        const worse = Math.min(counts.missing, first);
        const better = Math.min(counts.missing - worse, second);
        const complete = {
          labels: counts.labels + counts.missing,
          worse: counts.worse + worse,
          better: counts.better + better,
        };
        expect(pairedLossEvidence(counts, limit)).toBeLessThanOrEqual(
          pairedLossEvidence(complete, limit) * (1 + 1e-12),
        );
        expect(pairedNonInferiorityEvidence(counts, limit)).toBeLessThanOrEqual(
          pairedNonInferiorityEvidence(complete, limit) * (1 + 1e-12),
        );
      }),
    );
  });
  test('count as gains against a rollback, as losses against a promotion', () => {
    const counts = { labels: 500, worse: 20, better: 10, missing: 7 };
    expect(pairedLossEvidence(counts, 0.01)).toBe(pairedLossEvidence({ labels: 507, worse: 20, better: 17 }, 0.01));
    expect(pairedNonInferiorityEvidence(counts, 0.01)).toBe(
      pairedNonInferiorityEvidence({ labels: 507, worse: 27, better: 10 }, 0.01),
    );
  });
});

describe('accuracy, looked at after each label', () => {
  const play =
    (worse: number, better: number, most: number) =>
    (random: Random): number | null => {
      const counts = { labels: 0, worse: 0, better: 0 };
      for (counts.labels = 1; counts.labels <= most; counts.labels++) {
        const u = random.next();
        if (u >= worse + better) continue;
        if (u < worse) counts.worse += 1;
        else counts.better += 1;
        if (pairedLossEvidence(counts, 0) >= 1 / alpha) return counts.labels;
      }
      return null;
    };
  test('fires on an equal canary at most so often as alpha says', () => {
    const repeats = 1000;
    expect(watch(repeats, play(0.02, 0.02, 10_000)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('fires on a drop of one point at 4 % discordant pairs after a median of at most 2,500 labels', () => {
    const found = watch(1000, play(0.025, 0.015, 40_000));
    expect(found.share).toBe(1);
    expect(found.median).toBeLessThanOrEqual(2500);
  });
});

describe('agreement of pairs', () => {
  const counts = record({ agree: nat(400), disagree: nat(40), missing: nat(20) }).map(
    ({ agree, disagree, missing }) => ({ pairs: agree + disagree, disagree, missing }),
  );
  test('is 1 before the first pair, on either question', () => {
    const none = { pairs: 0, disagree: 0, missing: 0 };
    expect(disagreementEvidence(none, 0.01)).toBe(1);
    expect(agreementEvidence(none, 0.01)).toBe(1);
  });
  test('is doubted more with each disagreement, and proved less', () => {
    assert(
      property(counts, margin, (seen, limit) => {
        const more = { ...seen, pairs: seen.pairs + 1, disagree: seen.disagree + 1 };
        expect(disagreementEvidence(more, limit)).toBeGreaterThan(disagreementEvidence(seen, limit));
        expect(agreementEvidence(more, limit)).toBeLessThan(agreementEvidence(seen, limit));
        const lost = { ...seen, missing: seen.missing + 1 };
        expect(disagreementEvidence(lost, limit)).toBeLessThan(disagreementEvidence(seen, limit));
        expect(agreementEvidence(lost, limit)).toBeLessThan(agreementEvidence(seen, limit));
      }),
    );
  });
  test('of all of 600 requests proves a rate below 1 %, and one disagreement refutes a limit of 0', () => {
    expect(agreementEvidence({ pairs: 600, disagree: 0, missing: 0 }, 0.01)).toBeGreaterThan(1 / alpha);
    expect(disagreementEvidence({ pairs: 500, disagree: 1, missing: 0 }, 0)).toBeGreaterThan(1 / alpha);
  });
  const play =
    (rate: number, evidence: typeof agreementEvidence) =>
    (random: Random): number | null => {
      const seen = { pairs: 0, disagree: 0, missing: 0 };
      for (seen.pairs = 1; seen.pairs <= 800; seen.pairs++) {
        if (random.next() < rate) seen.disagree += 1;
        if (evidence(seen, 0.03) >= 1 / alpha) return seen.pairs;
      }
      return null;
    };
  test.each([
    ['doubted', disagreementEvidence],
    ['proved', agreementEvidence],
  ])('is wrongly %s at most so often as alpha says', (_, evidence) => {
    expect(watch(400, play(0.03, evidence)).share).toBeLessThanOrEqual(atMost(alpha, 400));
  });
});

describe('a shift of the score', () => {
  const shifts = (up: number, down: number, same: number, missing = 0) => ({
    differences: [
      { value: 0.2, count: up },
      { value: -0.2, count: down },
      { value: 0, count: same },
    ],
    missing,
  });
  test('is judged alike up and down', () => {
    assert(
      property(nat(200), nat(200), nat(200), nat(30), (up, down, same, missing) => {
        for (const evidence of [scoreShiftEvidence, scoreStabilityEvidence]) {
          const here = Math.log(evidence(shifts(up, down, same, missing), 0.05));
          expect(Math.log(evidence(shifts(down, up, same, missing), 0.05))).toBeCloseTo(here, 8);
        }
      }),
    );
  });
  test('is found when the mean moves, and ruled out when it does not', () => {
    expect(scoreShiftEvidence(shifts(200, 0, 200), 0.05)).toBeGreaterThan(1 / alpha);
    expect(scoreShiftEvidence(shifts(0, 200, 200), 0.05)).toBeGreaterThan(1 / alpha);
    expect(scoreShiftEvidence(shifts(200, 200, 200), 0.05)).toBeLessThan(1);
    expect(scoreStabilityEvidence(shifts(200, 200, 200), 0.05)).toBeGreaterThan(1 / alpha);
    expect(scoreStabilityEvidence(shifts(200, 0, 200), 0.05)).toBeLessThan(1);
  });
  test('is neither found nor ruled out more surely for missing pairs', () => {
    for (const evidence of [scoreShiftEvidence, scoreStabilityEvidence]) {
      expect(evidence(shifts(200, 20, 200, 5), 0.05)).toBeLessThan(evidence(shifts(200, 20, 200), 0.05));
    }
  });
  test('that is known to a step is never found, or ruled out, more surely than one that is known exactly, and hardly less', () => {
    const scores = double({ min: -1, max: 1, noNaN: true });
    assert(
      property(array(scores, { maxLength: 200 }), nat(30), margin, (values, missing, limit) => {
        const exact = { differences: values.map((value) => ({ value, count: 1 })), missing };
        const steps = 400;
        const counts = new Map<number, number>();
        for (const value of values) {
          const step = Math.floor(value * steps);
          counts.set(step, (counts.get(step) ?? 0) + 1);
        }
        const stepped = { differences: [...counts], steps, missing };
        const found = Math.log(steppedShiftEvidence(stepped, limit));
        expect(found).toBeLessThanOrEqual(Math.log(scoreShiftEvidence(exact, limit)) + 1e-9);
        const ruledOut = Math.log(steppedStabilityEvidence(stepped, limit));
        expect(ruledOut).toBeLessThanOrEqual(Math.log(scoreStabilityEvidence(exact, limit)) + 1e-9);
      }),
    );
    const shifted = { differences: [[40, 200] as const, [0, 200] as const], steps: 400, missing: 0 };
    expect(steppedShiftEvidence(shifted, 0.02)).toBeGreaterThan(1 / alpha);
    expect(steppedStabilityEvidence(shifted, 0.09)).toBeGreaterThan(1 / alpha);
    expect(
      steppedShiftEvidence(
        {
          ...shifted,
          differences: [
            [-41, 200],
            [0, 200],
          ],
        },
        0.02,
      ),
    ).toBeGreaterThan(1 / alpha);
  });
  test('refuses a difference that scores in [0, 1] cannot have', () => {
    const impossible = { differences: [{ value: 1.2, count: 1 }], missing: 0 };
    expect(() => scoreShiftEvidence(impossible, 0.1)).toThrow(RangeError);
    expect(() => scoreStabilityEvidence(impossible, 0.1)).toThrow(RangeError);
  });
});
