import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

export interface LossReport {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

/** All that the training of one network needs to go on after an epoch, exactly as if it had never stopped. */
export interface MemberState {
  /** Epochs and optimizer steps done. */
  readonly epoch: number;
  readonly step: number;
  readonly theta: Float32Array;
  /** Of the parameters that are trained. */
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
  /** Parameters of the epoch with the least validation loss. */
  readonly best: Float32Array;
  /** Its report; null before the first epoch. */
  readonly bestReport: LossReport | null;
}

/** Networks that are trained side by side. One that has ended stays at its last epoch. */
export interface TrainingState {
  readonly epoch: number;
  readonly members: readonly MemberState[];
  readonly curve: readonly LossReport[];
}

interface Header {
  /** What was trained on what: settings, seed, sizes. A checkpoint of another job is refused. */
  readonly job: string;
  readonly epoch: number;
  readonly members: readonly (Pick<MemberState, 'epoch' | 'step' | 'bestReport'> & { readonly sizes: number[] })[];
  readonly curve: readonly LossReport[];
}

const magic = 'PAWLCKP2';
const prefix = magic.length + 4;
const vectors = ['theta', 'moment1', 'moment2', 'best'] as const;

/** `PAWLCKP2`, the length of a JSON header (uint32, little endian), the header, then four float32 vectors of each network. */
export function encodeCheckpoint(job: string, { epoch, members, curve }: TrainingState): Uint8Array {
  const header: Header = {
    job,
    epoch,
    members: members.map(({ epoch, step, bestReport, ...of }) => ({
      epoch,
      step,
      bestReport,
      sizes: vectors.map((name) => of[name].length),
    })),
    curve,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const all = members.flatMap((member) => vectors.map((name) => member[name]));
  const start = prefix + text.length;
  const bytes = new Uint8Array(start + all.reduce((sum, { byteLength }) => sum + byteLength, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(magic.length, text.length, true);
  bytes.set(text, prefix);
  let at = start;
  for (const values of all) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeCheckpoint(job: string, bytes: Uint8Array): TrainingState {
  const text = new TextDecoder();
  if (bytes.length < prefix || text.decode(bytes.subarray(0, magic.length)) !== magic)
    throw unusableCheckpoint('is none');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const { job: of, epoch, members, curve } = parseHeader(text.decode(bytes.subarray(prefix, prefix + length)));
  const sizes = members.flatMap((member) => member.sizes);
  if (bytes.length !== prefix + length + 4 * sizes.reduce((sum, size) => sum + size, 0))
    throw unusableCheckpoint(`of ${bytes.length} bytes is cut off`);
  if (of !== job) throw unusableCheckpoint('belongs to another training: its settings, seed or rows differ');
  let at = prefix + length;
  const vector = (size: number): Float32Array => {
    const from = at;
    at += size * 4;
    // A copy, aligned: `slice` of a Node Buffer is a view on all of its bytes.
    return new Float32Array(new Uint8Array(bytes.subarray(from, at)).buffer);
  };
  return {
    epoch,
    curve,
    members: members.map(({ sizes, ...member }) => {
      const [theta, moment1, moment2, best] = sizes.map(vector) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      return { ...member, theta, moment1, moment2, best };
    }),
  };
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
