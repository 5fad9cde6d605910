import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { fitCurves, type Curve } from '../../ml/linear/curves.ts';
import { designOf, layOut, scoreRows } from '../../ml/linear/design.ts';
import { linearEvidence } from '../../ml/linear/coefficients.ts';
import { exportedLinear } from '../../ml/linear/export.ts';
import { fitLinear, type LinearJob, type LinearState } from '../../ml/linear/fit.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { numericWidth, type Encoding, type Feature } from '../../ml/training/encoding.ts';
import type { TargetScale } from '../../ml/training/head.ts';
import { encodeRows, fitEncoding } from '../training/encoded.ts';

export function drain<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

interface Given {
  readonly features: readonly Feature[];
  readonly frame: Frame;
  readonly labels: readonly number[] | Float64Array;
  readonly space: LabelSpace;
  readonly weights?: readonly number[] | null;
  readonly l2?: number;
  readonly splines?: number;
  readonly iterations?: number;
}

export interface Made {
  readonly job: LinearJob;
  readonly encoding: Encoding;
  readonly curves: readonly Curve[];
  readonly scale: TargetScale;
}

/** The fit of a linear model on a frame, with the same rows to validate. */
export function makeLinear({
  features,
  frame,
  labels,
  space,
  weights = null,
  l2 = 1,
  splines = 0,
  ...rest
}: Given): Made {
  const { head, byRows, linear } = taskFor(space);
  const encoding = fitEncoding(features, frame);
  const encoded = encodeRows(encoding, frame);
  const curves = drain(fitCurves(encoding.numeric, encoded, splines));
  const layout = layOut(encoding, numericWidth(encoding), curves);
  const truth = Float64Array.from(labels);
  const scale = head.scale(truth);
  const rows = {
    design: designOf(layout, curves, encoded),
    labels: truth.map((label) => (label - scale.mean) / scale.deviation),
    weights: weights === null ? null : Float64Array.from(weights),
  };
  const { iterations = 1000 } = rest;
  const job = {
    l2,
    iterations,
    layout,
    train: rows,
    validation: rows,
    loss: linear,
    objective: byRows,
    labelSpace: space,
  };
  return { job, encoding, curves, scale };
}

export const fitted = ({ job }: Made, before: LinearState | null = null): LinearState => drain(fitLinear(job, before));

export const evidenceOf = (made: Made, state = fitted(made)) => linearEvidence(made.job, state, made);

/** Weights of each value of the head. */
export const thetasOf = ({ job: { layout } }: Made, { descents }: LinearState): Float64Array[] =>
  descents.flatMap(({ theta }) =>
    Array.from({ length: theta.length / layout.size }, (_, at) =>
      theta.slice(at * layout.size, (at + 1) * layout.size),
    ),
  );

/** What the weights say of other rows: a score of each value of the head, `[values][rows]`, in the label's unit. */
export function predicted(made: Made, state: LinearState, frame: Frame): number[][] {
  const { job, encoding, curves, scale } = made;
  const design = designOf(job.layout, curves, encodeRows(encoding, frame));
  return thetasOf(made, state).map((theta) => {
    const scores = new Float64Array(frame.rowCount);
    scoreRows(design, theta, 0, scores);
    return Array.from(scores, (score) => score * scale.deviation + scale.mean);
  });
}

/** The bytes that are served. */
export const exported = ({ job, encoding, curves, scale }: Made, state: LinearState): Uint8Array => {
  const thetas = thetasOf({ job, encoding, curves, scale }, state);
  const { head } = taskFor(job.labelSpace);
  const answer = { space: job.labelSpace, scale, threshold: 0.5 };
  return encodeModel(exportedLinear({ encoding, curves, layout: job.layout, thetas, head, answer }));
};
