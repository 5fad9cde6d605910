import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patience } from '../support/patience.ts';
import { blobPath } from '../../contracts/digest.ts';
import { createS3Store, type S3StoreOptions } from '../../ports/artifact-store/s3.ts';
import { describeWith } from '../support/needs.ts';
import { artifactStoreSuite } from '../contracts/artifact-store.suite.ts';
import { findVersitygw, startVersitygw, type S3Server } from '../contracts/versitygw.ts';

const found = await findVersitygw();

/** Sets credentials as a user would, for the SDK's own chain. */
function useCredentials({ accessKeyId, secretAccessKey }: S3Server['credentials']): void {
  process.env.AWS_ACCESS_KEY_ID = accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
}

if ('missing' in found) {
  describeWith(found.missing, 'artifact store: s3', () => {
    test('needs a server with conditional writes', () => expect.unreachable());
  });
} else {
  const { binary } = found;

  artifactStoreSuite('s3', async () => {
    const server = await startVersitygw(binary);
    useCredentials(server.credentials);
    const cacheDir = await mkdtemp(join(tmpdir(), 'pawl-s3-cache-'));
    return {
      open: () => createS3Store(optionsOf(server, cacheDir)),
      damage: (digest, bytes) => writeFile(join(server.folder, 'some/prefix', blobPath(digest)), bytes),
      async close() {
        await server.close();
        await rm(cacheDir, { recursive: true, force: true });
      },
    };
  });

  describe('artifact store: s3, when things go wrong', () => {
    let server: S3Server;
    let cacheDir: string;
    beforeAll(async () => {
      server = await startVersitygw(binary);
      cacheDir = await mkdtemp(join(tmpdir(), 'pawl-s3-cache-'));
    });
    afterAll(async () => {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    });

    async function withStore<T>(
      change: Partial<S3StoreOptions>,
      work: (store: ReturnType<typeof createS3Store>) => Promise<T>,
    ) {
      useCredentials(server.credentials);
      const store = createS3Store({ ...optionsOf(server, cacheDir), ...change });
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    }

    test('names a missing bucket, and asks for no retry', async () => {
      await withStore({ url: 's3://no-such-bucket/x' }, async (store) => {
        const wrong = { type: 'MissingBucketError', details: { bucket: 'no-such-bucket' } };
        await expect(store.putBlob(new Uint8Array([1]))).rejects.toMatchObject(wrong);
        await expect(store.readPointer('a')).rejects.toMatchObject(wrong);
        await expect(store.writePointer('a', new Uint8Array([1]), null)).rejects.toMatchObject(wrong);
        await expect(store.listPointers('')).rejects.toMatchObject(wrong);
        const digest = await withStore({}, (good) => good.putBlob(new Uint8Array([1])));
        await expect(store.hasBlob(digest)).rejects.toMatchObject(wrong);
        await expect(store.getBlob(digest)).rejects.toMatchObject(wrong);
      });
    });

    test('says that access is denied to wrong credentials, and asks for no retry', async () => {
      useCredentials({ accessKeyId: 'pawl', secretAccessKey: 'wrong' });
      const store = createS3Store(optionsOf(server, cacheDir));
      await expect(store.readPointer('a')).rejects.toMatchObject({ type: 'AccessDeniedError' });
      await expect(store.putBlob(new Uint8Array([1]))).rejects.toMatchObject({ type: 'AccessDeniedError' });
      await store.close();
    });

    test('fails within seconds and retryably while the server is away, and works again when it is back', async () => {
      await withStore({ url: 's3://pawl-test/outage' }, async (store) => {
        const token = await store.writePointer('k', new Uint8Array([1]), null);
        await server.kill();
        const start = performance.now();
        await expect(store.readPointer('k')).rejects.toMatchObject({ name: 'StoreOutageError' });
        expect(performance.now() - start).toBeLessThan(patience(5_000));
        await server.restart();
        expect(await store.readPointer('k', token)).toBe('unchanged');
      });
    });

    test('keeps what was acknowledged when the server is killed in the middle of writes', async () => {
      await withStore({ url: 's3://pawl-test/killed' }, async (store) => {
        let token = await store.writePointer('k', new Uint8Array([0]), null);
        let acknowledged = 0;
        const writing = (async () => {
          for (;;) {
            token = await store.writePointer('k', new Uint8Array([acknowledged + 1]), token);
            acknowledged += 1;
          }
        })();
        const failed = expect(writing).rejects.toBeInstanceOf(Error);
        await expect.poll(() => acknowledged, { interval: 2, timeout: 10_000 }).toBeGreaterThanOrEqual(5);
        await server.kill();
        await failed;
        await server.restart();
        const found = await store.readPointer('k');
        if (found === null || found === 'unchanged') throw new Error('the pointer vanished');
        expect(found.value[0]).toBeGreaterThanOrEqual(acknowledged);
        expect(found.value[0]).toBeLessThanOrEqual(acknowledged + 1);
      });
    });

    test('recognizes its own write when the answer to it was lost', async () => {
      const proxy = await dropAnswer(server.endpoint);
      await withStore({ url: 's3://pawl-test/lost', endpoint: proxy.endpoint }, async (store) => {
        const first = await store.writePointer('k', new Uint8Array([1]), null);
        proxy.dropNext();
        const second = await store.writePointer('k', new Uint8Array([2]), first);
        expect(proxy.dropped()).toBe(1);
        expect(await store.readPointer('k', second)).toBe('unchanged');
      });
      await proxy.close();
    });

    test('takes a blob for stored that is there, though the server hung up on the writer', async () => {
      const there = new TextEncoder().encode('there already');
      const digest = await withStore({}, (store) => store.putBlob(there));
      const proxy = await resetWrites(server.endpoint);
      await withStore({ endpoint: proxy.endpoint }, async (store) => {
        expect(await store.putBlob(there)).toBe(digest);
        expect(proxy.resets()).toBeGreaterThan(0);
        await expect(store.putBlob(new TextEncoder().encode('new'))).rejects.toMatchObject({
          name: 'StoreOutageError',
        });
      });
      await proxy.close();
    });

    test('does not send a large blob that is there', async () => {
      const large = new Uint8Array(2_000_000).fill(7);
      const digest = await withStore({}, (store) => store.putBlob(large));
      const proxy = await resetWrites(server.endpoint);
      await withStore({ endpoint: proxy.endpoint }, async (store) => expect(await store.putBlob(large)).toBe(digest));
      expect(proxy.resets()).toBe(0);
      await proxy.close();
    });

    test('fetches a damaged copy in the cache again', async () => {
      await withStore({}, async (store) => {
        const digest = await store.putBlob(new TextEncoder().encode('cached'));
        const path = await store.fetchFile(digest);
        await rm(path);
        await writeFile(path, 'broken');
        await withStore({}, async (other) => {
          expect(await other.fetchFile(digest)).toBe(path);
          expect(new TextDecoder().decode(await other.getBlob(digest))).toBe('cached');
        });
      });
    });
  });
}

