import type { Digest } from '../../../contracts/digest.ts';
import type { Variant } from '../../../contracts/evidence/optimization.ts';
import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Run } from '../../../contracts/run/run.ts';
import { groupsByName } from '../../../ml/fairness/groups.ts';
import { momentsByGroup } from '../../../ml/fairness/moments.ts';
import { pairedBootstrapSteps } from '../../../ml/statistics/paired-bootstrap.ts';
import { metricsNamed } from '../../../ml/tasks/index.ts';
import { measure } from '../../../ml/tasks/metric.ts';
import { comparedMetrics } from '../../../policy/gates/quality.ts';
import { judgeVariant, worstRise, type GroupRise } from '../../../policy/gates/variant.ts';
import { check } from '../../../policy/check.ts';
import { verdictOf } from '../../../policy/verdict.ts';
import type { LoadedModel } from '../../../ports/inference/port.ts';
import type { LabelledRows, Pinned } from '../../support/labelled-rows.ts';
import { inSlices } from '../../support/in-slices.ts';
import { measureSpeedup } from './measure-speedup.ts';
import type { QuantizedVariant } from './make-variant.ts';

/** The fp32 model, loaded, with its predictions on the rows to judge by. */
export interface Fp32Reference {
  readonly run: Run;
  readonly pinned: Pinned;
  readonly rows: LabelledRows;
  readonly loaded: LoadedModel;
  readonly predictions: Predictions;
}

export interface Bytes {
  readonly model: Digest;
  readonly bytes: number;
}

/** fp32 beside itself: nothing changes. */
export function fp32Variant({ pinned, rows, predictions }: Fp32Reference, bytes: Bytes): Variant {
  return {
    variant: 'fp32',
    ...bytes,
    metrics: measure(pinned.task.metrics, rows.outcomes, predictions),
    accuracyChange: { estimate: 0, lower: 0, upper: 0 },
    differences: [],
    agreement: 1,
    worstGroupLoss: 0,
    speedup: pinned.definition.optimize.batchSizes.map((batch) => ({ batch, ratio: 1 })),
    verdict: verdictOf([check('reference', 'pass', null, null, 'the other variants are compared with it')]),
  };
}

/** Judges a variant on its own bytes: quality, agreement and fairness beside its reference on the same rows, and speed. */
export async function judgeQuantized(
  reference: Fp32Reference,
  variant: QuantizedVariant,
  bytes: Bytes,
  loaded: LoadedModel,
): Promise<Variant> {
  const { definition, labelSpace } = reference.pinned;
  const { frame } = reference.rows;
  const speedup = await measureSpeedup(reference.loaded, loaded, frame, definition.optimize.batchSizes);
  const predictions = await loaded.predict(frame, labelSpace);
  return { variant, ...bytes, ...(await beside(reference, predictions, speedup)) };
}

/** Predictions compared with the reference's on the same rows. */
async function beside(reference: Fp32Reference, predictions: Predictions, speedup: Variant['speedup']) {
  const { run, pinned, rows, predictions: fp32 } = reference;
  const { definition, task, quality } = pinned;
  const { outcomes } = rows;
  const groups = groupRises(reference, predictions);
  const { resamples, alpha } = quality;
  const { seed } = run;
  const differences = await inSlices(
    pairedBootstrapSteps({
      outcomes,
      candidate: predictions,
      champion: fp32,
      metrics: metricsNamed(task, comparedMetrics(quality)).filter(({ name }) => name !== 'accuracy'),
      resamples,
      alpha,
      seed,
    }),
  );
  const cap = task.capOf(outcomes.truth);
  const answers = { candidate: predictions, reference: fp32 };
  const facts = {
    accuracyChange: task.gain(outcomes, answers, { cap, resamples, alpha, seed }),
    differences,
    agreement: task.agreement(outcomes, fp32, predictions),
    speedup,
  };
  return {
    metrics: measure(task.metrics, outcomes, predictions),
    ...facts,
    worstGroupLoss: worstRise(groups),
    verdict: judgeVariant(
      { ...facts, groups, accuracy: task.accuracy, fp32: measure(task.metrics, outcomes, fp32) },
      definition.optimize,
      quality,
    ),
  };
}

function groupRises({ pinned, rows, predictions: fp32 }: Fp32Reference, predictions: Predictions): GroupRise[] {
  const { definition, dataset, task } = pinned;
  const { attributes, minGroupRows } = definition.fairness;
  const { outcomes } = rows;
  const cap = task.capOf(outcomes.truth);
  const before = task.losses(outcomes, fp32, cap);
  const rises = task.losses(outcomes, predictions, cap).map((loss, row) => loss - before[row]!);
  return Object.entries(attributes).flatMap(([attribute, { maxGroupLoss }]) => {
    const groups = groupsByName(rows.frame, attribute, dataset.sensitive);
    return momentsByGroup(groups, rises).flatMap(({ rows: count, mean }, group) =>
      count === 0 || count < minGroupRows
        ? []
        : [{ attribute, group: groups.names[group] ?? '', rise: mean, limit: maxGroupLoss ?? null }],
    );
  });
}
