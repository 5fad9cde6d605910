import type { UtilityMatrix } from '../../contracts/data/utility-matrix.ts';
import type { GraphBuilder } from './graph.ts';

/**
 * Index of the class to answer, `[batch]`, by float32 probabilities `[batch, classes]`: the one that is worth most in the mean, `sum_k p_k u[k][answer]`
 * (Elkan 2001); without a matrix the most probable one.
 */
export function worthMost(g: GraphBuilder, probabilities: string, utility: UtilityMatrix | null): string {
  const worths =
    utility === null
      ? probabilities
      : g.node('MatMul', [
          probabilities,
          g.constant('utility', Float32Array.from(utility.flat()), [utility.length, utility.length]),
        ]);
  return g.node('ArgMax', [worths], { axis: { int: 1 }, keepdims: { int: 0 } });
}
