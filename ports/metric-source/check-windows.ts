import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Window } from './port.ts';

/** Throws `InvalidRequestError` for windows that are none, empty, in parts of milliseconds, or not consecutive. */
export function checkWindows(windows: readonly Window[]): void {
  const wrong = windows.some(
    ({ from, to }, index) =>
      !Number.isInteger(from) || !Number.isInteger(to) || to <= from || (index > 0 && from !== windows[index - 1]?.to),
  );
  if (wrong || windows.length === 0)
    throw new PawlError(
      errorTypes.invalidRequest,
      'windows must be consecutive and in order, in whole milliseconds: each begins where the one before ends',
    );
}
