import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { BlobFolder } from './blob-folder.ts';
import { naming } from './files.ts';
import { checkPointerKey, checkPointerPrefix, missingBlob } from './keys.ts';
import { PointerFolder } from './pointer-folder.ts';
import type { ArtifactStore } from './port.ts';

/** A store in a local folder, made at the first write. Safe between processes, and against a kill at any point. */
export function createFileStore(url: string): ArtifactStore {
  const root = rootOf(url);
  const blobs = new BlobFolder(root);
  const pointers = new PointerFolder(join(root, 'pointers'), () => blobs.temporary());
  const run = <T>(work: () => Promise<T>): Promise<T> => naming(url, work);
  return {
    url,
    putBlob: (bytes) => run(() => blobs.put(bytes)),
    putFile: (path) =>
      run(async () => {
        const { stored, bytes } = await blobs.take(createReadStream(path));
        return { digest: stored, bytes };
      }),
    getBlob: (digest) => run(() => blobs.get(digest, url)),
    fetchFile: (digest) =>
      run(async () => {
        const path = await blobs.verifiedPath(digest, url);
        if (path === null) throw missingBlob(digest, url);
        return path;
      }),
    hasBlob: (digest) => run(() => blobs.has(digest)),
    findBlobs: (hex) => run(() => blobs.find(hex)),
    readPointer: (key, unless) =>
      run(async () => {
        checkPointerKey(key);
        return pointers.read(key, unless);
      }),
    writePointer: (key, value, expected) =>
      run(async () => {
        checkPointerKey(key);
        return pointers.write(key, value, expected);
      }),
    listPointers: (prefix, after) =>
      run(async () => {
        checkPointerPrefix(prefix);
        return pointers.list(prefix, after);
      }),
    listPointerFolders: (folder) =>
      run(async () => {
        checkPointerKey(folder);
        return pointers.folders(folder);
      }),
    close: () => Promise.resolve(),
  };
}

function rootOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new PawlError(
      errorTypes.invalidConfig,
      `"${url}" is not a file: URL: write the store as file:///absolute/path or s3://bucket/prefix`,
      { store: url },
      { cause: error },
    );
  }
}
