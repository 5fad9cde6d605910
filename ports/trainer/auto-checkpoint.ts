import { unusableCheckpoint } from '../../ml/training/checkpoint.ts';
import type { TrainingOutcome } from './port.ts';

/** A candidate that cannot be judged, and why. */
export interface Unusable {
  readonly unusable: string;
}

/** What became of a candidate. */
export type Finished = TrainingOutcome | Unusable;

/** Candidates that are finished, the checkpoint of the next one, and the milliseconds that all attempts took. */
export interface Tried {
  readonly finished: readonly Finished[];
  readonly within: Uint8Array;
  readonly usedMs: number;
}

const format = 'pawl.auto/2';

/** JSON with the bytes of models and checkpoint in base64. */
export const encodeTried = (job: string, { finished, within, usedMs }: Tried): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      format,
      job,
      finished: finished.map((one) => ('unusable' in one ? one : { ...one, model: base64(one.model) })),
      within: base64(within),
      usedMs,
    }),
  );

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeTried(job: string, bytes: Uint8Array): Tried {
  const read = parsed(bytes);
  if (read?.format !== format) throw unusableCheckpoint('was not written by trainer auto');
  if (read.job !== job) throw unusableCheckpoint('belongs to another training: its settings, seed or rows differ');
  return {
    finished: read.finished.map((one) =>
      'unusable' in one ? one : { ...one, model: Buffer.from(one.model, 'base64') },
    ),
    within: Buffer.from(read.within, 'base64'),
    usedMs: read.usedMs,
  };
}

interface Written {
  readonly format: string;
  /** What was trained on what. */
  readonly job: string;
  readonly finished: readonly ((Omit<TrainingOutcome, 'model'> & { readonly model: string }) | Unusable)[];
  readonly within: string;
  readonly usedMs: number;
}

function parsed(bytes: Uint8Array): Written | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Written;
  } catch {
    return null;
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
