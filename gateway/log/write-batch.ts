import type { FrameDefinitions } from '../../codec/log-frame-writer.ts';

/** Someone who is told when an entry is on disk, or that it will not be in the log. */
export interface Waiting {
  /** Of the entry's frame in its batch. */
  readonly begin: number;
  readonly end: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Frames that are written at once. */
export interface WriteBatch {
  readonly frames: Uint8Array;
  /** Frames of a segment that they can be read in. */
  readonly definitions: FrameDefinitions;
  readonly records: number;
  readonly waiting: readonly Waiting[];
}

/** The batch without the entries that somebody waits for: they were told that those will not be in the log. */
export function withoutWaiting({ frames, definitions, records, waiting }: WriteBatch): WriteBatch {
  let length = frames.length;
  for (const { begin, end } of waiting) length -= end - begin;
  const kept = new Uint8Array(length);
  let [from, to] = [0, 0];
  for (const { begin, end } of waiting) {
    kept.set(frames.subarray(from, begin), to);
    to += begin - from;
    from = end;
  }
  kept.set(frames.subarray(from), to);
  return { frames: kept, definitions, records: records - waiting.length, waiting: [] };
}
