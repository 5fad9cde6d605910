import { PawlError } from './errors.ts';

/** The faults that a check finds, or the one that it throws. */
export function faultsFrom(check: () => string[]): string[] {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    return [error.message];
  }
}
