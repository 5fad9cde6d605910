/** The process that turns framed segments into Parquet: DuckDB and the conversion stay out of the process that serves. */
import { constants, setPriority } from 'node:os';
import { PawlError } from '../../../contracts/errors.ts';
import { endWithParent } from '../../end-with-parent.ts';
import type { DuckDb } from '../../duckdb.ts';
import { openLogDatabase } from '../query/log-database.ts';
import { sealSegment } from './seal-segment.ts';
import type { SealReply, SealRequest } from './sealer-messages.ts';
import { keepPrivate } from '../../private-files.ts';

/** One thread: it shall not compete with what serves. */
const limits = { memory: '256MB', threads: 1 };

/** Stays from one segment to the next: opening and closing it takes as long as a thousand rows. Null after a failure. */
let database: DuckDb | null = null;

async function answer({ framed, parquet }: SealRequest): Promise<SealReply> {
  try {
    database ??= await openLogDatabase(limits);
    return { kind: 'sealed', sealed: await sealSegment(database.connection, framed, parquet) };
  } catch (error) {
    database?.close();
    database = null;
    const type = error instanceof PawlError ? error.type : null;
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error), type };
  }
}

keepPrivate();
// Below what serves, but never starved: segments that nothing seals fill the disk.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
endWithParent(0);
// Ctrl-C reaches the whole process group; when to end is the parent's to say.
process.on('SIGINT', () => {});
process.on('message', (request: SealRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
