import { unusableCheckpoint } from '../../../ml/training/checkpoint.ts';
import type { EpochReport } from '../port.ts';

/** How far a program came, and the file that it goes on from. */
export interface ProgramState {
  readonly curve: readonly EpochReport[];
  readonly file: Uint8Array;
}

const format = 'pawl.program.checkpoint/1';
const lengthBytes = 4;

/** The length of a header of JSON (4 bytes, least first), the header, and the program's file. */
export function encodeProgramState(job: string, { curve, file }: ProgramState): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ format, job, curve }));
  const bytes = new Uint8Array(lengthBytes + header.length + file.length);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, lengthBytes);
  bytes.set(file, lengthBytes + header.length);
  return bytes;
}

/** Reads a checkpoint of the given job. Throws `CorruptArtifactError` for other bytes and for the checkpoint of another job. */
export function decodeProgramState(job: string, bytes: Uint8Array): ProgramState {
  const end = lengthBytes + headerLength(bytes);
  const header = parsed(bytes.subarray(lengthBytes, end));
  if (header?.format !== format) throw unusableCheckpoint('was not written by trainer command');
  if (header.job !== job)
    throw unusableCheckpoint('belongs to another training: its settings, program, seed or rows differ');
  return { curve: header.curve, file: bytes.subarray(end) };
}

interface Header {
  readonly format: string;
  /** What was trained on what. */
  readonly job: string;
  readonly curve: readonly EpochReport[];
}

const headerLength = (bytes: Uint8Array): number =>
  bytes.length < lengthBytes ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

function parsed(bytes: Uint8Array): Header | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Header;
  } catch {
    return null;
  }
}
