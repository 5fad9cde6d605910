import { unusableCheckpoint } from '../training/checkpoint.ts';
import type { Boosted } from './boost.ts';

interface Saved extends Boosted {
  readonly format: typeof format;
  /** What was trained on what: settings, seed, bins. A checkpoint of another job is refused. */
  readonly job: string;
}
const format = 'pawl.trees/1';

/** JSON: a double is written so that it is read as the same one. */
export const encodeTrees = (job: string, state: Boosted): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ format, job, ...state } satisfies Saved));

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeTrees(job: string, bytes: Uint8Array): Boosted {
  const { format: found, job: of, ...state } = parsed(bytes);
  if (found !== format) throw unusableCheckpoint('is none of trees');
  if (of !== job) throw unusableCheckpoint('belongs to another training: its settings, seed or rows differ');
  return state;
}

function parsed(bytes: Uint8Array): Saved {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Saved;
  } catch {
    throw unusableCheckpoint('cannot be read');
  }
}
