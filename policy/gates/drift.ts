import type { ColumnDrift, DriftResult } from '../../contracts/evidence/data.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { PsiLimits } from '../../contracts/model/data-gate.ts';
import type { Check, Status } from '../../contracts/verdict.ts';
import { check, short } from '../check.ts';

/** Share of false alarms among the columns that alarm. */
const driftLevel = 0.05;

type PsiGate = ModelDefinition['data']['psi'];

/** The limits of a column; null where drift of it is not looked for. */
export function psiLimitsOf({ columns, ...all }: PsiGate, column: string): PsiLimits | null {
  const own = Object.hasOwn(columns, column) ? columns[column] : {};
  if (own === 'off') return null;
  return {
    warn: own?.warn ?? all.warn,
    hold: own?.hold ?? all.hold,
    stop: own?.stop === undefined ? all.stop : own.stop,
  };
}

/** The columns whose drift is looked for. */
export const watchedColumns = <T extends Pick<ColumnDrift, 'column'>>(gate: PsiGate, drift: readonly T[]): T[] =>
  drift.filter(({ column }) => psiLimitsOf(gate, column) !== null);

/** Whether it is certain, over all columns, that a column has moved by more than a limit. */
export const hasMoved = ({ adjusted, lower }: DriftResult, limit: number): boolean =>
  adjusted <= driftLevel && lower > limit;

/**
 * Checks of drift whose p-values are for "PSI at most the column's `warn`": a column warns when its adjusted p-value is at most
 * 5 %, holds the gate when besides its lower bound exceeds `hold`, and fails beyond `stop`. One check says that all others are
 * still.
 */
export function judgeDrift(drift: readonly DriftResult[], gate: PsiGate): Check[] {
  const checks = drift.flatMap((result) => {
    const limits = psiLimitsOf(gate, result.column);
    if (limits === null || !hasMoved(result, limits.warn)) return [];
    const [status, name] = reached(result.lower, limits);
    return [movedCheck(result, status, limits[name] ?? limits.warn, `data.psi.${name}`)];
  });
  if (checks.length > 0 || drift.length === 0) return checks;
  const highest = Math.max(...drift.map((result) => result.lower));
  return [check('columns.psi', 'pass', highest, gate.warn, `no column has moved by a PSI above ${gate.warn}`)];
}

function reached(lower: number, { hold, stop }: PsiLimits): [Status, keyof PsiLimits] {
  if (stop !== null && lower > stop) return ['fail', 'stop'];
  return lower > hold ? ['inconclusive', 'hold'] : ['warn', 'warn'];
}

/** Says that a column has moved beyond a limit, and by which keys of the model's definition that is decided. */
export const movedCheck = (result: DriftResult, status: Status, limit: number, key: string): Check =>
  check(
    `${result.column}.psi`,
    status,
    result.lower,
    limit,
    `${result.column} has moved: PSI ${short(result.psi)}, lower confidence bound ${short(result.lower)}, limit ${limit} (adjusted p ${short(result.adjusted)}): if it may, raise ${key}, or set data.psi.columns.${result.column}, "off" for a column that is meant to move`,
  );
