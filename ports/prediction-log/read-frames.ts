import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { FrameReader } from '../../contracts/log-frame.ts';
import type { LogEntry } from '../../contracts/prediction-log.ts';

/** Bytes that are read at once, few, so that their entries are garbage before they are old; a longer frame is read whole. */
const pieceBytes = 64 * 1024;

export interface FramedFile {
  readonly source: Digest;
  readonly bytes: number;
  /** Where the last whole frame ends; less than `bytes` where the file is torn or corrupt. */
  readonly end: number;
}

/** Hands out the entries of a framed file piece by piece, so that memory is bounded; up to the first frame that is not whole. */
export async function readFrames(path: string, take: (entries: readonly LogEntry[]) => void): Promise<FramedFile> {
  const hash = createHash('sha256');
  const reader = new FrameReader();
  const handle = await open(path, 'r');
  try {
    let rest: Uint8Array = new Uint8Array(0);
    let bytes = 0;
    let size = pieceBytes;
    for (;;) {
      const piece = Buffer.allocUnsafe(size);
      const { bytesRead } = await handle.read(piece, 0, size, bytes);
      if (bytesRead === 0) break;
      const read = piece.subarray(0, bytesRead);
      hash.update(read);
      bytes += bytesRead;
      const known = rest.length === 0 ? read : Buffer.concat([rest, read]);
      const { entries, end } = reader.read(known);
      take(entries);
      rest = known.subarray(end);
      // Doubles while a frame does not end, so that a large one is not looked at again and again from its begin.
      size = end === 0 ? size * 2 : pieceBytes;
    }
    return { source: digestSchema.parse(`sha256:${hash.digest('hex')}`), bytes, end: bytes - rest.length };
  } finally {
    await handle.close();
  }
}
