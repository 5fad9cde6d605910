import { createHash } from 'node:crypto';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { shownText } from '../contracts/shown-text.ts';
import { farWeights, takeIn, type FarWeights } from '../ml/onnx/far-weights.ts';
import { decodeModel, encodeModel } from '../ml/onnx/proto.ts';
import { CommandFailed } from './errors.ts';

/** A file beside a model that some of its weights were taken from. */
export interface WeightFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal SHA-256. */
  readonly sha256: string;
}

/** What a message of Protocol Buffers, and ONNX Runtime with it, can hold. */
const mostBytes = 2 ** 31 - 1;

/**
 * The model with all weights inside: those that lie in files beside it, as PyTorch writes them, are taken in. Throws `CommandFailed` for files
 * that are missing, outside the model's folder, too short or not what the model says, and for more than 2 GiB.
 */
export async function withWeightsBeside(
  path: string,
  bytes: Uint8Array,
): Promise<{ bytes: Uint8Array; files: WeightFile[] }> {
  const model = decodeModel(bytes);
  const far = farWeights(model);
  if (far.length === 0) return { bytes, files: [] };
  const folder = await realpath(dirname(path));
  const files: WeightFile[] = [];
  let total = bytes.length;
  for (const [location, tensors] of byFile(far)) {
    const file = await openBeside(folder, location);
    try {
      const { size } = await file.stat();
      total += tensors.reduce((sum, { offset, length }) => sum + (length ?? size - offset), 0);
      if (total > mostBytes)
        throw new CommandFailed(
          `its weights are more than 2 GiB, which ONNX Runtime does not take in one file: export them in half precision, or quantize the model`,
        );
      const sha1 = tensors.find(({ checksum }) => checksum !== null)?.checksum ?? null;
      const digests = await digestsOf(file);
      if (sha1 !== null && sha1.toLowerCase() !== digests.sha1)
        throw new CommandFailed(
          `${shownText(location)} is not the file that the model was saved with (its SHA-1 differs): export the model again`,
        );
      for (const weights of tensors) takeIn(weights.tensor, await read(file, weights, size));
      files.push({ name: location, bytes: size, sha256: digests.sha256 });
    } finally {
      await file.close();
    }
  }
  return { bytes: encodeModel(model), files };
}

function byFile(far: readonly FarWeights[]): Map<string, FarWeights[]> {
  const files = new Map<string, FarWeights[]>();
  for (const weights of far) files.set(weights.location, [...(files.get(weights.location) ?? []), weights]);
  return files;
}

/** A model from elsewhere names any path: only a file in its own folder is read. */
async function openBeside(folder: string, location: string): Promise<FileHandle> {
  const shown = shownText(location);
  const isInside = (path: string): boolean => {
    const from = relative(folder, path);
    return from !== '' && !from.startsWith('..') && !isAbsolute(from);
  };
  const outside = new CommandFailed(
    `its weights are to lie in "${shown}", which is not a file in the folder of the model: export it with its weights beside it, or inside`,
  );
  if (location === '' || isAbsolute(location) || !isInside(join(folder, location))) throw outside;
  const real = await realpath(join(folder, location)).catch(() => null);
  if (real === null)
    throw new CommandFailed(
      `its weights lie in "${shown}", which is not beside it: put the file there, or export the model with its weights inside`,
    );
  if (!isInside(real) || !(await stat(real)).isFile()) throw outside;
  return open(real, 'r');
}

async function read(
  file: FileHandle,
  { tensor, location, offset, length }: FarWeights,
  size: number,
): Promise<Uint8Array> {
  const wanted = length ?? size - offset;
  if (!(Number.isSafeInteger(offset) && offset >= 0 && wanted >= 0 && offset + wanted <= size))
    throw new CommandFailed(
      `"${shownText(location)}" has ${size} bytes, and the weights "${shownText(tensor.name ?? '')}" lie at ${offset} to ${offset + wanted}: the file is cut off, or of another model`,
    );
  const values = new Uint8Array(wanted);
  await file.read(values, 0, wanted, offset);
  return values;
}

const chunkBytes = 4 * 1024 ** 2;

async function digestsOf(file: FileHandle): Promise<{ sha1: string; sha256: string }> {
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  const chunk = new Uint8Array(chunkBytes);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) return { sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
    for (const hash of [sha1, sha256]) hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}
