import { numberText } from '../../contracts/data/cell.ts';
import type { ColumnProfile } from '../../contracts/evidence/data.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check } from '../check.ts';
import type { DataFacts } from './data-facts.ts';

/** Warns of numeric features whose spread float32 cannot tell apart at their size: models compute in float32. */
export function lostDigits({ profile, dataset }: Pick<DataFacts, 'profile' | 'dataset'>): Check[] {
  const found = profile.columns.flatMap(({ column, lostDigits: lost }) =>
    lost !== null && column !== dataset.target ? [warning(column, lost)] : [],
  );
  return found.length > 0 ? found : [check('columns.digits', 'pass', 0, 0, 'float32 tells the numbers apart')];
}

function warning(column: string, { distinct, left, from, to }: NonNullable<ColumnProfile['lostDigits']>): Check {
  const message = `${column}: models read float32, which leaves ${left} of ${distinct} different numbers (most lie from ${numberText(from)} to ${numberText(to)}): subtract an offset in the source, for example ${numberText(Math.floor(from))}`;
  return check(`${column}.digits`, 'warn', left, distinct, message);
}
