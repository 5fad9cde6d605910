import { effectiveKeys, type Clusters } from '../drift/clusters.ts';
import type { Interval } from './proportion.ts';
import { studentQuantile } from './student.ts';

/**
 * Mean of values in [0, 1] with an interval at level `1 - alpha`, two-sided, where values of one key are alike: the mean plus and minus
 * `t s`, within [0, 1]. `s^2 = K / (K - 1) * sum_k (sum_i (x_ki - mean))^2 / n^2` is the cluster-robust variance, and t the quantile of Student's
 * distribution with K - 1 degrees of freedom (Cameron and Miller 2015). K is the number of equally busy keys that the keys are worth, so that one
 * key with most of the values makes the interval wide. With at most one such key it is [0, 1]; without values that is around .5.
 */
export function clusteredMean(values: Float64Array, clusters: Clusters, alpha = 0.05): Interval {
  const count = values.length;
  if (count === 0) return { estimate: 0.5, lower: 0, upper: 1 };
  const estimate = values.reduce((sum, value) => sum + value, 0) / count;
  const keys = effectiveKeys(clusters);
  if (keys <= 1) return { estimate, lower: 0, upper: 1 };
  const { order, starts } = clusters;
  let squares = 0;
  for (let key = 0; key + 1 < starts.length; key++) {
    let sum = 0;
    for (let i = starts[key]!; i < starts[key + 1]!; i++) sum += values[order[i]!]! - estimate;
    squares += sum ** 2;
  }
  const half = studentQuantile(keys - 1, alpha) * Math.sqrt(((keys / (keys - 1)) * squares) / count ** 2);
  return { estimate, lower: Math.max(0, estimate - half), upper: Math.min(1, estimate + half) };
}
