import { createHash } from 'node:crypto';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { farWeights, takeIn, type FarWeights } from '../../ml/onnx/far-weights.ts';
import { decodeModel, encodeModel } from '../../ml/onnx/proto.ts';
import type { WeightFile } from './port.ts';

/** What a message of Protocol Buffers, and ONNX Runtime with it, can hold. */
export const mostBytes = 2 ** 31 - 1;

const unusable = (reason: string): PawlError => new PawlError(errorTypes.invalidModel, reason);

export const tooMuch = (): PawlError =>
  unusable(
    `its weights are more than 2 GiB, which ONNX Runtime does not take in one file: export them in half precision, or quantize the model`,
  );

/**
 * The model with all weights inside: those that lie in files beside it, as PyTorch writes them, are taken in. Throws `InvalidModelError` for files
 * that are missing, outside the model's folder, too short or not what the model says, and for more than 2 GiB.
 */
export async function withWeightsBeside(
  path: string,
  bytes: Uint8Array,
): Promise<{ bytes: Uint8Array; files: WeightFile[] }> {
  const model = decodeModel(bytes);
  const far = farWeights(model);
  if (far.length === 0) return { bytes, files: [] };
  const beside = await filesBeside(await realpath(dirname(path)), far);
  // Before anything is read: a model may name the same bytes any number of times, and files of any size.
  checkSizes(beside, bytes.length);
  const files: WeightFile[] = [];
  for (const { real, location, size, weights } of beside) {
    const file = await open(real, 'r');
    try {
      const digests = await digestsOf(file);
      if (weights.some(({ checksum }) => checksum !== null && checksum.toLowerCase() !== digests.sha1))
        throw unusable(
          `${shownText(location)} is not the file that the model was saved with (its SHA-1 differs): export the model again`,
        );
      for (const one of weights) takeIn(one.tensor, await read(file, one, size));
      files.push({ name: location, bytes: size, sha256: digests.sha256 });
    } finally {
      await file.close();
    }
  }
  return { bytes: encodeModel(model), files };
}

interface FileBeside {
  /** The path that the model gives first. */
  readonly location: string;
  readonly real: string;
  readonly size: number;
  readonly weights: FarWeights[];
}

/** By file: several paths may lead to one. */
async function filesBeside(folder: string, far: readonly FarWeights[]): Promise<FileBeside[]> {
  const byPath = new Map<string, FileBeside>();
  const byLocation = new Map<string, FileBeside>();
  for (const weights of far) {
    const { location } = weights;
    let file = byLocation.get(location);
    if (file === undefined) {
      const { real, size } = await placeBeside(folder, location);
      file = byPath.get(real) ?? { location, real, size, weights: [] };
      byPath.set(real, file);
      byLocation.set(location, file);
    }
    file.weights.push(weights);
  }
  return [...byPath.values()];
}

function checkSizes(files: readonly FileBeside[], own: number): void {
  let [read, taken] = [0, own];
  for (const { size, weights } of files) {
    read += size;
    for (const one of weights) taken += lengthOf(one, size);
  }
  if (read > mostBytes || taken > mostBytes) throw tooMuch();
}

/** Throws `InvalidModelError` where the file does not hold the weights. */
function lengthOf({ tensor, location, offset, length }: FarWeights, size: number): number {
  const wanted = length ?? size - offset;
  const isWhole = Number.isSafeInteger(offset) && Number.isSafeInteger(wanted);
  if (isWhole && offset >= 0 && wanted >= 0 && offset + wanted <= size) return wanted;
  throw cutOff(
    `"${shownText(location)}" has ${size} bytes, and the weights "${shownText(tensor.name ?? '')}" lie at ${offset} to ${offset + wanted}`,
  );
}

const cutOff = (what: string): PawlError => unusable(`${what}: the file is cut off, or of another model`);

/** A model from elsewhere names any path: only a file in its own folder is read. */
async function placeBeside(folder: string, location: string): Promise<{ real: string; size: number }> {
  const shown = shownText(location);
  const isInside = (path: string): boolean => {
    const from = relative(folder, path);
    return from !== '' && !from.startsWith('..') && !isAbsolute(from);
  };
  const outside = unusable(
    `its weights are to lie in "${shown}", which is not a file in the folder of the model: export it with its weights beside it, or inside`,
  );
  if (location === '' || isAbsolute(location) || !isInside(join(folder, location))) throw outside;
  const real = await realpath(join(folder, location)).catch(() => null);
  if (real === null)
    throw unusable(
      `its weights lie in "${shown}", which is not beside it: put the file there, or export the model with its weights inside`,
    );
  if (!isInside(real))
    throw unusable(
      `its weights are to lie in "${shown}", which is a link that leads out of the folder of the model: put the file itself there, or export the model with its weights inside`,
    );
  const found = await stat(real);
  if (!found.isFile()) throw outside;
  return { real, size: found.size };
}

async function read(file: FileHandle, weights: FarWeights, size: number): Promise<Uint8Array> {
  const { location, offset } = weights;
  const values = new Uint8Array(lengthOf(weights, size));
  const { bytesRead } = await file.read(values, 0, values.length, offset);
  if (bytesRead < values.length) throw cutOff(`"${shownText(location)}" ends at ${offset + bytesRead}`);
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
