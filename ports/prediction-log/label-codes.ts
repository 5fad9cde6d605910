import type { DuckDBConnection } from '@duckdb/node-api';
import { float32Limit } from '../../contracts/data/cell.ts';
import { labelRange, type LabelSpace } from '../../contracts/data/label-space.ts';
import { logLimits } from '../../contracts/serving/log-limits.ts';
import { isOneOf, SqlValues } from '../sql.ts';
import { readingOf } from '../table-engine/expressions.ts';

/** Code of the column `label` as `codeOf` writes it, in SQL: equal labels have equal codes, whoever wrote them. Null where it is missing. */
export const labelCodeSql = 'label_code(label)';

/** Whether the column `label` is one of the task's labels, in SQL; false, never null. */
export const isLabelSql = 'is_label(label)';

/** Number of the column `label`, in SQL; not a number where it is none, or where labels are classes. */
export const labelNumberSql = 'label_number(label)';

const numberSql = "coalesce(try_cast(label as double), 'nan'::double)";

/**
 * Gives the SQL of a connection what `labelCodeSql`, `isLabelSql` and `labelNumberSql` name. Labels that are numbers have one code, since what
 * they say is in the number.
 */
export async function useLabels(connection: DuckDBConnection, space: LabelSpace): Promise<void> {
  const isShort = `strlen(label) <= ${logLimits.label}`;
  if (space.kind === 'numbers') {
    await connection.run(`create temp macro label_number(label) as ${numberSql}`);
    const { least, most } = labelRange(space);
    const isInRange = `${numberSql} between '${least}'::double and '${most}'::double and abs(${numberSql}) < ${float32Limit}`;
    await connection.run(`create temp macro is_label(label) as coalesce(${isShort} and ${isInRange}, false)`);
    await connection.run(`create temp macro label_code(label) as case when isfinite(${numberSql}) then 'number' end`);
    return;
  }
  const values = new SqlValues();
  const { code } = readingOf(values.bind, { name: 'label', type: 'VARCHAR' }, space.rule);
  const codes = values.bind(space.classes.map((one) => one.code));
  await values.giveTo(connection);
  await connection.run(`create temp macro label_number(label) as 'nan'::double`);
  await connection.run(`create temp macro label_code(label) as ${code}`);
  await connection.run(
    `create temp macro is_label(label) as coalesce(${isShort} and ${isOneOf('label_code(label)', codes)}, false)`,
  );
}
