import { multiclassRules } from '../../../contracts/model/tasks/multiclass.ts';
import { multiply } from '../../onnx/autodiff/arithmetic.ts';
import { oneHot } from '../../onnx/autodiff/arrange.ts';
import { crossEntropy } from '../../onnx/autodiff/losses.ts';
import { sum } from '../../onnx/autodiff/reduce.ts';
import { unscaled, type Head } from '../../training/head.ts';
import { worthMost } from '../../onnx/worth-most.ts';
import { smoothed } from '../smoothed.ts';
import { labelsIn, labelValues, oneClass, outputLabel } from '../class-labels.ts';

/**
 * A logit for each class, with the cross-entropy of their softmax. The model answers `label` `[batch]`, the most probable one or the one that
 * is worth most, in the words of the target, and `probabilities` float32 `[batch, classes]`.
 */
export const multiclassHead: Head = {
  width: (space) => labelsIn(space).length,
  scale: () => unscaled,
  problem: oneClass,
  /** `weights * (log(sum_k exp(z_k)) - z_y)` from logits z, summed; with smoothing s of K classes, z_y is `sum_k ((1 - s) [k = y] + s / K) z_k`. */
  loss: (tape, logits, labels, weights, smoothing = 0) => {
    const classes = Number(logits.shape[1]);
    const ones = oneHot(tape, labels, classes);
    const targets = smoothing === 0 ? ones : smoothed(tape, ones, smoothing, classes);
    return sum(tape, multiply(tape, weights, crossEntropy(tape, logits, targets)));
  },
  answer: (g, logits, { space }) => {
    const labels = labelsIn(space);
    const { type, values } = labelValues(labels);
    const texts = values.flatMap((value) => [...value]);
    const all =
      type === 'string'
        ? g.constant('classes', texts.map(String))
        : type === 'float64'
          ? g.constant('classes', Float64Array.from(texts, Number))
          : g.constant('classes', BigInt64Array.from(texts, BigInt));
    const probabilities = g.node('Softmax', [logits], { axis: { int: 1 } }, { output: 'probabilities' });
    const { utility = null } = space.kind === 'classes' ? space : {};
    // Softmax may make equal what is not.
    const answer = worthMost(g, utility === null ? logits : probabilities, utility);
    outputLabel(g, g.node('Gather', [all, answer]), type);
    g.output(probabilities, 'float32', ['batch', labels.length]);
  },
  outputs: multiclassRules.outputs,
};
