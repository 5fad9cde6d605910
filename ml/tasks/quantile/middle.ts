/** The place of the level whose quantile is the prediction: the middle one, of two the lower. */
export const middleOf = (levels: readonly number[]): number => Math.floor((levels.length - 1) / 2);
