import { placeOfValue, type ValuedKeys, type ValueRange } from '../../contracts/evidence/values.ts';

/** Keys of one cell whose values lie in the range, in steps as an analysis counts them. */
export function valuedKeys(
  share: number,
  arm: ValuedKeys['arm'],
  values: readonly number[],
  range: ValueRange = { from: 0, to: 1 },
  missing = 0,
): ValuedKeys {
  const keys: ValuedKeys = { share, arm, values: [], missing, outside: 0 };
  for (const value of values) addValue(keys, value, range);
  return keys;
}

export function addValue(keys: ValuedKeys, value: number, range: ValueRange): void {
  const { step, low, high } = placeOfValue(value, range);
  const known = keys.values.find(([at]) => at === step);
  if (known === undefined) keys.values.push([step, 1, low, high]);
  else {
    known[1] += 1;
    known[2] += low;
    known[3] += high;
  }
}
