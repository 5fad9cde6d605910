import { fork } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { blobPath } from '../../contracts/digest.ts';
import { artifactStoreSuite } from '../contracts/artifact-store.suite.ts';

artifactStoreSuite('file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-file-store-'));
  return {
    open: () => createFileStore(pathToFileURL(folder).href),
    async damage(digest, bytes) {
      await chmod(join(folder, blobPath(digest)), 0o644);
      await writeFile(join(folder, blobPath(digest)), bytes);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-file-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const writer = fileURLToPath(new URL('../contracts/pointer-writer.ts', import.meta.url));

function startWriter(url: string, key: string, increments: number) {
  const child = fork(writer, [url, key, String(increments)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let acknowledged = 0;
  child.on('message', () => (acknowledged += 1));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, acknowledged: () => acknowledged };
}

async function count(url: string, key: string): Promise<number> {
  const found = await createFileStore(url).readPointer(key);
  return found === null || found === 'unchanged' ? 0 : Number(new TextDecoder().decode(found.value).split(' ')[0]);
}

test('loses no increment of several processes that count in one pointer', async () => {
  const url = pathToFileURL(join(folder, 'processes')).href;
  const writers = Array.from({ length: 3 }, () => startWriter(url, 'counter', 30));
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  expect(await count(url, 'counter')).toBe(90);
});

test('keeps every acknowledged write, and goes on, after writers were killed in the middle of one', async () => {
  const url = pathToFileURL(join(folder, 'killed')).href;
  let acknowledged = 0;
  for (let round = 0; round < 3; round += 1) {
    const { child, ended, acknowledged: seen } = startWriter(url, 'counter', 1_000_000);
    while (seen() < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 7 * round + 3));
    child.kill('SIGKILL');
    await ended;
    acknowledged += seen();
    const value = await count(url, 'counter');
    expect(value).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = value;
  }
  const store = createFileStore(url);
  const found = await store.readPointer('counter');
  if (found === null || found === 'unchanged') throw new Error('the counter vanished');
  await store.writePointer('counter', new TextEncoder().encode('1 done'), found.token);
  expect(await count(url, 'counter')).toBe(1);
});

test('keeps a bounded number of superseded states, and still knows a stale token', async () => {
  const url = pathToFileURL(join(folder, 'pruned')).href;
  const store = createFileStore(url);
  const first = await store.writePointer('k', new Uint8Array([0]), null);
  let token = first;
  for (let i = 0; i < 100; i += 1) token = await store.writePointer('k', new Uint8Array([i]), token);
  expect((await readdir(join(folder, 'pruned', 'pointers', 'k~'))).length).toBeLessThan(40);
  await expect(store.writePointer('k', new Uint8Array([7]), first)).rejects.toMatchObject({ key: 'k' });
  expect(await store.readPointer('k', token)).toBe('unchanged');
});

test('lets a key be the beginning of another', async () => {
  const store = createFileStore(pathToFileURL(join(folder, 'nested')).href);
  await store.writePointer('a', new Uint8Array([1]), null);
  await store.writePointer('a/b', new Uint8Array([2]), null);
  expect(await store.listPointers('a')).toEqual(['a', 'a/b']);
});

test('sweeps temporary files of processes that died long ago, and no others', async () => {
  const temporary = join(folder, 'swept', 'tmp');
  await mkdir(temporary, { recursive: true });
  for (const name of ['old', 'new']) await writeFile(join(temporary, name), 'half');
  const longAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(temporary, 'old'), longAgo, longAgo);
  await createFileStore(pathToFileURL(join(folder, 'swept')).href).putBlob(new Uint8Array([1]));
  expect(await readdir(temporary)).toEqual(['new']);
});

test('works on after its folder was emptied', async () => {
  const store = createFileStore(pathToFileURL(join(folder, 'emptied')).href);
  await store.writePointer('k', new Uint8Array([1]), null);
  await rm(join(folder, 'emptied'), { recursive: true });
  expect(await store.readPointer('k')).toBeNull();
  await store.writePointer('k', new Uint8Array([2]), null);
  await store.putBlob(new Uint8Array([3]));
});

test('refuses a URL that is not a file URL, naming it', () => {
  expect(() => createFileStore('ftp://x/y')).toThrow(/ftp:\/\/x\/y/);
});
