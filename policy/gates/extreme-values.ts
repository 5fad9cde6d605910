import { numberText } from '../../contracts/data/cell.ts';
import type { ColumnProfile } from '../../contracts/evidence/data.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check, short } from '../check.ts';
import type { DataFacts } from './data-facts.ts';

/** Warns of numbers that a model reads or learns, and that would decide alone what it learns. */
export function extremeValues({
  profile,
  dataset,
  labelSpace,
}: Pick<DataFacts, 'profile' | 'dataset' | 'labelSpace'>): Check[] {
  const found = profile.columns.flatMap((column) => {
    const isLabel = column.column === dataset.target;
    const counts = isLabel ? labelSpace.kind === 'numbers' : dataset.columns[column.column]?.kind === 'numeric';
    return counts && column.extremes !== null ? [warning(column.column, column.extremes, isLabel)] : [];
  });
  return found.length > 0 ? found : [check('columns.extreme', 'pass', 0, 0, 'no number is beyond all others')];
}

function warning(
  column: string,
  { rows, of, values, median }: NonNullable<ColumnProfile['extremes']>,
  isLabel: boolean,
): Check {
  const shown = `${values.map(numberText).join(', ')}${rows > values.length ? ', ...' : ''}`;
  const whole = isLabel ? 'predict the logarithm' : 'give the model the logarithm';
  const message = `${column}: ${rows} of ${of} values ${rows === 1 ? 'is' : 'are'} beyond all others (${shown}; median ${short(median)}) and would decide alone what a model learns: correct them or leave these rows out; write what means missing under "missing", and what is possible as "min" and "max", in dataset.yaml; if they are true, ${whole}`;
  return check(`${column}.extreme`, 'warn', rows, 0, message);
}