function optionsOf(server: S3Server, cacheDir: string): S3StoreOptions {
  return {
    url: `s3://${server.bucket}/some/prefix`,
    cacheDir,
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
  };
}

/** Sees each piece of an answer; false ends both connections instead of handing it on. */
type OnAnswer = (data: Buffer) => boolean;
/** Sees each piece of a request; false resets the connection of the client. */
type OnRequest = (data: Buffer) => boolean;

async function startProxy(target: string, onRequest: OnRequest, onAnswer: OnAnswer) {
  const { hostname, port } = new URL(target);
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on('data', (data) => {
      if (onRequest(data)) upstream.write(data);
      else client.resetAndDestroy();
    });
    upstream.on('data', (data) => {
      if (onAnswer(data)) client.write(data);
      else client.destroy();
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** A TCP proxy that, when told so, swallows the next answer and hangs up, after the server has done its work. */
async function dropAnswer(target: string) {
  let dropNext = false;
  let dropped = 0;
  const proxy = await startProxy(
    target,
    () => true,
    (data) => {
      if (!dropNext || data.toString('latin1').startsWith('HTTP/1.1 100')) return true;
      dropNext = false;
      dropped += 1;
      return false;
    },
  );
  return { ...proxy, dropNext: () => (dropNext = true), dropped: () => dropped };
}

/** A TCP proxy that resets the connection of whoever writes an object, as a server does that refuses without reading. */
async function resetWrites(target: string) {
  let resets = 0;
  const proxy = await startProxy(
    target,
    (data) => {
      const isWrite = data.toString('latin1').startsWith('PUT ');
      if (isWrite) resets += 1;
      return !isWrite;
    },
    () => true,
  );
  return { ...proxy, resets: () => resets };
}
