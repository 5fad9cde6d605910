import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Digest } from '../../contracts/digest.ts';
import { PointerConflictError, type ArtifactStore, type PointerToken } from '../../ports/artifact-store/port.ts';

export interface StoreUnderTest {
  /** A new adapter object on the same store, as another process would have it. */
  open(): ArtifactStore;
  /** Changes the bytes of a stored blob behind the store's back. */
  damage(digest: Digest, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const text = (value: Uint8Array): string => new TextDecoder().decode(value);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What every artifact store must do. */
export function artifactStoreSuite(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`artifact store: ${name}`, () => {
    let subject: StoreUnderTest;
    let store: ArtifactStore;
    let folder: string;

    beforeAll(async () => {
      subject = await start();
      store = subject.open();
      folder = await mkdtemp(join(tmpdir(), 'pawl-suite-'));
    });
    afterAll(async () => {
      await store.close();
      await subject.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function read(key: string): Promise<{ value: string; token: PointerToken }> {
      const found = await store.readPointer(key);
      if (found === null || found === 'unchanged')
        throw new Error(`expected a value under ${key}, found ${String(found)}`);
      return { value: text(found.value), token: found.token };
    }

    test('gives back the bytes of a blob under their SHA-256, and storing them again changes nothing', async () => {
      const digest = await store.putBlob(bytes('hello'));
      expect(digest).toBe('sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
      expect(await store.putBlob(bytes('hello'))).toBe(digest);
      expect(text(await store.getBlob(digest))).toBe('hello');
      expect(await store.hasBlob(digest)).toBe(true);
    });

    test('finds blobs by the beginning of their digests, and tells one from several and none', async () => {
      const digest = await store.putBlob(bytes('hello'));
      const hex = digest.slice('sha256:'.length);
      expect(await store.findBlobs(hex.slice(0, 12))).toEqual([digest]);
      expect(await store.findBlobs(hex)).toEqual([digest]);
      expect(await store.findBlobs('abcdef')).toEqual([]);
      // Some of these begin alike: 120 of 256 ways.
      const all = await Promise.all(Array.from({ length: 120 }, (_, n) => store.putBlob(bytes(`blob ${n}`))));
      const alike = all.toSorted().find((one, i, sorted) => sorted[i + 1]?.slice(7, 9) === one.slice(7, 9)) ?? digest;
      const found = await store.findBlobs(alike.slice(7, 9));
      expect(found).toHaveLength(2);
      expect(found.map((one) => one.slice(7, 9))).toEqual([alike.slice(7, 9), alike.slice(7, 9)]);
    });

    test('keeps an empty blob', async () => {
      const digest = await store.putBlob(new Uint8Array());
      expect(await store.getBlob(digest)).toHaveLength(0);
    });

    test('streams a file of several megabytes in and out', async () => {
      const content = randomBytes(7_000_001);
      const path = join(folder, 'large');
      await writeFile(path, content);
      const { digest, bytes: size } = await store.putFile(path);
      expect(size).toBe(content.length);
      expect(digest).toBe(await store.putBlob(content));
      expect((await store.putFile(path)).digest).toBe(digest);
      const [one, two] = await Promise.all([store.fetchFile(digest), store.fetchFile(digest)]);
      expect(one).toBe(two);
      expect((await readFile(one)).equals(content)).toBe(true);
    });

    test('says that a blob which nobody stored is not there', async () => {
      const nobody = `sha256:${'0'.repeat(64)}` as Digest;
      expect(await store.hasBlob(nobody)).toBe(false);
      await expect(store.getBlob(nobody)).rejects.toMatchObject({ type: 'CorruptArtifactError' });
      await expect(store.fetchFile(nobody)).rejects.toMatchObject({ type: 'CorruptArtifactError' });
    });

    test('refuses damaged bytes instead of handing them out', async () => {
      const digest = await store.putBlob(bytes('precious'));
      await subject.damage(digest, bytes('tampered'));
      const fresh = subject.open();
      await expect(fresh.getBlob(digest)).rejects.toMatchObject({ type: 'CorruptArtifactError' });
      await expect(fresh.fetchFile(digest)).rejects.toMatchObject({ type: 'CorruptArtifactError' });
      await fresh.close();
    });

    test('finds no pointer before the first write, then the value that was written', async () => {
      expect(await store.readPointer('a/first')).toBeNull();
      const token = await store.writePointer('a/first', bytes('one'), null);
      expect(await read('a/first')).toEqual({ value: 'one', token });
    });

    test('answers "unchanged" to who knows the state in force', async () => {
      const first = await store.writePointer('a/unchanged', bytes('one'), null);
      expect(await store.readPointer('a/unchanged', first)).toBe('unchanged');
      await store.writePointer('a/unchanged', bytes('two'), first);
      const found = await store.readPointer('a/unchanged', first);
      if (found === null || found === 'unchanged') throw new Error('the change was not seen');
      expect(text(found.value)).toBe('two');
    });

    test('creates a pointer only where there is none', async () => {
      await store.writePointer('a/once', bytes('one'), null);
      await expect(store.writePointer('a/once', bytes('two'), null)).rejects.toBeInstanceOf(PointerConflictError);
      expect((await read('a/once')).value).toBe('one');
    });

    test('refuses a write that expects a state which has passed or never was', async () => {
      const first = await store.writePointer('a/cas', bytes('one'), null);
      const second = await store.writePointer('a/cas', bytes('two'), first);
      await expect(store.writePointer('a/cas', bytes('three'), first)).rejects.toMatchObject({ key: 'a/cas' });
      await expect(store.writePointer('a/none', bytes('three'), second)).rejects.toBeInstanceOf(PointerConflictError);
      expect((await read('a/cas')).value).toBe('two');
      expect(await store.readPointer('a/none')).toBeNull();
    });

    test('does not take old bytes that were written again for the old state', async () => {
      const first = await store.writePointer('a/aba', bytes('A'), null);
      const second = await store.writePointer('a/aba', bytes('B'), first);
      const third = await store.writePointer('a/aba', bytes('A'), second);
      expect(third).not.toBe(first);
      expect(await store.readPointer('a/aba', first)).toMatchObject({ token: third });
      await expect(store.writePointer('a/aba', bytes('C'), first)).rejects.toBeInstanceOf(PointerConflictError);
    });

    test('lets exactly one of many racing writers create a pointer', async () => {
      const stores = Array.from({ length: 8 }, () => subject.open());
      const results = await Promise.allSettled(
        stores.map((s, i) => s.writePointer('race/create', bytes(String(i)), null)),
      );
      const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
      expect(winners).toHaveLength(1);
      expect((await read('race/create')).value).toBe(String(winners[0]));
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(PointerConflictError);
      await Promise.all(stores.map((s) => s.close()));
    });

    test('loses no increment of many racing writers', async () => {
      await store.writePointer('race/count', bytes('0'), null);
      const increment = async (s: ArtifactStore): Promise<void> => {
        for (;;) {
          const found = await s.readPointer('race/count');
          if (found === null || found === 'unchanged') throw new Error('the counter vanished');
          try {
            await s.writePointer('race/count', bytes(String(Number(text(found.value)) + 1)), found.token);
            return;
          } catch (error) {
            if (!(error instanceof PointerConflictError)) throw error;
          }
        }
      };
      const stores = Array.from({ length: 4 }, () => subject.open());
      await Promise.all(
        stores.map(async (s) =>
          [...Array(10).keys()].reduce((before) => before.then(() => increment(s)), Promise.resolve()),
        ),
      );
      expect((await read('race/count')).value).toBe('40');
      await Promise.all(stores.map((s) => s.close()));
    });

    test('lists the keys under a prefix in order, and only those after a given one', async () => {
      for (const key of ['list/b', 'list/a/2', 'list/a/1', 'list/a-b', 'listed', 'list/c%2Fd=:x'])
        await store.writePointer(key, bytes(key), null);
      expect(await store.listPointers('list/')).toEqual([
        'list/a-b',
        'list/a/1',
        'list/a/2',
        'list/b',
        'list/c%2Fd=:x',
      ]);
      expect(await store.listPointers('list/a')).toEqual(['list/a-b', 'list/a/1', 'list/a/2']);
      expect(await store.listPointers('list/', 'list/a/1')).toEqual(['list/a/2', 'list/b', 'list/c%2Fd=:x']);
      expect(await store.listPointers('list/', 'list/a/')).toEqual(['list/a/1', 'list/a/2', 'list/b', 'list/c%2Fd=:x']);
      expect(await store.listPointers('nothing/')).toEqual([]);
      expect((await read('list/c%2Fd=:x')).value).toBe('list/c%2Fd=:x');
    });

    test('lists the folders right below one, however much lies below them', async () => {
      for (const key of ['shelf/b/1', 'shelf/a/2/x', 'shelf/a/1', 'shelf/leaf', 'shelves/c/1'])
        await store.writePointer(key, bytes(key), null);
      expect(await store.listPointerFolders('shelf')).toEqual(['a', 'b']);
      expect(await store.listPointerFolders('shelf/a')).toEqual(['2']);
      expect(await store.listPointerFolders('nothing')).toEqual([]);
      await expect(store.listPointerFolders('../out')).rejects.toMatchObject({ type: 'InvalidRequestError' });
    });

    test('refuses keys that would leave the store or that some store could not hold', async () => {
      for (const key of ['', '../out', 'a/../b', 'a//b', '/a', 'a/', 'a b', 'ä', `a/${'x'.repeat(300)}`])
        await expect(store.writePointer(key, bytes('x'), null), key).rejects.toMatchObject({
          type: 'InvalidRequestError',
        });
    });

    test('hands out a file that stays whole while the blob is stored again', async () => {
      const digest = await store.putBlob(bytes('again'));
      const path = await store.fetchFile(digest);
      await chmod(path, 0o444);
      await store.putBlob(bytes('again'));
      expect((await stat(path)).size).toBe(5);
    });
  });
}
