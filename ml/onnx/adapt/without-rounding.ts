import type { GraphBuilder } from '../graph.ts';
import { dataTypes } from './declared.ts';

/** Means over trees and sums of float32 shares miss 0 and 1 by less. */
const most = 1e-5;

/** Max and Min take operands of several shapes from this opset on. */
const oldestOpset = 8;

/**
 * Puts float32 probabilities that lie outside [0, 1] by rounding within. Others stay as they are, so that a value that is not a probability is seen.
 * Before opset 8 nothing is changed.
 */
export function withoutRounding(g: GraphBuilder, probabilities: string, opset: number): string {
  if (opset < oldestOpset) return probabilities;
  const [zero, one] = [g.scalar('zero', 0), g.scalar('one', 1)];
  const within = g.node('Min', [g.node('Max', [probabilities, zero]), one]);
  const excess = g.node('Sub', [probabilities, within]);
  const isFar = g.node('Greater', [g.node('Abs', [excess]), g.scalar('rounding', most)]);
  const kept = g.node('Mul', [g.node('Cast', [isFar], { to: { int: dataTypes.float32 } }), excess]);
  return g.node('Add', [within, kept]);
}
