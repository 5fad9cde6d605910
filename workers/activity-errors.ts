import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { ZodError, prettifyError } from 'zod';
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
  if (error instanceof ZodError) return ApplicationFailure.nonRetryable(prettifyError(error), errorTypes.invalidData);
  return error;
}
