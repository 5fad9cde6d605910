import {
  DOUBLE,
  DuckDBStructType,
  LIST,
  listValue,
  structValue,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

/** A name as SQL. Throws `RangeError` for a NUL, which ends a statement. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new RangeError(`the name ${JSON.stringify(name)} has a NUL character: rename it`);
  return `"${name.replaceAll('"', '""')}"`;
}

export type SqlValue = string | number | readonly string[];

/** Keeps a value beside the SQL; returns what SQL calls it by. A value never becomes part of a statement's text. */
export type Bind = (value: SqlValue) => string;

function typed(value: SqlValue): [DuckDBValue, DuckDBType] {
  if (typeof value === 'number') return [value, DOUBLE];
  if (typeof value === 'string') return [value, VARCHAR];
  return [listValue([...value]), LIST(VARCHAR)];
}

/** Values that SQL names before a connection has them. */
export class SqlValues {
  /** By type and value, so that the same words of many columns are kept once. */
  readonly #names = new Map<string, string>();
  #waiting: [name: string, value: DuckDBValue, type: DuckDBType][] = [];

  readonly bind: Bind = (value) => this.#keep(...typed(value));

  /** Columns of one type for `read_csv` and `read_ndjson`, in their order. */
  columns(names: readonly string[], columnType: 'VARCHAR' | 'JSON'): string {
    const type = new DuckDBStructType(
      names,
      names.map(() => VARCHAR),
    );
    return this.#keep(structValue(Object.fromEntries(names.map((name) => [name, columnType]))), type);
  }

  /** Gives a connection those that it does not have yet: before each statement that names them. */
  async giveTo(connection: DuckDBConnection): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [name, value, type] of waiting) await connection.run(`set variable ${name} = $1`, [value], [type]);
  }

  #keep(value: DuckDBValue, type: DuckDBType): string {
    const key = `${type.toString()} ${typeof value === 'number' ? value : JSON.stringify(value)}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `pawl_value_${this.#names.size}`;
      this.#names.set(key, name);
      this.#waiting.push([name, value, type]);
    }
    return `getvariable('${name}')`;
  }
}

/**
 * Whether a text is one of a list, in SQL; null where it is null. `IN` is planned as a join, which mixes up the order in which a query
 * hands out its rows.
 */
export const isOneOf = (text: string, list: string): string => `list_contains(${list}, ${text})`;

/**
 * Gives SQL its values as variables of the connection, which statements name as `getvariable('name')`. A value never becomes part of
 * a statement's text, so no text of a client, a definition or a path can break or change one.
 */
export async function setVariables(
  connection: DuckDBConnection,
  values: Readonly<Record<string, SqlValue>>,
): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const [bound, type] = typed(value);
    await connection.run(`set variable ${identifier(name)} = $1`, [bound], [type]);
  }
}

/** A path for `read_parquet` and its like, which take a path for a pattern. */
export const onePath = (path: string): string => path.replaceAll(/[[*?]/g, '[$&]');
