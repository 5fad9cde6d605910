import type { Binned } from './binned.ts';
import { askNumbers, answerNumbers } from './search.ts';

/** What all members of a team see. */
export interface GrowMemory {
  readonly binned: Binned;
  /** Derivatives of each row, as `quantize` packs them. */
  readonly packed: Float64Array;
  /** The rows that a tree is grown on, in the order of its leaves. */
  readonly rows: Uint32Array;
  /** 1 for each column that may split. */
  readonly active: Uint8Array;
  /** What the leader asks of all. */
  readonly ask: Float64Array;
  /** What each member found, one after the other. */
  readonly answers: Float64Array;
}

/** Those who grow a tree together: each has columns of its own. The leader is member 0. */
export interface Team {
  readonly memory: GrowMemory;
  readonly size: number;
  /** Does `own`, lets every other member answer, and returns when all have. */
  readonly run: (own: () => void) => void;
}

/** Memory for a team of so many, which threads can share. */
export function growMemory(binned: Binned, columns: number, size: number): GrowMemory {
  const { rows } = binned;
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return {
    binned,
    packed: new Float64Array(shared(8 * rows)),
    rows: new Uint32Array(shared(4 * rows)),
    active: new Uint8Array(shared(columns)),
    ask: new Float64Array(shared(8 * askNumbers)),
    answers: new Float64Array(shared(8 * answerNumbers * size)),
  };
}

/** A leader without others. */
export const alone = (binned: Binned, columns: number): Team => ({
  memory: growMemory(binned, columns, 1),
  size: 1,
  run: (own) => own(),
});
