/** Share of the values, those in the middle, that say how far a column spreads. */
export const middleShare = 0.98;

/** Steps of float32 that the middle of a numeric feature spreads over, below which a model loses what differs. */
export const leastSteps = 256;
