import { logLimits } from '../../contracts/log-limits.ts';

type Label = string | number | boolean;

/**
 * Equal labels have equal texts: `1`, `1.0`, `"1"`, `True` and `true` are the same, as datasets, models and clients write them differently.
 * Zeros in front tell labels apart.
 */
export function labelText(label: Label): string {
  if (typeof label === 'boolean') return String(Number(label));
  const text = String(label);
  const whole = /^([+-]?\d+)\.0*$/.exec(text)?.[1];
  if (whole !== undefined) return whole;
  const word = text.toLowerCase();
  return word === 'true' ? '1' : word === 'false' ? '0' : text;
}

/** `labelText` of the column `label`, in SQL. */
export const labelTextSql = `case lower(label) when 'true' then '1' when 'false' then '0'
  else case when ends_with(label, '0') or ends_with(label, '.') then regexp_replace(label, '^([+-]?\\d+)\\.0*$', '\\1') else label end end`;

/** Whether a label can be judged: it is there, not too long, and without control characters; false, never null. */
export const isJudgedSql = (text: string): string =>
  `coalesce(strlen(${text}) <= ${logLimits.label} and not regexp_matches(${text}, '[\\x00-\\x1f\\x7f]'), false)`;
