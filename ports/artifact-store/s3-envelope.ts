import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

/** A pointer's value behind one line, `pawl-pointer/1 <sequence number> <nonce>`. */
export interface Envelope {
  /** Grows by one with every write. */
  readonly seq: number;
  /** Drawn for every write. */
  readonly nonce: string;
  readonly value: Uint8Array;
}

const newline = 10;

export const closeEnvelope = ({ seq, nonce, value }: Envelope): Uint8Array =>
  Buffer.concat([Buffer.from(`pawl-pointer/1 ${seq} ${nonce}\n`), value]);

/** Throws `CorruptArtifactError`. */
export function openEnvelope(bytes: Uint8Array, key: string): Envelope {
  const end = bytes.indexOf(newline);
  const head = new TextDecoder().decode(bytes.subarray(0, Math.max(0, end)));
  const [, seq, nonce] = /^pawl-pointer\/1 (\d+) ([0-9a-f]+)$/.exec(head) ?? [];
  if (seq !== undefined && nonce !== undefined) return { seq: Number(seq), nonce, value: bytes.slice(end + 1) };
  throw new PawlError(
    errorTypes.corruptArtifact,
    `the object of pointer "${key}" is not a pointer of Pawl: restore it from a copy, or from an earlier version of the object`,
    { key },
  );
}
