/** float16 rounds each probability by 2^-11 of it at most, and so their sum; float32 misses 1 by less, also over 1,000 classes. */
const tolerance = 1e-3;

/** Fewer have one probability that counts: of two labels that of the positive one. */
const fewest = 3;

/** Whether the probabilities of a row are to add up to 1: where there is one for each of several labels. */
export const mustAddUp = (width: number): boolean => width >= fewest;

/** Whether the sum of a row's probabilities is not 1, as of independent sigmoids; false where it is NaN, which is a fault of its own. */
export const missesOne = (sum: number): boolean => Math.abs(sum - 1) > tolerance;
