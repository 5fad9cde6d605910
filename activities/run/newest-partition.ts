import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

/** Numbers within names count as numbers: `month=10` comes after `month=9`. */
const order = new Intl.Collator('en', { numeric: true });

export const isPattern = (path: string): boolean => path.includes('*');

/** The part of a path before its first `*`, to the end of that name; the whole path where there is none. */
export function partitionRoot(path: string): string {
  const parts = path.split(sep);
  const first = parts.findIndex(isPattern);
  return first < 0 ? path : parts.slice(0, first + 1).join(sep);
}

/**
 * The file whose name comes last among those that an absolute path with `*` matches, folder by folder. A `*` takes any part of one name;
 * names that begin with `.` or `_` are left out, as writers name what is not finished. Throws `InvalidRequestError` where nothing
 * matches, and where the newest folder holds several files: they would be parts of one partition.
 */
export async function newestPartition(path: string): Promise<string> {
  const [root = '', ...parts] = path.split(sep);
  const found = await descend(root === '' ? sep : root, parts, false, path);
  if (found !== null) return found;
  throw refused(path, 'nothing matches it: write the first partition, or correct the source');
}

async function descend(
  folder: string,
  [part = '', ...rest]: readonly string[],
  below: boolean,
  pattern: string,
): Promise<string | null> {
  const names = isPattern(part) ? await matching(folder, part, rest.length > 0) : [part];
  if (rest.length === 0) {
    if (below && names.length > 1)
      throw refused(
        pattern,
        `the newest partition ${folder} holds ${names.length} files (${names.slice(0, 3).join(', ')}): write one file for each partition`,
      );
    const [newest] = isPattern(part) ? names : await matching(folder, part, false);
    return newest === undefined ? null : join(folder, newest);
  }
  // A newer folder without a file in it is not written yet.
  for (const name of names) {
    const found = await descend(join(folder, name), rest, below || isPattern(part), pattern);
    if (found !== null) return found;
  }
  return null;
}

/** Names of the folders or files in a folder that a pattern matches, the newest first. */
async function matching(folder: string, part: string, areFolders: boolean): Promise<string[]> {
  const form = new RegExp(`^${part.split('*').map(literally).join('.*')}$`);
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => (areFolders ? !entry.isFile() : !entry.isDirectory()))
    .map(({ name }) => name)
    .filter((name) => form.test(name) && (name === part || !/^[._]/.test(name)))
    .toSorted((a, b) => order.compare(b, a));
}

const literally = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);

const refused = (source: string, why: string): PawlError =>
  new PawlError(errorTypes.invalidRequest, `the source ${source} names partitions, and ${why}`, { source });
