import { DOUBLE, LIST, listValue, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';

/** A name as SQL, whatever it contains. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * A text of a definition or of a file's header as SQL, for places where DuckDB takes constants alone (options of `read_csv`). Data, labels and
 * what clients send are bound, never written so. Throws `RangeError` for a NUL, which ends a statement.
 */
export function literal(text: string): string {
  if (text.includes('\0')) throw new RangeError('a text with a NUL character cannot be part of a query');
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Whether a text is one of a few, in SQL; null where it is null. `IN` is planned as a join, which mixes up the order in which a query
 * hands out its rows.
 */
export const isOneOf = (text: string, words: readonly string[]): string =>
  `list_contains([${words.map(literal).join(', ')}]::varchar[], ${text})`;

/**
 * Gives SQL its values as variables of the connection, which statements name as `getvariable('name')`. A value never becomes part of
 * a statement's text, so no text of a client, a definition or a path can break or change one.
 */
export async function setVariables(
  connection: DuckDBConnection,
  values: Readonly<Record<string, string | number | readonly string[]>>,
): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const sql = `set variable ${identifier(name)} = $1`;
    if (typeof value === 'number') await connection.run(sql, [value], [DOUBLE]);
    else if (typeof value === 'string') await connection.run(sql, [value], [VARCHAR]);
    else await connection.run(sql, [listValue([...value])], [LIST(VARCHAR)]);
  }
}

/** A path for `read_parquet` and its like, which take a path for a pattern. */
export const onePath = (path: string): string => path.replaceAll(/[[*?]/g, '[$&]');
