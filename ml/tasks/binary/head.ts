import { binaryRules } from '../../../contracts/model/tasks/binary.ts';
import { multiply, subtract } from '../../onnx/autodiff/arithmetic.ts';
import { softplus } from '../../onnx/autodiff/elementwise.ts';
import { sum } from '../../onnx/autodiff/reduce.ts';
import { unscaled, type Head } from '../../training/head.ts';
import { smoothed } from '../smoothed.ts';
import { labelsIn, labelValues, oneClass, outputLabel } from '../class-labels.ts';

/**
 * One logit, with the logistic loss. The model answers `label` `[batch]` in the words of the target (string, bool, int64, or float64 if a label
 * is not a whole number), and `probabilities` float32 `[batch, 2]` in the order negative, positive.
 */
export const binaryHead: Head = {
  width: () => 1,
  scale: () => unscaled,
  problem: oneClass,
  /** `weights * (log(1 + exp(z)) - y z)` from logits z, summed; with smoothing s, y is `(1 - s) y + s / 2`. */
  loss: (tape, logits, labels, weights, smoothing = 0) => {
    const targets = smoothing === 0 ? labels : smoothed(tape, labels, smoothing, 2);
    const perRow = subtract(tape, softplus(tape, logits), multiply(tape, targets, logits));
    return sum(tape, multiply(tape, weights, perRow));
  },
  answer: (g, logits, { space, threshold }) => {
    const positive = g.node('Sigmoid', [logits]);
    const negative = g.node('Sub', [g.scalar('one', 1), positive]);
    const above = g.node('GreaterOrEqual', [positive, g.scalar('threshold', threshold)]);
    const { type, values } = labelValues(labelsIn(space));
    const [no, yes] = values.map((label) => g.constant('class', label, []));
    outputLabel(g, g.node('Where', [above, yes ?? '', no ?? '']), type);
    g.output(g.node('Concat', [negative, positive], { axis: { int: 1 } }, { output: 'probabilities' }), 'float32', [
      'batch',
      2,
    ]);
  },
  outputs: binaryRules.outputs,
};
