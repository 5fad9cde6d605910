import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { SeenRows } from '../../contracts/evidence/quality.ts';
import { isParquet, startOfFile } from '../start-of-file.ts';
import { countOf, type Database } from './connection.ts';
import { csvSource } from './csv.ts';
import { keyOf, timeOf } from './expressions.ts';
import type { TableEngine } from './port.ts';
import { codeOfColumn, sideRows } from './split-rows.ts';
import { parquet } from './source.ts';

/** Of the keys that are named. */
const mostKeys = 5;

/**
 * How many labelled rows of one side are among the rows of other files (Parquet, or CSV of `pawl split`), by the key, and by the time where both have
 * one; and how many rows of those files the snapshot knows, on any side and with the same label. Throws `InvalidDataError` for a file without the
 * key or the target.
 */
export async function countSeen(
  database: Database,
  { path, dataset, split, seen }: Parameters<TableEngine['countSeen']>[0],
): Promise<SeenRows> {
  await database.inTimeZone(dataset.timezone);
  const ours = await database.columns(parquet(database, path));
  const others = await Promise.all(
    seen.map(async (file) => {
      const relation = await relationOf(database, file, Object.keys(dataset.columns));
      return { file, relation, columns: await database.columns(relation) };
    }),
  );
  const hasTime = [ours, ...others.map(({ columns }) => columns)].every(
    (columns) => timeOf(database.bind, columns, dataset) !== null,
  );
  const mark = (columns: typeof ours, file: string): string => {
    for (const column of [dataset.key, dataset.target])
      if (!columns.some(({ name }) => name === column)) throw notOfDataset(file, column, dataset.dataset);
    const key = keyOf(database.bind, columns, dataset)?.text ?? 'null';
    const time = hasTime ? `(${timeOf(database.bind, columns, dataset)})::varchar` : `''`;
    return `${key} as pawl_key, ${time} as pawl_time, ${codeOfColumn(database, dataset.target, dataset, columns)} as pawl_label`;
  };
  const told = others
    .map(({ file, relation, columns }) => `select ${mark(columns, file)} from ${relation}`)
    .join(' union ');
  const rowsOf = (of?: typeof split): string =>
    sideRows(
      database,
      { path, dataset, labelled: true, ...(of === undefined ? {} : { split: of }) },
      keyOf(database.bind, ours, dataset),
      ours,
    );
  const [rows, found, keys] = await database.row(
    `select count(*), count(*) filter (met), to_json(min(pawl_key, ${mostKeys}) filter (met))::varchar
     from (select pawl_key, (pawl_key, pawl_time) in (select (pawl_key, pawl_time) from (${told})) as met
           from (select ${mark(ours, path)} from (${rowsOf(split)})))`,
  );
  const [trained, known, relabelled] = await database.row(
    `select count(*), count(mine.pawl_key), count(mine.pawl_key) filter (mine.pawl_label is distinct from theirs.pawl_label)
     from (${told}) theirs left join (select ${mark(ours, path)} from (${rowsOf()})) mine using (pawl_key, pawl_time)`,
  );
  return {
    rows: countOf(rows),
    seen: countOf(found),
    keys: (JSON.parse(String(keys)) as string[] | null) ?? [],
    trained: countOf(trained),
    known: countOf(known),
    relabelled: countOf(relabelled),
  };
}

const notOfDataset = (file: string, column: string, dataset: string): PawlError =>
  new PawlError(
    errorTypes.invalidData,
    `${file} has no column "${column}": rows that a model was trained on need the key and the target of the dataset "${dataset}"`,
    { column },
  );

/** A file of the store has no name that tells its form. */
async function relationOf(database: Database, path: string, columns: readonly string[]): Promise<string> {
  return isParquet(await startOfFile(path, 4))
    ? parquet(database, path)
    : (await csvSource(database, path, {}, columns, {})).relation;
}
