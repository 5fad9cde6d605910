import type { LogScope, PlainValue } from '../queries-port.ts';
import { queryLog, type LogPlace } from '../query/query.ts';

/** The first row that a query of the log answers; empty where there is none. */
export const logRow = (scope: LogPlace & LogScope, sql: string): Promise<readonly PlainValue[]> =>
  queryLog(scope, sql, [], async ({ batches }) => {
    const rows = [];
    for await (const batch of batches) rows.push(...batch);
    return rows[0] ?? [];
  });
