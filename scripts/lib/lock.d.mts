import type { ProcessMark } from './process.mjs';

export type LockContent<Notes> = ProcessMark & Partial<Notes>;
export type Lock<Notes> =
  | {
      held: true;
      by: LockContent<Notes>;
      /** What the lock of an ended process said that was taken over. */
      stale: LockContent<Notes> | null;
      release: () => void;
    }
  | { held: false; by: LockContent<Notes> };
export function readLock<Notes>(path: string): LockContent<Notes> | null;
export function takeLock<Notes>(path: string, notes?: Partial<Notes>): Lock<Notes>;
export function noteInLock<Notes>(path: string, lock: { by: ProcessMark }, notes: Partial<Notes>): void;
