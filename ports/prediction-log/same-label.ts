import { logLimits } from '../../contracts/log-limits.ts';

type Label = string | number | boolean;

/** Equal labels have equal texts: `1`, `"1"` and `true` are the same, as datasets, models and clients write them differently. */
export const labelText = (label: Label): string =>
  typeof label === 'boolean' ? String(Number(label)) : label === 'true' ? '1' : label === 'false' ? '0' : String(label);

/** `labelText` of the column `label`, in SQL. */
export const labelTextSql = `case label when 'true' then '1' when 'false' then '0' else label end`;

/** Whether a label can be judged: it is there, not too long, and without control characters; false, never null. */
export const isJudgedSql = (text: string): string =>
  `coalesce(strlen(${text}) <= ${logLimits.label} and not regexp_matches(${text}, '[\\x00-\\x1f\\x7f]'), false)`;
