/** Counts of a binary classifier's answers. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** The cell of each row, from its label and its answer (1 is positive): what every weighting of the rows shares. */
export function cellsOf(labels: ArrayLike<number>, positive: ArrayLike<number>): Uint8Array {
  const cells = new Uint8Array(labels.length);
  for (let row = 0; row < cells.length; row++) cells[row] = labels[row]! * 2 + positive[row]!;
  return cells;
}

/** Counts rows by their cells; `weights` count each row so many times. */
export function confusionOf(cells: Uint8Array, weights?: ArrayLike<number>): Confusion {
  const counts = new Float64Array(4);
  for (let row = 0; row < cells.length; row++) counts[cells[row]!]! += weights === undefined ? 1 : weights[row]!;
  const [trueNegatives = 0, falsePositives = 0, falseNegatives = 0, truePositives = 0] = counts;
  return { truePositives, falsePositives, trueNegatives, falseNegatives };
}

/** `part / whole`, null where there is nothing to divide by. */
export const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** Share of right answers, `(TP + TN) / n`, in [0, 1]; null without rows. */
export const accuracyOf = (c: Confusion): number | null =>
  ratio(c.truePositives + c.trueNegatives, c.truePositives + c.trueNegatives + c.falsePositives + c.falseNegatives);

/** Share of the predicted positives that are positive, `TP / (TP + FP)`, in [0, 1]; null where none was predicted. */
export const precisionOf = (c: Confusion): number | null => ratio(c.truePositives, c.truePositives + c.falsePositives);

/** Share of the positives that were found, `TP / (TP + FN)`, in [0, 1]; null where there is no positive. */
export const recallOf = (c: Confusion): number | null => ratio(c.truePositives, c.truePositives + c.falseNegatives);

/** Harmonic mean of precision and recall, `2 TP / (2 TP + FP + FN)`, in [0, 1]; null where all three are zero. */
export const f1Of = (c: Confusion): number | null =>
  ratio(2 * c.truePositives, 2 * c.truePositives + c.falsePositives + c.falseNegatives);

/**
 * Mean recall of the two classes, `(TP / (TP + FN) + TN / (TN + FP)) / 2`, in [0, 1]; 1 is perfect, .5 is what a
 * constant answer gets. Of one class alone, as scikit-learn's `balanced_accuracy_score`, where the other has no rows;
 * null without rows.
 */
export function balancedAccuracyOf(c: Confusion): number | null {
  const ofPositives = recallOf(c);
  const ofNegatives = ratio(c.trueNegatives, c.trueNegatives + c.falsePositives);
  if (ofPositives === null || ofNegatives === null) return ofPositives ?? ofNegatives;
  return (ofPositives + ofNegatives) / 2;
}

/**
 * Matthews correlation of label and answer (Matthews 1975), `(TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN +
 * FN))`, in [-1, 1]; 1 is perfect, 0 is what answers independent of the label get. Null where all labels or all answers
 * are of one class: it is 0 / 0 there, and scikit-learn's `matthews_corrcoef` says 0.
 */
export function mccOf({ truePositives, falsePositives, trueNegatives, falseNegatives }: Confusion): number | null {
  const answers = (truePositives + falsePositives) * (trueNegatives + falseNegatives);
  const labels = (truePositives + falseNegatives) * (trueNegatives + falsePositives);
  if (answers === 0 || labels === 0) return null;
  return (truePositives * trueNegatives - falsePositives * falseNegatives) / Math.sqrt(answers * labels);
}
