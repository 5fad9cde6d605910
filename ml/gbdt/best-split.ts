import { splitByCategory } from './split-by-category.ts';
import { splitByNumber } from './split-by-number.ts';
import type { ColumnFacts, LeafStats, Scan, Split } from './split.ts';

/**
 * The best split of a leaf by a column, whose histogram has the packed sum of each bin; null where none gains more than is to beat. Gain is Newton's:
 * `G_l^2 / (H_l + l2) + G_r^2 / (H_r + l2) - G^2 / (H + l2)` (Chen and Guestrin 2016, eq. 7), with soft-thresholded gradients for `l1`. Rows of a
 * side are estimated by its hessian, as LightGBM does, where no `counts` by bin are given.
 */
export const bestSplit = (histogram: Float64Array, facts: ColumnFacts, leaf: LeafStats, scan: Scan): Split | null =>
  facts.isCategory ? splitByCategory(histogram, facts, leaf, scan) : splitByNumber(histogram, facts, leaf, scan);
