import type { PairedCounts } from './paired.ts';

/** Requests of one stretch of time, and the labels that came for them so far. */
export interface Cohort<Counts> {
  /** Milliseconds since 1970, of the first request. */
  readonly from: number;
  /** Milliseconds since 1970 that all its requests came before. */
  readonly to: number;
  /** Requests whose label is wanted. */
  readonly asked: number;
  readonly labelled: Counts;
}

export interface CohortsByAge<Counts> {
  readonly mature: readonly Cohort<Counts>[];
  readonly young: readonly Cohort<Counts>[];
}

/** Cohorts all of whose requests are `maturityMs` old at `at`, and the others. Both times in milliseconds. */
export const cohortsByAge = <Counts>(
  cohorts: readonly Cohort<Counts>[],
  maturityMs: number,
  at: number,
): CohortsByAge<Counts> => {
  const isMature = ({ to }: Cohort<Counts>): boolean => at - to >= maturityMs;
  return { mature: cohorts.filter(isMature), young: cohorts.filter((cohort) => !isMature(cohort)) };
};

/** Counts for one question, and what their mean is an estimate of. */
export interface LabelView {
  readonly counts: Required<PairedCounts>;
  readonly estimand: string;
}

export interface LabelViews {
  readonly matureCohorts: number;
  readonly youngCohorts: number;
  /** Labels of mature cohorts that did not come. */
  readonly missing: number;
  /** Labels of young cohorts that did not come yet. */
  readonly pending: number;
  readonly promotion: LabelView;
  readonly rollback: LabelView;
}

/**
 * What delayed labels may decide at the time `at`, in milliseconds since 1970.
 *
 * Promotion sees mature cohorts only, their missing labels in `missing`, which the paired tests count at the worst: its
 * estimand, the loss on all requests asked, does not depend on which labels come sooner. Rollback sees all labels so far
 * and none as missing: its estimand is the loss on requests labelled so far, which differs where the chance or the delay
 * of a label depends on the answers being right; that is why it may not promote. Throws RangeError for a cohort with more
 * labels than were asked for.
 */
export function labelViews(cohorts: readonly Cohort<PairedCounts>[], maturityMs: number, at: number): LabelViews {
  const { mature, young } = cohortsByAge(cohorts, maturityMs, at);
  const promotion = addUp(mature);
  const pending = addUp(young).missing;
  return {
    matureCohorts: mature.length,
    youngCohorts: young.length,
    missing: promotion.missing,
    pending,
    promotion: {
      counts: promotion,
      estimand: `accuracy lost on all ${promotion.labels + promotion.missing} requests asked ${maturityMs} ms ago or earlier, ${promotion.missing} missing labels at their worst`,
    },
    rollback: {
      counts: { ...addUp(cohorts), missing: 0 },
      estimand: `accuracy lost on requests labelled so far; ${promotion.missing + pending} labels have not come, and sooner labels may differ from later ones`,
    },
  };
}

function addUp(cohorts: readonly Cohort<PairedCounts>[]): Required<PairedCounts> {
  const sum = { labels: 0, worse: 0, better: 0, missing: 0 };
  for (const { asked, labelled } of cohorts) {
    if (labelled.labels > asked) throw new RangeError(`${labelled.labels} labels where ${asked} were asked for`);
    sum.labels += labelled.labels;
    sum.worse += labelled.worse;
    sum.better += labelled.better;
    sum.missing += asked - labelled.labels;
  }
  return sum;
}
