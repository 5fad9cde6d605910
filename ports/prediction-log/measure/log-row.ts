import type { PlainValue } from '../query/plain-value.ts';
import { queryLog, type LogScope } from '../query/query.ts';

/** The first row that a query of the log answers; empty where there is none. */
export const logRow = (scope: LogScope, sql: string): Promise<readonly PlainValue[]> =>
  queryLog(scope, sql, [], async ({ batches }) => {
    const rows = [];
    for await (const batch of batches) rows.push(...batch);
    return rows[0] ?? [];
  });
