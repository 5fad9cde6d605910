import { countOf, type Database } from './connection.ts';
import { keyOf } from './expressions.ts';
import type { TableEngine } from './port.ts';
import { sideRows } from './read-frame.ts';
import { parquet } from './source.ts';

/** Writes the labelled rows of one side of the split, with every column, in the order of the key. */
export async function writeSide(
  database: Database,
  job: Parameters<TableEngine['writeSide']>[0],
): Promise<{ rows: number }> {
  await database.inTimeZone(job.dataset.timezone);
  const found = await database.columns(parquet(database, job.path));
  const key = keyOf(database.bind, found, job.dataset);
  await database.run(`create temp view side as ${sideRows(database, { ...job, labelled: true }, key, found)}`);
  await database.run(
    `copy (select * exclude (file_row_number) from side order by ${key === null ? '' : `${key.order}, `}file_row_number)
     to $1 (format parquet, compression zstd)`,
    [job.target],
  );
  return { rows: countOf((await database.row('select count(*) from side'))[0]) };
}
