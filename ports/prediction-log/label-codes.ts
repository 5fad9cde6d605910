import type { DuckDBConnection } from '@duckdb/node-api';
import type { Classes } from '../../contracts/data/classes.ts';
import { logLimits } from '../../contracts/serving/log-limits.ts';
import { isOneOf, SqlValues } from '../sql.ts';
import { readingOf } from '../table-engine/expressions.ts';

/** Code of the column `label` as `codeOf` writes it, in SQL: equal labels have equal codes, whoever wrote them. Null where it is missing. */
export const labelCodeSql = 'label_code(label)';

/** Whether the column `label` is one of the task's labels, in SQL; false, never null. */
export const isLabelSql = 'is_label(label)';

/** Gives the SQL of a connection what `labelCodeSql` and `isLabelSql` name. */
export async function useLabels(connection: DuckDBConnection, { rule, negative, positive }: Classes): Promise<void> {
  const values = new SqlValues();
  const { code } = readingOf(values.bind, { name: 'label', type: 'VARCHAR' }, rule);
  const codes = values.bind([negative.code, positive.code]);
  await values.giveTo(connection);
  await connection.run(`create temp macro label_code(label) as ${code}`);
  await connection.run(
    `create temp macro is_label(label) as coalesce(strlen(label) <= ${logLimits.label} and ${isOneOf('label_code(label)', codes)}, false)`,
  );
}
