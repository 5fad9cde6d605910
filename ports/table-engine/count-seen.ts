import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { countOf, type Database } from './connection.ts';
import { keyOf, timeOf } from './expressions.ts';
import type { TableEngine } from './port.ts';
import { sideRows } from './read-frame.ts';
import { parquet } from './source.ts';

/**
 * How many labelled rows of one side are among the rows of other Parquet files, by the key, and by the time where both have
 * one. Throws `InvalidDataError` for a file without the key.
 */
export async function countSeen(
  database: Database,
  { path, dataset, split, seen }: Parameters<TableEngine['countSeen']>[0],
): Promise<{ rows: number; seen: number }> {
  await database.inTimeZone(dataset.timezone);
  const ours = await database.columns(parquet(database, path));
  const others = await Promise.all(
    seen.map(async (file) => ({ file, columns: await database.columns(parquet(database, file)) })),
  );
  const hasTime = [ours, ...others.map(({ columns }) => columns)].every(
    (columns) => timeOf(database.bind, columns, dataset) !== null,
  );
  const mark = (columns: typeof ours, file: string): string => {
    const key = keyOf(database.bind, columns, dataset);
    if (key === null)
      throw new PawlError(
        errorTypes.invalidData,
        `${file} has no column "${dataset.key}": rows that a model was trained on are known by their key`,
        { column: dataset.key },
      );
    return `${key.text} as pawl_key, ${hasTime ? `(${timeOf(database.bind, columns, dataset)})::varchar` : `''`} as pawl_time`;
  };
  const known = others
    .map(({ file, columns }) => `select ${mark(columns, file)} from ${parquet(database, file)}`)
    .join(' union ');
  const side = sideRows(database, { path, dataset, split, labelled: true }, keyOf(database.bind, ours, dataset), ours);
  const [rows, found] = await database.row(
    `select count(*), count(*) filter (where (pawl_key, pawl_time) in (select (pawl_key, pawl_time) from (${known})))
     from (select ${mark(ours, path)} from (${side}))`,
  );
  return { rows: countOf(rows), seen: countOf(found) };
}
