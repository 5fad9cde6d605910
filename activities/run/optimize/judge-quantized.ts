import type { Digest } from '../../../contracts/digest.ts';
import type { Variant } from '../../../contracts/evidence/optimization.ts';
import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Run } from '../../../contracts/run/run.ts';
import { groupLosses } from '../../../ml/fairness/group-loss.ts';
import { groupsByName } from '../../../ml/fairness/groups.ts';
import { computeMetrics } from '../../../ml/metrics/binary.ts';
import { accuracyBootstrap } from '../../../ml/statistics/accuracy-bootstrap.ts';
import { pairedBootstrapSteps } from '../../../ml/statistics/paired-bootstrap.ts';
import { comparedMetrics } from '../../../policy/gates/quality.ts';
import { judgeVariant, worstRise, type GroupRise } from '../../../policy/gates/variant.ts';
import { check } from '../../../policy/check.ts';
import { verdictOf } from '../../../policy/verdict.ts';
import type { LoadedModel } from '../../../ports/inference/port.ts';
import type { LabelledRows, Pinned } from '../../support/labelled-rows.ts';
import { inSlices } from '../../support/in-slices.ts';
import { measureSpeedup } from './measure-speedup.ts';
import type { QuantizedVariant } from './make-variant.ts';
import { predictInPasses } from './predict-in-passes.ts';
import { takeRows } from './take-rows.ts';

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
    metrics: computeMetrics(rows.labels, predictions),
    accuracyChange: { estimate: 0, lower: 0, upper: 0 },
    differences: [],
    passRows: null,
    agreement: 1,
    worstGroupLoss: 0,
    speedup: pinned.definition.optimize.batchSizes.map((batch) => ({ batch, ratio: 1 })),
    verdict: verdictOf([check('reference', 'pass', null, null, 'the other variants are compared with it')]),
  };
}

/** Inputs that passes of one size are given, each once a pass: a wide model is judged on fewer rows in passes of one. */
const mostInputs = 300_000;
const leastRows = 500;

/**
 * Judges a variant on its own bytes: quality, agreement and fairness beside its reference on the same rows, and speed. A variant
 * whose answers depend on the pass is judged in passes of the sizes that serve, by the one in which it does worse.
 */
export async function judgeQuantized(
  reference: Fp32Reference,
  variant: QuantizedVariant,
  bytes: Bytes,
  loaded: LoadedModel,
): Promise<Variant> {
  const { definition } = reference.pinned;
  const { frame } = reference.rows;
  const speedup = await measureSpeedup(reference.loaded, loaded, frame, definition.optimize.batchSizes);
  const judged: Variant[] = [];
  for (const passRows of variant === 'dynamicInt8' ? new Set([1, definition.serving.maxBatch]) : [null]) {
    const part =
      passRows === null ? reference : firstRows(reference, (passRows * mostInputs) / definition.features.length);
    const predictions = await (passRows === null
      ? loaded.predict(frame, reference.pinned.classes)
      : predictInPasses(loaded, part.rows.frame, reference.pinned.classes, passRows));
    judged.push({ variant, ...bytes, passRows, ...(await beside(part, predictions, speedup)) });
  }
  return judged.reduce(worseOf);
}

const worseOf = (one: Variant, other: Variant): Variant => {
  const [a, b] = [one, other].map(({ verdict }) => verdict.status !== 'pass');
  if (a !== b) return a === true ? one : other;
  return other.agreement < one.agreement ? other : one;
};

/** The reference on at most so many of the rows. */
function firstRows(reference: Fp32Reference, most: number): Fp32Reference {
  const { rows, predictions } = reference;
  const count = Math.min(rows.frame.rowCount, Math.max(leastRows, Math.floor(most)));
  if (count === rows.frame.rowCount) return reference;
  return {
    ...reference,
    rows: { ...rows, frame: takeRows(rows.frame, 0, count), labels: rows.labels.subarray(0, count) },
    predictions: {
      positive: predictions.positive.subarray(0, count),
      probability: predictions.probability.subarray(0, count),
    },
  };
}

/** Predictions compared with the reference's on the same rows. */
async function beside(reference: Fp32Reference, predictions: Predictions, speedup: Variant['speedup']) {
  const { definition } = reference.pinned;
  const groups = groupRises(reference, predictions);
  const { resamples, alpha } = definition.quality;
  const differences = await inSlices(
    pairedBootstrapSteps({
      labels: reference.rows.labels,
      candidate: predictions,
      champion: reference.predictions,
      metrics: comparedMetrics(definition.quality).filter((metric) => metric !== 'accuracy'),
      resamples,
      alpha,
      seed: reference.run.seed,
    }),
  );
  const facts = {
    accuracyChange: accuracyChange(reference, predictions),
    differences,
    agreement: agreementOf(predictions, reference.predictions),
    speedup,
  };
  return {
    metrics: computeMetrics(reference.rows.labels, predictions),
    ...facts,
    worstGroupLoss: worstRise(groups),
    verdict: judgeVariant({ ...facts, groups }, definition.optimize, definition.quality),
  };
}

function accuracyChange(
  { run, pinned, rows, predictions: reference }: Fp32Reference,
  { positive }: Predictions,
): Variant['accuracyChange'] {
  const { resamples, alpha } = pinned.definition.quality;
  const { labels } = rows;
  return accuracyBootstrap({
    labels,
    candidate: positive,
    champion: reference.positive,
    resamples,
    alpha,
    seed: run.seed,
  });
}

function agreementOf(one: Predictions, other: Predictions): number {
  const equal = one.positive.reduce((sum, label, row) => sum + (label === other.positive[row] ? 1 : 0), 0);
  return equal / one.positive.length;
}

function groupRises({ pinned, rows, predictions: reference }: Fp32Reference, { positive }: Predictions): GroupRise[] {
  const { attributes, minGroupRows, alpha } = pinned.definition.fairness;
  return Object.entries(attributes).flatMap(([attribute, { maxGroupLoss }]) => {
    const groups = groupsByName(rows.frame, attribute, pinned.dataset.sensitive);
    const judged = groups.names.map((_, group) => countOf(groups.index, group) >= minGroupRows);
    const losses = groupLosses(groups, rows.labels, positive, reference.positive, judged, alpha);
    return losses.flatMap((loss, group) =>
      loss === null
        ? []
        : [{ attribute, group: groups.names[group] ?? '', rise: loss.estimate, limit: maxGroupLoss ?? null }],
    );
  });
}

const countOf = (index: Int32Array, group: number): number =>
  index.reduce((count, candidate) => count + (candidate === group ? 1 : 0), 0);
