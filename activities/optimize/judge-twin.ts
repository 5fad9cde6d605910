import type { Digest } from '../../contracts/digest.ts';
import type { Variant } from '../../contracts/evidence/optimization.ts';
import type { Predictions } from '../../contracts/frame.ts';
import type { Run } from '../../contracts/run.ts';
import { groupLosses } from '../../ml/fairness/group-loss.ts';
import { groupsByName } from '../../ml/fairness/groups.ts';
import { computeMetrics } from '../../ml/metrics/binary.ts';
import { accuracyBootstrap } from '../../ml/statistics/accuracy-bootstrap.ts';
import { judgeVariant, worstRise, type GroupRise } from '../../policy/judge-variant.ts';
import { verdictOf } from '../../policy/verdict.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import type { LabelledRows, Pinned } from '../rows.ts';
import { measureSpeedup } from './measure-speedup.ts';
import type { QuantizedVariant } from './make-variant.ts';

/** The fp32 model, loaded, with its predictions on the rows to judge by. */
export interface Twin {
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
export function fp32Variant({ pinned, rows, predictions }: Twin, bytes: Bytes): Variant {
  return {
    variant: 'fp32',
    ...bytes,
    metrics: computeMetrics(rows.labels, predictions),
    accuracyChange: { estimate: 0, lower: 0, upper: 0 },
    agreement: 1,
    worstGroupLoss: 0,
    speedup: pinned.definition.optimize.batchSizes.map((batch) => ({ batch, ratio: 1 })),
    verdict: verdictOf([]),
  };
}

/** Judges a variant on its own bytes: quality, agreement and fairness beside its twin on the same rows, and speed. */
export async function judgeTwin(
  twin: Twin,
  variant: QuantizedVariant,
  bytes: Bytes,
  loaded: LoadedModel,
): Promise<Variant> {
  const { definition } = twin.pinned;
  const { frame, labels } = twin.rows;
  const predictions = await loaded.predict(frame, twin.pinned.classes);
  const groups = groupRises(twin, predictions);
  const facts = {
    accuracyChange: accuracyChange(twin, predictions),
    agreement: agreementOf(predictions, twin.predictions),
    speedup: await measureSpeedup(twin.loaded, loaded, frame, definition.optimize.batchSizes),
  };
  return {
    variant,
    ...bytes,
    metrics: computeMetrics(labels, predictions),
    ...facts,
    worstGroupLoss: worstRise(groups),
    verdict: judgeVariant({ ...facts, groups }, definition.optimize),
  };
}

function accuracyChange(
  { run, pinned, rows, predictions: twin }: Twin,
  { positive }: Predictions,
): Variant['accuracyChange'] {
  const { resamples, alpha } = pinned.definition.quality;
  const { labels } = rows;
  return accuracyBootstrap({ labels, candidate: positive, champion: twin.positive, resamples, alpha, seed: run.seed });
}

function agreementOf(one: Predictions, other: Predictions): number {
  const equal = one.positive.reduce((sum, label, row) => sum + (label === other.positive[row] ? 1 : 0), 0);
  return equal / one.positive.length;
}

function groupRises({ pinned, rows, predictions: twin }: Twin, { positive }: Predictions): GroupRise[] {
  const { attributes, minGroupRows, alpha } = pinned.definition.fairness;
  return Object.entries(attributes).flatMap(([attribute, { maxGroupLoss }]) => {
    const groups = groupsByName(rows.frame, attribute, pinned.dataset.sensitive);
    const judged = groups.names.map((_, group) => countOf(groups.index, group) >= minGroupRows);
    const losses = groupLosses(groups, rows.labels, positive, twin.positive, judged, alpha);
    return losses.flatMap((loss, group) =>
      loss === null
        ? []
        : [{ attribute, group: groups.names[group] ?? '', rise: loss.estimate, limit: maxGroupLoss ?? null }],
    );
  });
}

const countOf = (index: Int32Array, group: number): number =>
  index.reduce((count, candidate) => count + (candidate === group ? 1 : 0), 0);
