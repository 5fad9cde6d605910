import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

export interface LossReport {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

/** All that a training needs to go on after an epoch, exactly as if it had never stopped. */
export interface TrainingState {
  /** Epochs and optimizer steps done. */
  readonly epoch: number;
  readonly step: number;
  readonly theta: Float32Array;
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
  /** Parameters of the epoch with the least validation loss. */
  readonly best: Float32Array;
  readonly bestEpoch: number;
  readonly curve: readonly LossReport[];
}

interface Header {
  /** What was trained on what: settings, seed, sizes. A checkpoint of another job is refused. */
  readonly job: string;
  readonly epoch: number;
  readonly step: number;
  readonly bestEpoch: number;
  readonly size: number;
  readonly curve: readonly LossReport[];
}

const magic = 'PAWLCKP1';
const prefix = magic.length + 4;
const vectors = ['theta', 'moment1', 'moment2', 'best'] as const;

/** `PAWLCKP1`, the length of a JSON header (uint32, little endian), the header, then four float32 vectors. */
export function encodeCheckpoint(job: string, state: TrainingState): Uint8Array {
  const { epoch, step, bestEpoch, curve } = state;
  const header: Header = { job, epoch, step, bestEpoch, size: state.theta.length, curve };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(prefix + text.length + vectors.length * state.theta.byteLength);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(magic.length, text.length, true);
  bytes.set(text, prefix);
  for (const [index, name] of vectors.entries()) {
    const values = state[name];
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    bytes.set(raw, prefix + text.length + index * raw.length);
  }
  return bytes;
}

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeCheckpoint(job: string, bytes: Uint8Array): TrainingState {
  const text = new TextDecoder();
  if (bytes.length < prefix || text.decode(bytes.subarray(0, magic.length)) !== magic)
    throw unusableCheckpoint('is none');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const header = parseHeader(text.decode(bytes.subarray(prefix, prefix + length)));
  const start = prefix + length;
  if (bytes.length !== start + vectors.length * header.size * 4)
    throw unusableCheckpoint(`of ${bytes.length} bytes is cut off`);
  if (header.job !== job) throw unusableCheckpoint('belongs to another training: its settings, seed or rows differ');
  const vector = (index: number): Float32Array => {
    const from = start + index * header.size * 4;
    // A copy, aligned: `slice` of a Node Buffer is a view on all of its bytes.
    return new Float32Array(new Uint8Array(bytes.subarray(from, from + header.size * 4)).buffer);
  };
  const [theta, moment1, moment2, best] = [vector(0), vector(1), vector(2), vector(3)];
  return { ...header, theta, moment1, moment2, best };
}

function parseHeader(text: string): Header {
  try {
    return JSON.parse(text) as Header;
  } catch {
    throw unusableCheckpoint('has no readable header');
  }
}

/** That a training cannot go on from a checkpoint. */
export function unusableCheckpoint(reason: string): PawlError {
  return new PawlError(errorTypes.corruptArtifact, `the checkpoint ${reason}. Start the training again, without it`);
}
