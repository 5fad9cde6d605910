import { z } from 'zod';

/** A part of a whole, from 0 to 1. */
export const share = z.number().min(0).max(1);

/** The chance of an error that a test may have. At 0 and 1 it has no bounds. */
export const errorChance = z
  .number()
  .gt(0, 'expected a chance above 0, such as 0.05')
  .lt(1, 'expected a chance below 1, such as 0.05');
