import { describe, expect, test } from 'vitest';
import {
  agreementEvidence,
  agreementTest,
  disagreementEvidence,
  disagreementTest,
  scoreShiftEvidence,
  scoreStabilityEvidence,
  shiftTest,
  stabilityTest,
  steppedShiftEvidence,
  steppedStabilityEvidence,
} from '../../../ml/sequential/agreement.ts';
import { meanAboveEvidence, meanBelowEvidence } from '../../../ml/sequential/bounded-mean.ts';

const rate = { low: 0, high: 1 };
const shift = { low: -1, high: 1 };
const close = (found: number, expected: number) => expect(found / expected).toBeCloseTo(1, 9);

describe('agreement of pairs', () => {
  test('missing pairs agree for a guard and differ for a proof', () => {
    const seen = { pairs: 100, disagree: 12, missing: 5 };
    const counts = (one: number, none: number) => [
      { value: 1, count: one },
      { value: 0, count: none },
    ];
    close(disagreementEvidence(seen, 0.02), meanAboveEvidence(counts(12, 93), rate, 0.02));
    close(agreementEvidence(seen, 0.3), meanBelowEvidence(counts(17, 88), rate, 0.3));
  });
  test('many looks see what one look sees: how many differ, were not answered by both, and agree', () => {
    const [different, missing, same] = [12, 5, 88];
    const seen = { pairs: different + same, disagree: different, missing };
    close(disagreementTest(0.02)([different, missing, same]), disagreementEvidence(seen, 0.02));
    close(agreementTest(0.3)([different, missing, same]), agreementEvidence(seen, 0.3));
  });
});

describe('shift of scores', () => {
  const values = [-0.31, -0.02, 0.005, 0.26, 1];
  const counts = [3, 40, 50, 20, 2];
  const differences = values.map((value, i) => ({ value, count: counts[i] ?? 0 }));
  const missing = 4;
  test('is the even mixture of both directions; stability is the weaker of both', () => {
    const more = (value: number) => [...differences, { value, count: missing }];
    close(
      scoreShiftEvidence({ differences, missing }, 0.03),
      meanAboveEvidence(more(-1), shift, 0.03) / 2 + meanBelowEvidence(more(1), shift, -0.03) / 2,
    );
    const [up, down] = [meanBelowEvidence(more(1), shift, 0.2), meanAboveEvidence(more(-1), shift, -0.2)];
    close(scoreStabilityEvidence({ differences, missing }, 0.2), Math.min(up, down));
    expect(up).not.toBe(down);
  });
  test('known to a step counts by the end of it that says less, the last step ending at 1', () => {
    const steps = 100;
    const at = values.map((value) => Math.floor(value * steps + 1e-9));
    const stepped = { differences: at.map((step, i) => [step, counts[i] ?? 0] as const), steps, missing };
    const ends = (end: 0 | 1) =>
      at.map((step, i) => ({ value: Math.min(1, (step + end) / steps), count: counts[i] ?? 0 }));
    const lower = [...ends(0), { value: -1, count: missing }];
    const upper = [...ends(1), { value: 1, count: missing }];
    const moved = meanAboveEvidence(lower, shift, 0.03) / 2 + meanBelowEvidence(upper, shift, -0.03) / 2;
    const still = Math.min(meanBelowEvidence(upper, shift, 0.2), meanAboveEvidence(lower, shift, -0.2));
    close(steppedShiftEvidence(stepped, 0.03), moved);
    close(steppedStabilityEvidence(stepped, 0.2), still);
    close(shiftTest(at, steps, 0.03)([...counts, missing]), moved);
    close(stabilityTest(at, steps, 0.2)([...counts, missing]), still);
    expect(steppedShiftEvidence(stepped, 0.03)).toBeLessThanOrEqual(scoreShiftEvidence({ differences, missing }, 0.03));
  });
});
