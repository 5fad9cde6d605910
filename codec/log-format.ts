import type { Arm } from '../contracts/release/arm.ts';
import type { TensorType } from '../contracts/data/tensor.ts';

/*
 * A segment is a row of frames, all little-endian:
 *   CRC-32 of what follows (4 bytes), length of the whole frame (4), mark (1), kind (1), body.
 * What many entries have in common is written once, in a frame that gives it a number, and named by that number afterwards: the
 * context (model, version, arm, share, seq, release, instance) and the columns (name, type and form of each tensor). So an entry
 * can be read only after everything before it in its segment.
 */
export const mark = 0xa7;
export const kinds = { context: 0, columns: 1, prediction: 2, mirror: 3, feedback: 4 } as const;
export const headerBytes = 10;

export const armCodes: readonly (Arm | null)[] = [null, 'champion', 'canary'];

export interface EntryContext {
  readonly model: string;
  readonly version: number;
  readonly arm: Arm | null;
  readonly share: number;
  readonly seq: number;
  readonly release: string | null;
  readonly instance: string;
}

/** Forms of a tensor: `[rows]`, `[rows, 1]`, or any, plus its rank, with the sizes in each entry. */
export const forms = { rows: 0, column: 1, any: 2 } as const;

export interface TensorColumn {
  readonly name: string;
  readonly type: TensorType;
  readonly form: number;
}

export const flags = { keyIsId: 1, error: 2, number: 4, value: 8, noLabel: 16, source: 32, asked: 64 } as const;
