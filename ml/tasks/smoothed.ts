import { add, multiply } from '../onnx/autodiff/arithmetic.ts';
import type { Tape, Value } from '../onnx/autodiff/tape.ts';

/** `(1 - share) p + share / classes`: labels as probabilities p, mixed with an even guess (Szegedy et al. 2016). */
export const smoothed = (tape: Tape, labels: Value, share: number, classes: number): Value =>
  add(
    tape,
    multiply(tape, labels, tape.constant('own', [1 - share], [])),
    tape.constant('even', [share / classes], []),
  );
