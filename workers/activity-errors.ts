import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { ZodError } from 'zod';
import { PawlError } from '../contracts/errors.ts';
import { errorTypes } from '../contracts/names.ts';

/** Tells Temporal which errors a retry cannot mend. */
export const activityErrors: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      throw asFailure(error);
    }
  },
};

function asFailure(error: unknown): unknown {
  if (error instanceof PawlError)
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: true,
      details: [error.details],
      cause: error,
    });
  if (error instanceof ZodError)
    return ApplicationFailure.create({
      type: errorTypes.invalidData,
      message: `a stage got a result that cannot be: ${error.issues.map(inWords).slice(0, 3).join('; ')}. This is a fault of Pawl, or of data that no check caught: look at the data evidence of the run`,
      nonRetryable: true,
      cause: error,
    });
  return error;
}

/** A schema's issue as a sentence: `training.curve.0.trainLoss is NaN, where a number is wanted`. */
function inWords({ path, message }: ZodError['issues'][number]): string {
  const [, wanted, received] = /^Invalid input: expected (\S+), received (.+)$/.exec(message) ?? [];
  const place = path.length === 0 ? 'it' : path.join('.');
  return wanted === undefined ? `${place}: ${message}` : `${place} is ${received}, where a ${wanted} is wanted`;
}
