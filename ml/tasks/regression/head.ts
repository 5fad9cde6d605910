import { regressionRules } from '../../../contracts/model/tasks/regression.ts';
import { multiply, subtract } from '../../onnx/autodiff/arithmetic.ts';
import { sum } from '../../onnx/autodiff/reduce.ts';
import { answerType, inTargetUnit, outputPrediction } from './unscaled-answer.ts';
import type { Head } from '../../training/head.ts';

/** One value, the standardized label, with the squared error. The model answers `prediction` `[batch]` in the target's unit. */
export const regressionHead: Head = {
  width: () => 1,
  scale: (truth) => {
    const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
    const variance = truth.reduce((sum, value) => sum + (value - mean) ** 2, 0) / truth.length;
    const scale = { mean, deviation: Math.fround(Math.sqrt(variance)) || 1 };
    return answerType(scale) === 'float64' ? scale : { ...scale, mean: Math.fround(mean) };
  },
  problem: (truth, part) => {
    const first = truth[0];
    if (first === undefined) return 'there is none';
    if (part === 'validation' || truth.some((value) => value !== first)) return null;
    return `all ${truth.length} have the same label`;
  },
  /** `weights * (z - y)^2`, summed. */
  loss: (tape, logits, labels, weights) => {
    const error = subtract(tape, logits, labels);
    return sum(tape, multiply(tape, weights, multiply(tape, error, error)));
  },
  answer: (g, logits, { scale }) => outputPrediction(g, inTargetUnit(g, logits, scale), scale),
  outputs: regressionRules.outputs,
};
