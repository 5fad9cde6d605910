/** A value whose square float32 cannot hold: errors of models that compute in float32 are infinite there. */
export const squareLimit = 2 ** 64;

/** Values that differ from the median, below which nothing is said of how far they lie from it. */
export const leastDistances = 100;

/** Share of the distances, the nearest ones, that say what is usual. */
export const nearShare = 0.9;

/**
 * How far a value may lie from the median: one value alone then adds a hundred times the usual distance to the standard deviation, so that all
 * others are alike once they are divided by it. `usual`: root mean square of the nearest distances other than 0.
 */
export const reachOf = (usual: number, values: number): number => 100 * usual * Math.sqrt(values);
