import type { Digest } from '../../contracts/digest.ts';
import { foldEvidenceSchema, foldsEvidenceSchema, type FoldEvidence } from '../../contracts/evidence/folds.ts';
import type { Difference } from '../../contracts/evidence/quality.ts';
import { metricFacts, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { GateResult, Run } from '../../contracts/run/run.ts';
import { meanOfFolds } from '../../ml/statistics/mean-of-folds.ts';
import { foldsNumbers } from '../../policy/approval-numbers.ts';
import { judgeFolds as verdictOf } from '../../policy/gates/folds.ts';
import { loadDocument } from '../support/documents.ts';
import { gateResult } from '../support/gate-result.ts';
import type { Ports } from '../ports.ts';
import { loadPinned } from '../support/labelled-rows.ts';

/** Judges by the mean over the folds, with an interval that knows that they share training rows. */
export const createJudgeFolds = (ports: Pick<Ports, 'store'>) =>
  async function judgeFolds(input: { run: Run; folds: Digest[] }): Promise<GateResult> {
    const { run } = input;
    const { definition, task, quality } = await loadPinned(ports, run);
    const folds = await Promise.all(input.folds.map((digest) => loadDocument(ports.store, foldEvidenceSchema, digest)));
    const { primary, alpha } = quality;
    const means = task.metrics.flatMap(({ name }) => {
      const mean = meanOf(folds, name, ({ metrics }) => metrics[name] ?? null, alpha);
      return mean === null ? [] : [withinRange(mean)];
    });
    const gain = meanOf(folds, primary, (fold) => less(fold.metrics[primary], fold.baseline.metrics[primary]), alpha);
    const constant = folds[0]?.baseline.answer ?? '';
    const verdict = verdictOf({ folds: folds.length, means, gain, constant, champion: run.champion, gate: quality });
    return gateResult(
      ports.store,
      foldsEvidenceSchema,
      {
        schema: 'pawl.evidence.folds/1',
        run: run.id,
        task: task.name,
        isRolling: definition.split.by === 'time',
        alpha,
        folds,
        means,
        gain,
        primary,
        verdict,
      },
      foldsNumbers({ means, folds: folds.length, primary }),
    );
  };

const less = (one: number | null | undefined, other: number | null | undefined): number | null =>
  one === null || one === undefined || other === null || other === undefined ? null : one - other;

function meanOf(
  folds: readonly FoldEvidence[],
  metric: MetricName,
  of: (fold: FoldEvidence) => number | null,
  alpha: number,
): Difference | null {
  const values = folds.flatMap((fold) => {
    const value = of(fold);
    return value === null ? [] : [{ value, trained: fold.rows.train, tested: fold.rows.test }];
  });
  return values.length < folds.length ? null : { metric, ...meanOfFolds(values, alpha) };
}

/** The interval of a metric lies where the metric does. */
function withinRange({ metric, estimate, lower, upper }: Difference): Difference {
  const [least, most] = metricFacts[metric].range;
  return { metric, estimate, lower: Math.max(least, lower), upper: Math.min(most, upper) };
}
