import { withDuckDb, type DuckDbOptions } from './connection.ts';
import type { TableEngine } from './port.ts';
import { predictFile } from './predict-file.ts';
import { profile } from './profile.ts';
import { readFrame } from './read-frame.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** Tables by DuckDB, which computes on threads of its own: the event loop stays free. */
export const createDuckDbTables = (options: DuckDbOptions): TableEngine => ({
  writeSnapshot: (job) => withDuckDb(options, (database) => writeSnapshot(database, job)),
  profile: (job) => withDuckDb(options, (database) => profile(database, job)),
  readFrame: (job) => withDuckDb(options, (database) => readFrame(database, job)),
  predictFile: (job) => withDuckDb(options, (database) => predictFile(database, job)),
});
