import { HttpError } from '../../gateway/call/http-error.ts';

/** The `HttpError` that a call is refused with. */
export function refusal(call: () => unknown): HttpError {
  try {
    call();
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
