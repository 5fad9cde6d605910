import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

export interface GoBuilt {
  /** Of the binary. */
  readonly name: string;
  /** Environment variable that names a binary to take instead. */
  readonly variable: string;
  /** Puts the binary, by its name, into the folder. */
  readonly build: (folder: string) => Promise<unknown>;
}

/** The binary that its variable names, on PATH, in Go's folder, or built with Go and kept. Or why there is none. */
export async function findGoBuilt({
  name,
  variable,
  build,
}: GoBuilt): Promise<{ binary: string } | { missing: string }> {
  const named = process.env[variable];
  if (named !== undefined && named !== '')
    return existsSync(named) ? { binary: named } : { missing: `${variable} names ${named}, which is not there` };
  const cache = join(import.meta.dirname, '..', '..', '.pawl', 'cache', 'bin');
  const goPath = await run('go', ['env', 'GOPATH']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...(goPath === null ? [] : [join(goPath, 'bin')]),
    cache,
  ];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return { binary: found };
  const nowhere = `${name} is neither in ${variable} nor on PATH`;
  if (goPath === null) return { missing: `${nowhere}, and there is no Go to build it` };
  try {
    // Several test files may build at once: each in a folder of its own, then one rename.
    await mkdir(cache, { recursive: true });
    const building = await mkdtemp(join(cache, 'building-'));
    await build(building);
    await rename(join(building, name), join(cache, name));
    await rm(building, { recursive: true });
    return { binary: join(cache, name) };
  } catch (error) {
    return { missing: `${name} is not installed, and building it with Go failed: ${String(error).slice(0, 300)}` };
  }
}
