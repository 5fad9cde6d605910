import type { Check } from '../../contracts/verdict.ts';
import { check, percent, short } from '../check.ts';
import type { DataFacts } from './data-facts.ts';

const name = 'weights';

/** Rows that the weights are worth, as a share of all, below which a few rows say everything. */
const leastWorth = 0.1;

/** Weights are there and not below 0; and warns where they are worth few rows: `1 / (1 + (deviation / mean)^2)` of all (Kish 1965). */
export function weightChecks({ profile, weight }: Pick<DataFacts, 'profile' | 'weight'>): Check[] {
  const column = profile.columns.find((one) => one.column === weight && one.foundType !== null);
  if (weight === undefined || column === undefined) return [];
  const { rows, nulls, min, mean, deviation } = column;
  const remedy = 'correct them, or leave "weight" out of the model definition';
  if (nulls > 0)
    return [
      check(name, 'fail', nulls, 0, `${nulls} of ${rows} rows have no ${weight}, which is their weight: ${remedy}`),
    ];
  if (min !== null && min < 0)
    return [
      check(
        name,
        'fail',
        min,
        0,
        `the least ${weight} is ${short(min)}, and the weight of a row is 0 or more: ${remedy}`,
      ),
    ];
  if (mean === null || deviation === null) return [];
  if (mean === 0)
    return [check(name, 'fail', 0, 0, `${weight}, the weight of rows, is 0 in all ${rows} rows: ${remedy}`)];
  const worth = 1 / (1 + (deviation / mean) ** 2);
  const said = `by their weights the ${rows} rows are worth ${short(worth * rows)} that count alike`;
  return worth < leastWorth
    ? [
        check(
          name,
          'warn',
          worth,
          leastWorth,
          `${said} (${percent(worth)}): a few rows say nearly everything; look at the greatest ${weight}`,
        ),
      ]
    : [check(name, 'pass', worth, leastWorth, said)];
}
