import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { digestSchema, type Digest } from '../../../contracts/digest.ts';
import { FrameReader } from '../../../codec/log-frame-reader.ts';
import type { LogEntry } from '../../../contracts/serving/prediction-log.ts';

/** Bytes that are read at once; a longer frame is read whole. */
const pieceBytes = 256 * 1024;

export interface FramedFile {
  readonly source: Digest;
  readonly bytes: number;
  /** Where the last whole frame ends; less than `bytes` where the file is torn or corrupt. */
  readonly end: number;
}

/**
 * Hands out the entries of a framed file piece by piece, so that memory is bounded; up to the first frame that is not whole.
 * Not for a process that serves: it blocks until the whole file is read.
 */
export function readFrames(path: string, take: (entry: LogEntry) => void): FramedFile {
  const hash = createHash('sha256');
  const reader = new FrameReader();
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(pieceBytes);
    let bytes = 0;
    // At the begin of the buffer: bytes of a frame that does not end in it.
    let rest = 0;
    for (;;) {
      // A long frame is not looked at again and again from its begin.
      if (rest > buffer.length / 2) buffer = Buffer.concat([buffer], buffer.length * 2);
      const read = readSync(file, buffer, rest, buffer.length - rest, bytes);
      if (read === 0) break;
      hash.update(buffer.subarray(rest, rest + read));
      bytes += read;
      const filled = rest + read;
      const end = reader.read(buffer.subarray(0, filled), take);
      buffer.copyWithin(0, end, filled);
      rest = filled - end;
    }
    return { source: digestSchema.parse(`sha256:${hash.digest('hex')}`), bytes, end: bytes - rest };
  } finally {
    closeSync(file);
  }
}
