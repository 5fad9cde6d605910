import type { GraphBuilder } from '../../onnx/graph.ts';
import type { TargetScale } from '../../training/head.ts';

/** Values of the standardized label in the target's unit. */
export const inTargetUnit = (g: GraphBuilder, logits: string, { mean, deviation }: TargetScale): string =>
  g.node('Add', [g.node('Mul', [logits, g.scalar('target_deviation', deviation)]), g.scalar('target_mean', mean)]);

/** Declares the output `prediction` `[batch]`. */
export const outputPrediction = (g: GraphBuilder, value: string): void =>
  g.output(g.node('Reshape', [value, g.ints('flat', [-1])], {}, { output: 'prediction' }), 'float32', ['batch']);
