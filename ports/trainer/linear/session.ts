import { setImmediate } from 'node:timers/promises';
import { decodeLinear, encodeLinear } from '../../../ml/linear/checkpoint.ts';
import { linearEvidence } from '../../../ml/linear/coefficients.ts';
import { designOf, layOut } from '../../../ml/linear/design.ts';
import { exportedLinear } from '../../../ml/linear/export.ts';
import { fitLinear, isByNewton, type LinearJob as Fit, type LinearState } from '../../../ml/linear/fit.ts';
import { encodeModel } from '../../../ml/onnx/proto.ts';
import { taskFor } from '../../../ml/tasks/index.ts';
import { numericWidth } from '../../../ml/training/encoding.ts';
import type { TargetScale } from '../../../ml/training/head.ts';
import { environment } from '../environment.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { LinearJob } from '../messages.ts';
import type { OnEpoch, TrainingOutcome } from '../port.ts';

/** Products of a weight and a row between two checkpoints, about a second's worth, and iterations at most. */
const productsOfCheckpoint = 1_000_000_000;
const mostIterations = 25;

/** Minimizes the penalized loss, and exports the model at the optimum. */
export async function trainLinear(job: LinearJob, onEpoch: OnEpoch): Promise<TrainingOutcome> {
  const { head, byRows, linear: loss } = taskFor(job.labelSpace);
  const { settings, encoding, curves, labelSpace: space, threshold } = job;
  const scale = head.scale(job.trainLabels);
  const layout = layOut(encoding, numericWidth(encoding), curves);
  const fit: Fit = {
    l2: settings.l2,
    iterations: settings.iterations,
    layout,
    train: {
      design: designOf(layout, curves, job.train),
      labels: scaled(job.trainLabels, scale),
      weights: job.trainWeights,
    },
    validation: {
      design: designOf(layout, curves, job.validation),
      labels: scaled(job.validationLabels, scale),
      weights: job.validationWeights,
    },
    loss,
    objective: byRows,
    labelSpace: space,
  };
  const fingerprint = fingerprintOf(job, [settings, encoding, curves.map(({ knots }) => knots), job.train.rows]);
  const every = iterationsOfCheckpoint(fit);
  const steps = fitLinear(fit, job.resume === null ? null : decodeLinear(fingerprint, job.resume));
  let state: LinearState;
  for (;;) {
    const step = steps.next();
    state = step.value;
    if (step.done === true) break;
    const report = state.curve.at(-1)!;
    await onEpoch(report, report.epoch % every === 0 ? encodeLinear(fingerprint, state) : null);
    await setImmediate();
  }
  const thetas = state.descents.flatMap(({ theta }) =>
    Array.from({ length: theta.length / layout.size }, (_, at) =>
      theta.subarray(at * layout.size, (at + 1) * layout.size),
    ),
  );
  return {
    model: encodeModel(exportedLinear({ encoding, curves, layout, thetas, head, answer: { space, scale, threshold } })),
    settings,
    linear: linearEvidence(fit, state, { encoding, curves, scale }),
    curve: state.curve,
    bestEpoch: state.curve.length,
    provider: 'cpu',
    parameters: thetas.length * layout.size,
    environment: environment(),
  };
}

const scaled = (labels: Float64Array, { mean, deviation }: TargetScale): Float64Array =>
  labels.map((label) => (label - mean) / deviation);

/** Newton's method takes few iterations, and each of them costs much. */
function iterationsOfCheckpoint(fit: Fit): number {
  if (isByNewton(fit)) return 1;
  const { rows, dense, sparse } = fit.train.design;
  return Math.max(1, Math.min(mostIterations, Math.round(productsOfCheckpoint / (rows * (dense + sparse + 1)))));
}
