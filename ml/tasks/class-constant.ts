import { labelsIn } from './class-labels.ts';
import { sharesOf } from './constant.ts';
import type { Task } from './task.ts';

/** Predictions that answer one class, and give each class its share of the labels. */
export const constantClass: Task['constant'] = (answer, { trained, space, rows }) => {
  const width = labelsIn(space).length;
  const shares = sharesOf(trained.truth, trained.weights);
  const scores = new Float64Array(rows * width);
  for (let row = 0; row < rows; row += 1) scores.set(shares, row * width);
  return { answer: new Float64Array(rows).fill(answer), scores, width };
};
