import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { countOf, identifier, type Database } from './connection.ts';
import { numberText } from './expressions.ts';
import { checkNames, invalidSource, onePath } from './source-file.ts';

/**
 * Newline-delimited JSON as a relation of text columns, numbers as `codeOf` writes them in a column of text. Throws `InvalidDataError` for a line
 * that is no object, and for a list or an object in a column of `declared`.
 */
export async function ndjsonSource(
  database: Database,
  path: string,
  declared: readonly string[],
): Promise<{ relation: string; lines: number }> {
  const file = onePath(database, path);
  const objects = `read_ndjson_objects(${file}, hive_partitioning = false)`;
  const [odd, lines] = await database.row(
    `select min(number) filter (json_type(json) <> 'OBJECT'), count(*) from (select json, row_number() over () as number from ${objects})`,
  );
  if (odd !== null && odd !== undefined)
    throw invalidSource(path, `value ${String(odd)} is not a JSON object: each line is one object of values by column`);
  const found = await database.rows(
    `select name from (select unnest(json_keys(json)) as name, generate_subscripts(json_keys(json), 1) as place from ${objects})
     group by name order by min(place), name`,
  );
  const names = found.map(([name]) => String(name));
  if (names.length === 0)
    throw invalidSource(path, 'it holds no values: each line is one JSON object of values by column');
  checkNames(path, names);
  const values = `read_ndjson(${file}, columns = ${database.columnsOf('JSON', names)}, hive_partitioning = false)`;
  await refuseNested(
    database,
    path,
    values,
    names.filter((name) => declared.includes(name)),
  );
  const texts = names.map((name) => `${textOf(identifier(name))} as ${identifier(name)}`).join(', ');
  return { relation: `(select ${texts} from ${values})`, lines: countOf(lines) };
}

/** A JSON value as text. DuckDB would write numbers in a form of its own; whole ones keep their digits, however many. */
function textOf(column: string): string {
  const raw = `${column}::varchar`;
  const number = numberText(`(try_cast(${raw} as double) + 0)::varchar`);
  return `case json_type(${column}) when 'VARCHAR' then ${column} ->> '$' when 'DOUBLE' then if(regexp_full_match(${raw}, '-?\\d+'), ${raw}, ${number}) when 'NULL' then null else ${raw} end`;
}

async function refuseNested(database: Database, path: string, values: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const nested = names.map((name) => `count(*) filter (json_type(${identifier(name)}) in ('OBJECT', 'ARRAY'))`);
  const counts = await database.row(`select ${nested.join(', ')} from ${values}`);
  const faults = names.flatMap((name, i) =>
    countOf(counts[i]) === 0 ? [] : [`"${shownText(name)}" in ${countOf(counts[i])}`],
  );
  if (faults.length > 0)
    throw invalidSource(
      path,
      `it holds lists or objects where values are declared: ${shownNames(faults)} lines. Write a text, a number, true, false or null`,
    );
}
