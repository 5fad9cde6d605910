import type { DuckDbOptions } from '../duckdb.ts';
import { withDatabase } from './connection.ts';
import { countSeen } from './count-seen.ts';
import { describeFile, numberRows } from './describe-file.ts';
import type { TableEngine } from './port.ts';
import { predictFile } from './predict-file.ts';
import { profile } from './profile.ts';
import { readFrame } from './read-frame.ts';
import { writeSides } from './write-sides.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** Tables by DuckDB, which computes on threads of its own: the event loop stays free. */
export const createDuckDbTables = (options: DuckDbOptions): TableEngine => ({
  writeSnapshot: (job, signal) => withDatabase(options, (database) => writeSnapshot(database, job), signal),
  profile: (job, signal) => withDatabase(options, (database) => profile(database, job), signal),
  readFrame: (job, signal) => withDatabase(options, (database) => readFrame(database, job), signal),
  countSeen: (job, signal) => withDatabase(options, (database) => countSeen(database, job), signal),
  writeSides: (job, signal) => withDatabase(options, (database) => writeSides(database, job), signal),
  predictFile: (job, signal) => withDatabase(options, (database) => predictFile(database, job), signal),
  describeFile: (job, signal) => withDatabase(options, (database) => describeFile(database, job), signal),
  numberRows: (job, signal) => withDatabase(options, (database) => numberRows(database, job), signal),
});
