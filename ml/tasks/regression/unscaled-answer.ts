import type { GraphBuilder } from '../../onnx/graph.ts';
import { elementTypes } from '../../onnx/tensor.ts';
import type { TargetScale } from '../../training/head.ts';

/** Share of the target's deviation that rounding to float32 may move an answer by. */
const mostRounding = 1e-3;

/** The type of answers in the target's unit: float64 where float32 at the size of the mean is too coarse for the target's spread. */
export const answerType = ({ mean, deviation }: TargetScale): 'float32' | 'float64' =>
  2 ** -23 * Math.abs(mean) > mostRounding * deviation ? 'float64' : 'float32';

/** Values of the standardized label in the target's unit, of the answer's type. */
export function inTargetUnit(g: GraphBuilder, logits: string, scale: TargetScale): string {
  const isWide = answerType(scale) === 'float64';
  const scalar = (stem: string, value: number): string =>
    isWide ? g.constant(stem, Float64Array.of(value), []) : g.scalar(stem, value);
  const values = isWide ? g.node('Cast', [logits], { to: { int: elementTypes.float64 } }) : logits;
  return g.node('Add', [
    g.node('Mul', [values, scalar('target_deviation', scale.deviation)]),
    scalar('target_mean', scale.mean),
  ]);
}

/** Declares the output `prediction` `[batch]`. */
export const outputPrediction = (g: GraphBuilder, value: string, scale: TargetScale): void =>
  g.output(g.node('Reshape', [value, g.ints('flat', [-1])], {}, { output: 'prediction' }), answerType(scale), [
    'batch',
  ]);
