import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { PawlError } from '../contracts/errors.ts';
import { errorTypes } from '../contracts/names.ts';
import type { ProgramFile } from '../contracts/run/program.ts';
import type { Config } from './schema.ts';

/** What tools leave in a folder of code: it is not part of the program. */
const leftOut = /^(\..*|__pycache__|node_modules|venv|env|.*\.egg-info|.*\.pyc)$/;
const mostFiles = 2_000;
const mostBytes = 64 * 2 ** 20;

/**
 * The files of a trainer's program, by their path; hidden files, environments and caches are left out. Throws `InvalidConfigError` where the folder lies
 * outside the project, cannot be read, or holds too much to be kept with each run.
 */
export function readProgram({ project }: Pick<Config, 'project'>, folder: string): ProgramFile[] {
  const root = resolve(project, folder);
  const wrong = (reason: string): PawlError =>
    new PawlError(errorTypes.invalidConfig, `trainer.folder: ${folder} ${reason}`, { folder });
  if (!root.startsWith(`${resolve(project)}${sep}`))
    throw wrong('is not a folder in the project: move the program there');
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw wrong('is not a folder: correct it, or add the program');
  const found: ProgramFile[] = [];
  let bytes = 0;
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (leftOut.test(entry.name)) continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) {
        const file = { path: relative(root, path).split(sep).join('/'), bytes: readFileSync(path) };
        bytes += file.bytes.length;
        if (found.length === mostFiles || bytes > mostBytes)
          throw wrong(
            `holds more than ${mostFiles} files or ${mostBytes / 2 ** 20} MiB: keep data out of it, as each run keeps a copy`,
          );
        found.push({ ...file, executable: (statSync(path).mode & 0o100) !== 0 });
      } else
        throw wrong(`holds ${entry.name}, which is neither a file nor a folder: replace links by what they point to`);
    }
  };
  walk(root);
  if (found.length === 0) throw wrong('is empty: add the program');
  return found;
}
