import { countOf, type Database } from './connection.ts';
import { checkNames, invalidSource, onePath } from './source-file.ts';

/** Newline-delimited JSON as a relation of text columns, numbers as they were written. Throws `InvalidDataError` for a line that is no object. */
export async function ndjsonSource(database: Database, path: string): Promise<{ relation: string; lines: number }> {
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
  const columns = database.textColumns(names);
  return { relation: `read_ndjson(${file}, columns = ${columns}, hive_partitioning = false)`, lines: countOf(lines) };
}
