import type { Predictions } from '../../../contracts/data/frame.ts';
import { rankScores } from '../../metrics/auc.ts';
import type { Ranking } from '../../metrics/auc.ts';
import type { MetricOfRows, Outcomes } from '../metric.ts';

/**
 * Macro average of the AUC of each class against all others: `mean over a of P(score_a of a row of a > score_a of
 * another row)`, ties counted one half. In [0, 1]; .5 is chance, 1 is perfect. Null where a class has no rows, or there
 * is only one class. As scikit-learn's `roc_auc_score(multi_class='ovr', average='macro')`.
 */
export const oneVsRestAuc = (outcomes: Outcomes, predictions: Predictions): MetricOfRows =>
  meanOverClasses(outcomes, predictions, (positive, twiceWins, rows) => {
    let [wins, others] = [0, 0];
    for (let other = 0; other < rows.length; other++) {
      if (other === positive) continue;
      wins += twiceWins[other] ?? 0;
      others += rows[other] ?? 0;
    }
    return areaOf(wins, rows[positive] ?? 0, others);
  });

/**
 * Macro average of the AUC of each ordered pair of classes: `mean over a != b of P(score_a of a row of a > score_a of a
 * row of b)`, ties counted one half. In [0, 1]; .5 is chance, 1 is perfect; the shares of the classes do not change it.
 * Null where a class has no rows, or there is only one class. Hand and Till 2001; as scikit-learn's
 * `roc_auc_score(multi_class='ovo', average='macro')`.
 */
export const oneVsOneAuc = (outcomes: Outcomes, predictions: Predictions): MetricOfRows =>
  meanOverClasses(outcomes, predictions, (positive, twiceWins, rows) => {
    let sum = 0;
    for (let other = 0; other < rows.length; other++) {
      if (other !== positive) sum += areaOf(twiceWins[other] ?? 0, rows[positive] ?? 0, rows[other] ?? 0);
    }
    return sum / (rows.length - 1);
  });

/** Share of pairs in the right order; rounding of weights does not lift it above 1. */
const areaOf = (twiceWins: number, positives: number, negatives: number): number =>
  Math.min(1, twiceWins / (2 * positives * negatives));

type AreaOfClass = (positive: number, twiceWins: Float64Array, rows: Float64Array) => number;

/** Ranks each column of scores once; a weighting then costs O(rows x classes). */
function meanOverClasses({ truth }: Outcomes, { scores, width }: Predictions, area: AreaOfClass): MetricOfRows {
  const classes = Int32Array.from(truth);
  const rankings = Array.from({ length: width }, (_, column) =>
    rankScores(Float64Array.from(classes, (_, row) => scores[row * width + column] ?? 0)),
  );
  return (weights) => {
    const rows = rowsOf(classes, width, weights);
    if (width < 2 || rows.includes(0)) return null;
    const [twiceWins, below] = [new Float64Array(width), new Float64Array(width)];
    let sum = 0;
    for (const [positive, ranking] of rankings.entries()) {
      countWins(positive, classes, ranking, weights, twiceWins.fill(0), below.fill(0));
      sum += area(positive, twiceWins, rows);
    }
    return sum / width;
  };
}

function rowsOf(classes: Int32Array, width: number, weights?: ArrayLike<number>): Float64Array {
  const rows = new Float64Array(width);
  for (let row = 0; row < classes.length; row++) {
    const of = classes[row] ?? 0;
    rows[of] = (rows[of] ?? 0) + (weights === undefined ? 1 : (weights[row] ?? 0));
  }
  return rows;
}

/**
 * Adds to `twiceWins[other]` twice the pairs in which a row of `positive` scores above a row of `other`, and once those
 * with equal scores. `below` counts the rows of each class with lower scores. The classes are run over once for each
 * run of scores with a row of `positive`, so that all columns together cost O(rows x classes).
 */
function countWins(
  positive: number,
  classes: Int32Array,
  { order, ends }: Ranking,
  weights: ArrayLike<number> | undefined,
  twiceWins: Float64Array,
  below: Float64Array,
): void {
  let start = 0;
  for (const end of ends) {
    let up = 0;
    for (let i = start; i < end; i++) {
      const row = order[i] ?? 0;
      if (classes[row] === positive) up += weights === undefined ? 1 : (weights[row] ?? 0);
    }
    if (up > 0) {
      for (let other = 0; other < below.length; other++)
        twiceWins[other] = (twiceWins[other] ?? 0) + 2 * up * (below[other] ?? 0);
    }
    for (let i = start; i < end; i++) {
      const row = order[i] ?? 0;
      const of = classes[row] ?? 0;
      const weight = weights === undefined ? 1 : (weights[row] ?? 0);
      twiceWins[of] = (twiceWins[of] ?? 0) + up * weight;
      below[of] = (below[of] ?? 0) + weight;
    }
    start = end;
  }
}
