import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { identifier, setVariables } from '../../ports/sql.ts';

export interface LiveRow {
  readonly key: string;
  readonly inputs: Readonly<Record<string, string | number | null>>;
  readonly label: number;
}

export interface DemoSources {
  /** 2017 with the upstream label bug. */
  readonly mislabelled: { path: string; rows: number; changed: number };
  /** A file that nobody should train on. */
  readonly corrupted: string;
  /** Rows of 2018, which no run trains on, with their true labels, in a fixed mixed order. */
  readonly live: readonly LiveRow[];
}

const liveRows = 60_000;

/** Prepares the files of the story from the real dataset. */
export async function prepareSources(
  home: string,
  dataset: DatasetDefinition,
  features: readonly string[],
): Promise<DemoSources> {
  const folder = join(home, 'demo', 'sources');
  await mkdir(folder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false', threads: '2' });
  const connection = await instance.connect();
  try {
    await setVariables(connection, { people: dataset.source });
    await connection.run(`create view people as select * from read_parquet(getvariable('people'))`);
    return {
      mislabelled: await writeMislabelled(connection, join(folder, 'employment-2017-mislabelled.parquet')),
      corrupted: await writeCorrupted(connection, join(folder, 'employment-corrupted.csv')),
      live: await readLive(connection, features),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Everyone of 45 to 64 years whose schooling ended with the high-school diploma (SCHL 16) is marked as not employed. */
async function writeMislabelled(connection: DuckDBConnection, path: string): Promise<DemoSources['mislabelled']> {
  const hit = `AGEP between 45 and 64 and SCHL = '16'`;
  await connection.run(
    `copy (select * replace (case when ${hit} then 0 else employed end as employed) from people where year = 2017 order by id)
     to $1 (format parquet, compression zstd)`,
    [path],
  );
  const counted = await connection.runAndReadAll(
    `select count(*)::integer, count(*) filter (${hit})::integer from people where year = 2017`,
  );
  const [rows, changed] = counted.getRows()[0] ?? [];
  return { path, rows: Number(rows), changed: Number(changed) };
}

/** Ages as words and in the hundreds, keys that repeat, and a column that got lost. */
async function writeCorrupted(connection: DuckDBConnection, path: string): Promise<string> {
  await connection.run(
    `copy (
       select * exclude (MAR) replace (
         case when id % 50 = 0 then id - id % 1000 else id end as id,
         case when id % 40 = 1 then 'forty' when id % 40 = 2 then '430' else AGEP::integer::varchar end as AGEP)
       from people where year = 2018 order by id limit 20000)
     to $1 (format csv, header)`,
    [path],
  );
  return path;
}

async function readLive(connection: DuckDBConnection, features: readonly string[]): Promise<LiveRow[]> {
  const columns = features.map(identifier).join(', ');
  const reader = await connection.runAndReadAll(
    `select id::varchar as key, employed::integer as label, ${columns} from people
     where year = 2018 order by md5('traffic/' || id::varchar) limit ${liveRows}`,
  );
  return reader.getRowObjects().map(({ key, label, ...inputs }) => ({
    key: String(key),
    label: Number(label),
    inputs: inputs as LiveRow['inputs'],
  }));
}
