import { StatementType, type DuckDBConnection, type DuckDBResult } from '@duckdb/node-api';
import type { Digest } from '../../../contracts/digest.ts';
import { logColumns, unaddressedFeedback, type LogColumn } from '../../../contracts/serving/prediction-log.ts';
import { LogQueryError, type LogAnswer, type LogScope, type PlainValue } from '../queries-port.ts';
import { setVariables } from '../../sql.ts';
import { defaultToleranceMs } from '../../../policy/release/observe/asked-requests.ts';
import { withAskedRequests } from './asked-requests.ts';
import { logFiles, useLogFiles, withLogDatabase } from './log-database.ts';
import { useLabels } from '../label-codes.ts';
import { readLocalSegments } from './local-segments.ts';
import { LogTable } from '../sealing/log-table.ts';
import { plainValue } from './plain-value.ts';
import { SegmentIndex, type LogStore } from '../segment-index.ts';

/** Where the log is. */
export interface LogPlace {
  readonly store: LogStore;
  /** Home of the gateways whose segments are read before they are in the store. */
  readonly home: string;
  /** How far the time that feedback names may lie from that of its request, in milliseconds. @default 1,000 */
  readonly toleranceMs?: number;
}

/** `LogQueries.query`. */
export async function queryLog<T>(
  scope: LogPlace & LogScope,
  sql: string,
  parameters: readonly string[],
  take: (answer: LogAnswer) => Promise<T>,
): Promise<T> {
  return withLogDatabase({ memory: '2GB' }, async (connection) => {
    await createView(connection, scope);
    return take(answerOf(await ask(connection, sql, parameters)));
  });
}

async function createView(
  connection: DuckDBConnection,
  { store, home, models, since, labelSpace, variables = {}, toleranceMs = defaultToleranceMs }: LogPlace & LogScope,
): Promise<void> {
  const table = await LogTable.create(connection);
  // Local files first: one that goes away meanwhile has its pointer by then.
  const local = await readLocalSegments(home, [...models, unaddressedFeedback], (entry) => table.append(entry));
  const index = new SegmentIndex(store, Infinity);
  const found = new Map<string, Digest>();
  for (const model of models)
    for (const { key, data } of await index.since(model, since)) if (!local.has(key)) found.set(key, data);
  const paths: string[] = [];
  for (const data of found.values()) paths.push(await store.fetchFile(data));
  const names = Object.keys(logColumns) as LogColumn[];
  const columns = names.map((name) =>
    name === 'inputs' || name === 'outputs' ? `${name}::json as ${name}` : `"${name}"`,
  );
  await useLogFiles(connection, paths);
  if (labelSpace !== undefined) await useLabels(connection, labelSpace);
  await setVariables(connection, { log_since: since, log_paths: paths, ...variables });
  const stored = paths.length === 0 ? '' : `union all by name select * from ${logFiles}`;
  const log = await withAskedRequests(connection, `(${await table.finish()} ${stored})`, toleranceMs);
  await connection.run(`create temp view log as
    select make_timestamp(("at" * 1000)::bigint) as "time", ${columns.join(', ')}
    from ${log} where "at" >= getvariable('log_since')`);
  // From here on the files of the log can be read, and nothing else on this machine can be reached, nor these settings changed.
  await connection.run(`set allowed_paths = getvariable('log_paths')`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/** Runs exactly one SELECT; everything that could write, even to a file of the log, is another statement. */
async function ask(connection: DuckDBConnection, sql: string, parameters: readonly string[]): Promise<DuckDBResult> {
  try {
    const statements = sql.trim() === '' ? null : await connection.extractStatements(sql);
    if (statements?.count !== 1) throw new LogQueryError('the query must be one SELECT statement');
    const statement = await statements.prepare(0);
    if (statement.statementType !== StatementType.SELECT)
      throw new LogQueryError(
        `the prediction log can only be read: ask it a SELECT, not a statement of type ${StatementType[statement.statementType]}`,
      );
    for (const [i, parameter] of parameters.entries()) statement.bindVarchar(i + 1, parameter);
    return await statement.stream();
  } catch (error) {
    if (error instanceof Error && /(Parser|Binder|Catalog|Syntax|Permission) Error/.test(error.message))
      throw new LogQueryError(`${error.message.replace(/^Failed to extract statements: /, '')}${hintFor(sql, error)}`, {
        cause: error,
      });
    throw error;
  }
}

/** Names and texts in SQL. */
const inQuotes = /"[^"]*"|'[^']*'/g;

/** `at` is a column, and a word that SQL keeps for itself. */
function hintFor(sql: string, { message }: Error): string {
  const bare = sql.replaceAll(inQuotes, ' ');
  return message.includes('Parser Error') && /\bat\b/i.test(bare)
    ? '\n"at" is a word of SQL: write the column in double quotes, or take "time"'
    : '';
}

function answerOf(result: DuckDBResult): LogAnswer {
  const types = result.columnTypes();
  async function* batches(): AsyncGenerator<PlainValue[][]> {
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      yield chunk.getRows().map((row) => row.map((value, i) => plainValue(value, types[i])));
  }
  return { columns: result.deduplicatedColumnNames(), batches: batches() };
}
