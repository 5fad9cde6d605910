import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { isPattern, newestPartition, partitionRoot } from './newest-partition.ts';

/**
 * The path of a source on this machine; a relative one is resolved beside the dataset's own source. One that names partitions is the
 * newest of them. Throws `InvalidRequestError` where there is no such file.
 */
export async function localSource(source: string, declared: string): Promise<string> {
  const path = pathOf(source, dirname(partitionRoot(pathOf(declared, '/'))));
  try {
    if ((await stat(path)).isFile()) return path;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (!isPattern(path)) throw unreadable(source, error.message, error);
  }
  if (!isPattern(path)) throw unreadable(source, 'it is not a file');
  try {
    return await newestPartition(path);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw unreadable(source, error.message, error);
  }
}

/** What a retry finds again; a network file system that is away for a while is something else. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(String(error.code));

const unreadable = (source: string, why: string, cause?: unknown): PawlError =>
  new PawlError(
    errorTypes.invalidRequest,
    `the source ${source} cannot be read (${why}): name a file that every pipeline worker can read`,
    { source },
    { cause },
  );

function pathOf(source: string, besides: string): string {
  if (isAbsolute(source)) return source;
  if (!/^[a-z][a-z0-9+.-]+:/i.test(source)) return resolve(besides, source);
  try {
    return fileURLToPath(source);
  } catch (error) {
    throw unreadable(source, 'it is neither a path nor a file: URL of this machine', error);
  }
}
