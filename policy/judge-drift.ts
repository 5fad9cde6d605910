import type { DriftResult } from '../contracts/evidence/data.ts';
import type { Check, Status } from '../contracts/verdict.ts';
import { check, short } from './check.ts';

/** Share of false alarms among the columns that alarm. */
export const driftLevel = 0.05;

/**
 * Checks of drift whose p-values are for "PSI at most `limits.warn`": a column warns when its adjusted p-value is at most
 * 5 %, and fails when besides its lower bound exceeds `limits.fail`. One check says that all others are still.
 */
export function judgeDrift(drift: readonly DriftResult[], limits: { warn: number; fail: number }): Check[] {
  const moved = drift.filter((result) => result.adjusted <= driftLevel && result.lower > limits.warn);
  const checks = moved.map((result) => {
    const status: Status = result.lower > limits.fail ? 'fail' : 'warn';
    const limit = status === 'fail' ? limits.fail : limits.warn;
    return check(
      `${result.column}.psi`,
      status,
      result.lower,
      limit,
      `${result.column} has moved: PSI ${short(result.psi)}, at least ${short(result.lower)}, limit ${limit} (adjusted p ${short(result.adjusted)})`,
    );
  });
  if (checks.length > 0 || drift.length === 0) return checks;
  const highest = Math.max(...drift.map((result) => result.lower));
  return [check('columns.psi', 'pass', highest, limits.warn, `no column has moved by a PSI above ${limits.warn}`)];
}
