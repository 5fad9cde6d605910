import { unusableCheckpoint } from '../../ml/training/checkpoint.ts';
import type { TrainingOutcome } from './port.ts';

export type Finished = TrainingOutcome;

/** Candidates that are trained, and the checkpoint of the next one. */
export interface Tried {
  readonly finished: readonly Finished[];
  readonly within: Uint8Array;
}

const format = 'pawl.auto/1';

/** JSON with the bytes of models and checkpoint in base64. */
export const encodeTried = (job: string, { finished, within }: Tried): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      format,
      job,
      finished: finished.map(({ model, ...outcome }) => ({ ...outcome, model: base64(model) })),
      within: base64(within),
    }),
  );

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeTried(job: string, bytes: Uint8Array): Tried {
  const read = parsed(bytes);
  if (read?.format !== format) throw unusableCheckpoint('was not written by trainer auto');
  if (read.job !== job) throw unusableCheckpoint('belongs to another training: its settings, seed or rows differ');
  return {
    finished: read.finished.map(({ model, ...outcome }) => ({ ...outcome, model: Buffer.from(model, 'base64') })),
    within: Buffer.from(read.within, 'base64'),
  };
}

interface Written {
  readonly format: string;
  /** What was trained on what. */
  readonly job: string;
  readonly finished: readonly (Omit<Finished, 'model'> & { readonly model: string })[];
  readonly within: string;
}

function parsed(bytes: Uint8Array): Written | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Written;
  } catch {
    return null;
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
