import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { countOf, identifier, type Database } from './connection.ts';
import { numberTextSql } from './expressions.ts';
import { writePlain } from './plain-csv.ts';
import { checkColumnNames, invalidSource, fileSql } from './source-file.ts';
import { linesIn, markOf } from './text-lines.ts';

/**
 * Newline-delimited JSON as a relation of text columns, numbers as `codeOf` writes them in a column of text. Throws `InvalidDataError` for a line
 * that is not an object, and for a list or an object in a column of `declared`.
 */
export async function ndjsonSource(
  database: Database,
  path: string,
  declared: readonly string[],
): Promise<{ relation: string; lines: number }> {
  const mark = await markOf(path);
  const plain = mark === null ? path : await writePlain(database, path, mark);
  const file = fileSql(database, plain);
  const objects = `read_ndjson_objects(${file}, hive_partitioning = false)`;
  const [odd, lines] = await database
    .row(
      `select min(number) filter (json_type(json) <> 'OBJECT'), count(*) from (select json, row_number() over () as number from ${objects})`,
    )
    .catch(async (error: unknown) => {
      if (error instanceof Error && error.message.includes('Malformed JSON')) await refuseMalformed(path, plain);
      throw error;
    });
  if (odd !== null && odd !== undefined)
    throw invalidSource(
      path,
      `line ${await lineOf(plain, Number(odd))} is not a JSON object: each line is one object of values by column`,
    );
  const found = await database.rows(
    `select name from (select unnest(json_keys(json)) as name, generate_subscripts(json_keys(json), 1) as place from ${objects})
     group by name order by min(place), name`,
  );
  const names = found.map(([name]) => String(name));
  if (names.length === 0)
    throw invalidSource(path, 'it holds no values: each line is one JSON object of values by column');
  checkColumnNames(path, names);
  const values = `read_ndjson(${file}, columns = ${database.columnsOf('JSON', names)}, hive_partitioning = false)`;
  await refuseNested(
    database,
    path,
    values,
    names.filter((name) => declared.includes(name)),
  ).catch(async (error: unknown) => {
    const twice = /JSON transform error in file .*, in line (\d+): .*has duplicate key "([^"]*)"/.exec(String(error));
    if (twice === null) throw error;
    throw invalidSource(
      path,
      `line ${await lineOf(plain, Number(twice[1]))} names "${twice[2]}" twice: write each column once`,
    );
  });
  const texts = names.map((name) => `${textOf(identifier(name))} as ${identifier(name)}`).join(', ');
  return { relation: `(select ${texts} from ${values})`, lines: countOf(lines) };
}

/** DuckDB counts no blank lines. */
async function lineOf(path: string, value: number): Promise<number> {
  let number = 0;
  let values = 0;
  for await (const lines of linesIn(path, 'utf-8'))
    for (const { text } of lines) {
      number += 1;
      if (text.trim() !== '') values += 1;
      if (values === value) return number;
    }
  return value;
}

/** Throws `InvalidDataError` for the first line that is not JSON: DuckDB counts lines otherwise. */
async function refuseMalformed(source: string, path: string): Promise<void> {
  let number = 0;
  for await (const lines of linesIn(path, 'utf-8'))
    for (const { text } of lines) {
      number += 1;
      if (text.trim() === '') continue;
      try {
        JSON.parse(text);
      } catch {
        throw invalidSource(
          source,
          `line ${number} is malformed JSON (${JSON.stringify(text.slice(0, 120))}): write one object of values by column`,
        );
      }
    }
}

/** A JSON value as text. DuckDB would write numbers in a form of its own; whole ones keep their digits, however many. */
function textOf(column: string): string {
  const raw = `${column}::varchar`;
  const number = numberTextSql(`(try_cast(${raw} as double) + 0)::varchar`);
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
