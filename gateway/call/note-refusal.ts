import type { Report } from '../warnings.ts';
import { HttpError, httpStatusOf, refusalReason } from './http-error.ts';

export interface RefusalCounter {
  /** `model` is empty where it is not known. */
  refused(model: string, reason: string, status: number): void;
}

/** Counts a request that no version was asked for, and reports an error that nobody foresaw; returns the HTTP status. */
export function noteRefusal(counter: RefusalCounter, report: Report, error: unknown): number {
  const status = httpStatusOf(error);
  counter.refused('', refusalReason(status), status);
  if (!(error instanceof HttpError))
    report(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return status;
}
