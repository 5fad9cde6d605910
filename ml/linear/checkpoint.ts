import { unusableCheckpoint } from '../training/checkpoint.ts';
import type { Descent } from './descend.ts';
import type { IterationReport, LinearState } from './fit.ts';

type SavedDescent = Pick<Descent, 'stage' | 'state' | 'gradientNorm'> & {
  readonly size: number;
  readonly steps: number;
  readonly hasDiagonal: boolean;
};

interface Header {
  /** What was trained on what: settings, encoding, rows. A checkpoint of another job is refused. */
  readonly job: string;
  readonly curve: readonly IterationReport[];
  readonly descents: readonly SavedDescent[];
}

const magic = 'PAWLLIN1';
const prefix = magic.length + 4;

const vectorsOf = ({ theta, diagonal, steps }: Descent): Float64Array[] => [
  theta,
  ...(diagonal === null ? [] : [diagonal]),
  ...steps.flatMap(({ weights, gradient }) => [weights, gradient]),
];

/** `PAWLLIN1`, the length of a JSON header (uint32, little endian), the header, then float64 vectors. */
export function encodeLinear(job: string, { descents, curve }: LinearState): Uint8Array {
  const header: Header = {
    job,
    curve,
    descents: descents.map(({ stage, state, gradientNorm, theta, steps, diagonal }) => ({
      stage,
      state,
      gradientNorm,
      size: theta.length,
      steps: steps.length,
      hasDiagonal: diagonal !== null,
    })),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const vectors = descents.flatMap(vectorsOf);
  const bytes = new Uint8Array(prefix + text.length + vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(magic.length, text.length, true);
  bytes.set(text, prefix);
  let at = prefix + text.length;
  for (const vector of vectors) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  return bytes;
}

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeLinear(job: string, bytes: Uint8Array): LinearState {
  const text = new TextDecoder();
  if (bytes.length < prefix || text.decode(bytes.subarray(0, magic.length)) !== magic)
    throw unusableCheckpoint('was not written by trainer linear');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const header = parsed(text.decode(bytes.subarray(prefix, prefix + length)));
  if (header.job !== job) throw unusableCheckpoint('belongs to another training: its settings, seed or rows differ');
  let at = prefix + length;
  const vector = (size: number): Float64Array => {
    const from = at;
    at += size * 8;
    if (at > bytes.length) throw unusableCheckpoint(`of ${bytes.length} bytes is cut off`);
    // A copy, aligned.
    return new Float64Array(new Uint8Array(bytes.subarray(from, at)).buffer);
  };
  const descents = header.descents.map(({ stage, state, gradientNorm, size, steps, hasDiagonal }): Descent => ({
    stage,
    state,
    gradientNorm,
    theta: vector(size),
    diagonal: hasDiagonal ? vector(size) : null,
    steps: Array.from({ length: steps }, () => ({ weights: vector(size), gradient: vector(size) })),
  }));
  return { descents, curve: header.curve };
}

function parsed(text: string): Header {
  try {
    return JSON.parse(text) as Header;
  } catch {
    throw unusableCheckpoint('has no readable header');
  }
}
