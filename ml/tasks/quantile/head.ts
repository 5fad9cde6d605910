import { quantileRules } from '../../../contracts/model/tasks/quantile.ts';
import { multiply } from '../../onnx/autodiff/arithmetic.ts';
import { pinball } from '../../onnx/autodiff/losses.ts';
import { sum } from '../../onnx/autodiff/reduce.ts';
import type { GraphBuilder } from '../../onnx/graph.ts';
import type { Head } from '../../training/head.ts';
import { regressionHead } from '../regression/head.ts';
import { answerType, inTargetUnit, outputPrediction } from '../regression/unscaled-answer.ts';
import { middleOf } from './middle.ts';

/**
 * A value of the standardized label for each level, with the pinball loss. The model answers `quantiles` `[batch, levels]` in the
 * target's unit, and the middle one as `prediction` `[batch]`.
 */
export const quantileHead = (levels: readonly number[]): Head => ({
  ...regressionHead,
  width: () => levels.length,
  /** `weights * mean_k (max(0, z_k - y) - level_k (z_k - y))`, summed. */
  loss: (tape, logits, labels, weights) => {
    const losses = pinball(tape, logits, labels, levels);
    const share = tape.constant('share', [1 / levels.length], []);
    return sum(tape, multiply(tape, weights, multiply(tape, share, losses)));
  },
  answer: (g, logits, { scale }) => {
    const quantiles = ascending(g, inTargetUnit(g, logits, scale), levels.length);
    outputPrediction(
      g,
      g.node('Gather', [quantiles, g.ints('middle', [middleOf(levels)])], { axis: { int: 1 } }),
      scale,
    );
    g.output(quantiles, answerType(scale), ['batch', levels.length]);
  },
  outputs: quantileRules.outputs,
});

/**
 * The values of each row in ascending order, so that quantiles do not cross, as `quantiles`. This never raises their loss (Chernozhukov,
 * Fernández-Val and Galichon 2010).
 */
export function ascending(g: GraphBuilder, values: string, width: number): string {
  const attributes = { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } };
  const [quantiles = ''] = g.multiNode('TopK', [values, g.ints('levels', [width])], ['quantiles', 'order'], attributes);
  return quantiles;
}
