import { link, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { privateFile, privateFolder } from '../private-files.ts';
import { syncFolder } from '../sync-file.ts';
import { errorCodeOf } from './files.ts';
import { PointerConflictError, type Pointer, type PointerToken } from './port.ts';

/** Superseded states that stay beside the one in force. */
const kept = 32;
const digits = 12;
const mark = '~';

const fileOf = (n: number): string => String(n).padStart(digits, '0');

/**
 * Pointers as folders of numbered files, the highest number being in force: `<key>~/000000000003`.
 *
 * No locks. The first state is a folder with one file, renamed into place, which fails where the folder is already there.
 * A later one is a hard link to a synced temporary file, which fails where the number is taken. So one of many writers wins,
 * a kill leaves at worst a temporary file, and a reader sees whole states only. Tokens are the numbers, which never come
 * again: writing old bytes again does not bring an old token back.
 */
export class PointerFolder {
  readonly #root: string;
  readonly #temporary: () => Promise<string>;

  constructor(root: string, temporary: () => Promise<string>) {
    this.#root = root;
    this.#temporary = temporary;
  }

  async read(key: string, unless?: PointerToken): Promise<Pointer | 'unchanged' | null> {
    const folder = this.#folder(key);
    for (;;) {
      const n = await latest(folder);
      if (n === null) return null;
      const token = String(n) as PointerToken;
      if (token === unless) return 'unchanged';
      try {
        return { value: await readFile(join(folder, fileOf(n))), token };
      } catch (error) {
        // Superseded and pruned since it was listed: a newer state is there.
        if (errorCodeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  async write(key: string, value: Uint8Array, expected: PointerToken | null): Promise<PointerToken> {
    return expected === null ? this.#create(key, value) : this.#replace(key, value, Number(expected));
  }

  /** Keys under a prefix, ascending. */
  async list(prefix: string, after: string | undefined): Promise<string[]> {
    const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const keys = await this.#keysBelow(start, (path) => path.startsWith(prefix) || prefix.startsWith(path));
    return keys
      .filter((key) => key.startsWith(prefix) && (after === undefined || key > after))
      .toSorted((a, b) => (a < b ? -1 : 1));
  }

  /** Names right below a folder that are folders of keys, ascending. */
  async folders(folder: string): Promise<string[]> {
    const names = await this.#names(folder);
    return names.filter((name) => !name.endsWith(mark)).toSorted((a, b) => (a < b ? -1 : 1));
  }

  async #names(folder: string): Promise<string[]> {
    try {
      return await readdir(join(this.#root, ...folder.split('/')));
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #keysBelow(start: string, wanted: (path: string) => boolean): Promise<string[]> {
    const keys: string[] = [];
    for (const name of await this.#names(start)) {
      if (name.endsWith(mark)) keys.push(start + name.slice(0, -mark.length));
      else if (wanted(`${start}${name}/`)) keys.push(...(await this.#keysBelow(`${start}${name}/`, wanted)));
    }
    return keys;
  }

  async #create(key: string, value: Uint8Array): Promise<PointerToken> {
    const folder = this.#folder(key);
    const temporary = await this.#temporary();
    await mkdir(temporary, { mode: privateFolder });
    try {
      await writeSynced(join(temporary, fileOf(1)), value);
      await syncFolder(temporary);
      await mkdir(dirname(folder), { recursive: true, mode: privateFolder });
      await rename(temporary, folder);
      await syncFolder(dirname(folder));
      return '1';
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      const code = errorCodeOf(error);
      throw code === 'ENOTEMPTY' || code === 'EEXIST' ? new PointerConflictError(key) : error;
    }
  }

  async #replace(key: string, value: Uint8Array, expected: number): Promise<PointerToken> {
    const folder = this.#folder(key);
    if ((await latest(folder)) !== expected) throw new PointerConflictError(key);
    const n = expected + 1;
    const temporary = await this.#temporary();
    try {
      await writeSynced(temporary, value);
      await link(temporary, join(folder, fileOf(n)));
    } catch (error) {
      const code = errorCodeOf(error);
      throw code === 'EEXIST' ? new PointerConflictError(key) : error;
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(folder);
    const now = (await latest(folder)) ?? n;
    // A number is pruned only `kept` states later, so it was free for us alone unless we slept through that many.
    if (now > n + kept)
      throw new Error(
        `pointer "${key}" moved on by ${now - n} states during one write, whose fate is unknown: read it again`,
      );
    for (const old of await numbers(folder)) if (old + kept < now) await rm(join(folder, fileOf(old)), { force: true });
    return String(n);
  }

  #folder(key: string): string {
    return join(this.#root, ...`${key}${mark}`.split('/'));
  }
}

async function writeSynced(path: string, value: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', privateFile);
  try {
    await file.writeFile(value);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function numbers(folder: string): Promise<number[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function latest(folder: string): Promise<number | null> {
  const found = await numbers(folder);
  return found.length === 0 ? null : Math.max(...found);
}
