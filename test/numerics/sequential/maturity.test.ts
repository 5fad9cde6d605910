import { describe, expect, test } from 'vitest';
import { cohortsByAge, labelViews } from '../../../ml/sequential/maturity.ts';
import { pairedLossEvidence, pairedNonInferiorityEvidence } from '../../../ml/sequential/paired.ts';
import type { Random } from '../../../ml/random.ts';
import { atMost, watch } from '../../support/watch.ts';

const hour = 3_600_000;
const cohort = (index: number, asked: number, labels: number, worse: number, better: number) => ({
  from: index * hour,
  to: (index + 1) * hour,
  asked,
  labelled: { labels, worse, better },
});
const cohorts = [cohort(0, 100, 90, 8, 3), cohort(1, 50, 45, 2, 2), cohort(2, 80, 10, 5, 0)];

describe('delayed labels', () => {
  test('of a cohort are mature once its last request is old enough', () => {
    const at = (time: number) => cohortsByAge(cohorts, 24 * hour, time).mature.length;
    expect([at(25 * hour - 1), at(25 * hour), at(26 * hour), at(27 * hour)]).toEqual([0, 1, 2, 3]);
  });
  test('promote by mature cohorts, with what is missing, and roll back by all that came', () => {
    const views = labelViews(cohorts, 24 * hour, 26 * hour);
    expect(views).toMatchObject({ matureCohorts: 2, youngCohorts: 1, missing: 15, pending: 70 });
    expect(views.promotion.counts).toEqual({ labels: 135, worse: 10, better: 5, missing: 15 });
    expect(views.rollback.counts).toEqual({ labels: 145, worse: 15, better: 5, missing: 0 });
    expect(views.promotion.estimand).toBe(
      'accuracy lost on all 150 requests asked 86400000 ms ago or earlier, 15 missing labels at their worst',
    );
    expect(views.rollback.estimand).toBe(
      'accuracy lost on requests labelled so far; 85 labels have not come, and sooner labels may differ from later ones',
    );
  });
  test('say nothing before the first request', () => {
    const views = labelViews([], hour, 0);
    expect(pairedNonInferiorityEvidence(views.promotion.counts, 0.01)).toBe(1);
    expect(pairedLossEvidence(views.rollback.counts, 0)).toBe(1);
  });
  test('are refused where there are more than were asked for', () => {
    expect(() => labelViews([cohort(0, 5, 6, 0, 0)], hour, 0)).toThrow(RangeError);
  });
});

/** A canary that loses the margin, on requests whose label never comes when only the champion was right, with a chance of `lost`. */
const play =
  (lost: number, honest: boolean) =>
  (random: Random): number | null => {
    const labelled = { labels: 0, worse: 0, better: 0 };
    for (let asked = 1; asked <= 2500; asked++) {
      const u = random.next();
      if (u < 0.03) {
        if (random.next() >= lost) {
          labelled.labels += 1;
          labelled.worse += 1;
        }
      } else {
        labelled.labels += 1;
        if (u < 0.04) labelled.better += 1;
      }
      const { promotion } = labelViews([{ from: 0, to: 1, asked, labelled }], 0, 1);
      const counts = honest ? promotion.counts : { ...promotion.counts, missing: 0 };
      if (pairedNonInferiorityEvidence(counts, 0.02) >= 1 / alpha) return asked;
    }
    return null;
  };
const alpha = 0.05;

test('promotion holds its level though labels go missing by their outcome, and would not without counting them', () => {
  const repeats = 200;
  expect(watch(repeats, play(0.8, true)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  expect(watch(50, play(0.8, false)).share).toBeGreaterThan(0.5);
});
