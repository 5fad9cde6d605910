import { constants } from 'node:fs';
import { mkdtemp, open, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFile, LocalFile } from '../../gateway/log/segment-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-segment-'));
  path = join(folder, 'a.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Flags of this process's descriptors of the file (`proc(5)`). */
async function flagsOf(file: string): Promise<number[]> {
  const found: number[] = [];
  for (const descriptor of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${descriptor}`).catch(() => '')) !== file) continue;
    const info = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    found.push(Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '', 8));
  }
  return found;
}

describe("a segment's file", () => {
  it.each([
    ['as this platform does', createFile],
    ['by a write and a sync', async (at: string) => new LocalFile(at, await open(at, 'ax'), null)],
  ])('has the bytes in their order, through to the disk %s', async (_, create) => {
    const file = await create(path);
    await file.append(Buffer.from('one '));
    await file.appendThrough(Buffer.from('two '));
    await file.append(Buffer.from('three '));
    await file.appendThrough(Buffer.from('four'));
    await file.datasync();
    expect(await readFile(path, 'utf8')).toBe('one two three four');
    await file.truncate(7);
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('one two');
    await expect(create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it.runIf(process.platform === 'linux')('is written through by a descriptor that waits for the disk', async () => {
    const file = await createFile(path);
    await file.append(Buffer.from('a'));
    const waits = async (): Promise<boolean[]> =>
      (await flagsOf(path)).map((flags) => (flags & constants.O_DSYNC) === constants.O_DSYNC);
    expect(await waits()).toEqual([false]);
    await file.appendThrough(Buffer.from('b'));
    expect(await waits()).toEqual(expect.toSatisfy((of: boolean[]) => of.length === 2 && of[0] !== of[1]));
    await file.close();
    expect(await waits()).toEqual([]);
  });
});
