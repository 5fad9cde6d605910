import type { DuckDBConnection } from '@duckdb/node-api';
import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { SealedLog } from '../port.ts';
import { readFrames } from './read-frames.ts';
import { writeLog } from './write-log.ts';

/**
 * Converts one framed segment. Throws `CorruptArtifactError`, which names it, where it does not consist of whole frames. A connection
 * on which it threw is of no further use.
 */
export async function sealSegment(connection: DuckDBConnection, framed: string, parquet: string): Promise<SealedLog> {
  const { filled, rows, from, to } = await writeLog(connection, parquet, (add) => {
    const file = readFrames(framed, add);
    if (file.end === file.bytes && file.bytes > 0) return file;
    throw new PawlError(
      errorTypes.corruptArtifact,
      `${framed} does not consist of whole frames of the prediction log: ${file.end} of its ${file.bytes} bytes do. Cut it there, or set it aside`,
      { path: framed, end: file.end, bytes: file.bytes },
    );
  });
  return { source: filled.source, rows, from, to };
}
