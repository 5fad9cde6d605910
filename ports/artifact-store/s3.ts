import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { GetObjectCommandInput, PutObjectCommandInput } from '@aws-sdk/client-s3';
import { blobFolder, blobPath, digestSchema, type Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { BlobFolder } from './blob-folder.ts';
import { hashFile } from './files.ts';
import { checkPointerKey, checkPointerPrefix, corruptBlob, digestOf, missingBlob } from './keys.ts';
import { PointerConflictError, type ArtifactStore, type PointerToken } from './port.ts';
import { closeEnvelope, openEnvelope } from './s3-envelope.ts';
import { failureOf, s3Error } from './s3-errors.ts';
import { silenceVersionWarning } from '../aws-sdk.ts';

export interface S3StoreOptions {
  /** `s3://bucket/prefix`; the prefix may be empty. */
  readonly url: string;
  /** Folder for verified copies of blobs. */
  readonly cacheDir: string;
  /** For servers other than Amazon's; null is Amazon's. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly forcePathStyle: boolean;
}

/** Few and short: Temporal retries an outage, and shows it. */
const attempts = 2;
const connectMs = 2_000;
const silenceMs = 30_000;
/** From this size on it costs less to ask whether a blob is there than to send it in vain. */
const askFirstBytes = 1024 * 1024;

/**
 * A store in an S3 bucket with conditional writes. Credentials come from the SDK's own chain. Pointers are objects in an
 * envelope with a sequence number and a nonce: equal values never have equal ETags, and a writer recognizes its own write
 * when the answer to it was lost.
 */
export function createS3Store(options: S3StoreOptions): ArtifactStore {
  const { url } = options;
  const { bucket, prefix } = placeOf(url);
  const cache = new BlobFolder(options.cacheDir);
  const fetching = new Map<Digest, Promise<string>>();
  let opened: ReturnType<typeof openClient> | null = null;

  async function call<T>(work: (s3: Awaited<ReturnType<typeof openClient>>) => Promise<T>): Promise<T> {
    try {
      opened ??= openClient(options);
      return await work(await opened);
    } catch (error) {
      if (error instanceof PointerConflictError) throw error;
      throw s3Error(error, url, bucket);
    }
  }

  /** Puts an object where there is none yet; one that is there already has the same bytes. */
  async function putOnce(digest: Digest, bytes: number, open: () => PutObjectCommandInput['Body']): Promise<void> {
    if (bytes >= askFirstBytes && (await hasBlob(digest))) return;
    await call(async ({ client, sdk }) => {
      try {
        await client.send(
          new sdk.PutObjectCommand({
            Bucket: bucket,
            Key: prefix + blobPath(digest),
            Body: open(),
            ContentLength: bytes,
            IfNoneMatch: '*',
            ChecksumSHA256: Buffer.from(digest.slice('sha256:'.length), 'hex').toString('base64'),
          }),
        );
      } catch (error) {
        const { status } = failureOf(error);
        if (status === 412) return;
        // A server that has the object may refuse and hang up while the body is on its way, so that its answer is lost.
        if (status !== null || !(await hasBlob(digest).catch(() => false))) throw error;
      }
    });
  }

  async function getObject(key: string, more: Partial<GetObjectCommandInput> = {}) {
    return call(async ({ client, sdk }) => {
      try {
        return await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: prefix + key, ...more }));
      } catch (error) {
        const { name, status } = failureOf(error);
        if (name === 'NoSuchKey') return null;
        if (status === 304) return 'unchanged';
        throw error;
      }
    });
  }

  async function getBytes(digest: Digest): Promise<Uint8Array> {
    const object = await getObject(blobPath(digest));
    if (object === null || object === 'unchanged' || object.Body === undefined) throw missingBlob(digest, url);
    const body = object.Body;
    const bytes = await call(() => body.transformToByteArray());
    const found = digestOf(bytes);
    if (found !== digest) throw corruptBlob(digest, url, found);
    return bytes;
  }

  async function download(digest: Digest): Promise<string> {
    const cached = await cache.verifiedPath(digest, options.cacheDir).catch((error: unknown) => {
      // A damaged copy is fetched again.
      if (error instanceof PawlError) return null;
      throw error;
    });
    if (cached !== null) return cached;
    const object = await getObject(blobPath(digest));
    if (object === null || object === 'unchanged' || object.Body === undefined) throw missingBlob(digest, url);
    const body = object.Body as Readable;
    await call(() => cache.take(body, digest, url));
    return cache.path(digest);
  }

  async function hasBlob(digest: Digest): Promise<boolean> {
    return call(async ({ client, sdk }) => {
      try {
        await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: prefix + blobPath(digest) }));
        return true;
      } catch (error) {
        if (failureOf(error).status !== 404) throw error;
        await assertBucket();
        return false;
      }
    });
  }

  /** An answer without a body does not say whether the object or the bucket is missing. */
  async function assertBucket(): Promise<void> {
    await call(({ client, sdk }) => client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })));
  }

  async function readPointer(key: string, unless?: PointerToken) {
    const known = unless === undefined ? null : readToken(unless);
    const object = await getObject(`pointers/${key}`, known === null ? {} : { IfNoneMatch: known.etag });
    if (object === null || object === 'unchanged') return object;
    const body = object.Body;
    const bytes = await call(async () => (await body?.transformToByteArray()) ?? new Uint8Array());
    const { seq, nonce, value } = openEnvelope(bytes, key);
    const token = makeToken(seq, object.ETag ?? '');
    return token === unless ? ('unchanged' as const) : { value, token, nonce };
  }

  async function writePointer(key: string, value: Uint8Array, expected: PointerToken | null): Promise<PointerToken> {
    const before = expected === null ? null : readToken(expected);
    if (expected !== null && before === null) throw new PointerConflictError(key);
    const nonce = randomBytes(12).toString('hex');
    const seq = (before?.seq ?? 0) + 1;
    return call(async ({ client, sdk }) => {
      try {
        const { ETag } = await client.send(
          new sdk.PutObjectCommand({
            Bucket: bucket,
            Key: `${prefix}pointers/${key}`,
            Body: closeEnvelope({ seq, nonce, value }),
            ...(before === null ? { IfNoneMatch: '*' } : { IfMatch: before.etag }),
          }),
        );
        return makeToken(seq, ETag ?? '');
      } catch (error) {
        const { name, status } = failureOf(error);
        if (name === 'NoSuchBucket' || (status !== 412 && status !== 409 && !(status === 404 && before !== null)))
          throw error;
        // The SDK may have sent it twice because the first answer was lost: then what is there is ours.
        const now = await readPointer(key);
        if (now !== null && now !== 'unchanged' && now.nonce === nonce) return now.token;
        throw new PointerConflictError(key);
      }
    });
  }

  return {
    url,
    async putBlob(bytes) {
      const digest = digestOf(bytes);
      await putOnce(digest, bytes.byteLength, () => bytes);
      return digest;
    },
    async putFile(path) {
      const digest = await hashFile(path);
      const { size } = await stat(path);
      await putOnce(digest, size, () => createReadStream(path));
      return { digest, bytes: size };
    },
    getBlob: getBytes,
    async fetchFile(digest) {
      const underWay = fetching.get(digest) ?? download(digest).finally(() => fetching.delete(digest));
      fetching.set(digest, underWay);
      return underWay;
    },
    hasBlob,
    async findBlobs(hex) {
      const folder = `${prefix}${blobFolder(hex)}/`;
      return call(async ({ client, sdk }) => {
        const page = await client.send(
          new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: folder + hex, MaxKeys: 2 }),
        );
        return (page.Contents ?? []).map(({ Key = '' }) => digestSchema.parse(`sha256:${Key.slice(folder.length)}`));
      });
    },
    async readPointer(key, unless) {
      checkPointerKey(key);
      const found = await readPointer(key, unless);
      return found === null || found === 'unchanged' ? found : { value: found.value, token: found.token };
    },
    async writePointer(key, value, expected) {
      checkPointerKey(key);
      return writePointer(key, value, expected);
    },
    async listPointers(start, after) {
      checkPointerPrefix(start);
      const root = `${prefix}pointers/`;
      return call(async ({ client, sdk }) => {
        const keys: string[] = [];
        const input = {
          Bucket: bucket,
          Prefix: root + start,
          ...(after === undefined ? {} : { StartAfter: root + after }),
        };
        for await (const page of sdk.paginateListObjectsV2({ client }, input))
          for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key.slice(root.length));
        return keys.filter((key) => after === undefined || key > after).toSorted((a, b) => (a < b ? -1 : 1));
      });
    },
    async listPointerFolders(folder) {
      checkPointerKey(folder);
      const root = `${prefix}pointers/${folder}/`;
      return call(async ({ client, sdk }) => {
        const names: string[] = [];
        for await (const page of sdk.paginateListObjectsV2(
          { client },
          { Bucket: bucket, Prefix: root, Delimiter: '/' },
        ))
          for (const { Prefix } of page.CommonPrefixes ?? [])
            if (Prefix !== undefined) names.push(Prefix.slice(root.length, -1));
        return names.toSorted((a, b) => (a < b ? -1 : 1));
      });
    },
    async close() {
      (await opened)?.client.destroy();
    },
  };
}

/** The SDK is loaded at the first call: most processes of a store in a folder never need it. */
async function openClient({ endpoint, region, forcePathStyle }: S3StoreOptions) {
  silenceVersionWarning();
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    forcePathStyle,
    maxAttempts: attempts,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silenceMs },
    ...(endpoint === null ? {} : { endpoint }),
  });
  return { client, sdk };
}

function placeOf(url: string): { bucket: string; prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(url) ?? [];
  if (bucket === undefined)
    throw new PawlError(
      errorTypes.invalidConfig,
      `"${url}" is not an S3 URL: write the store as s3://bucket/prefix or file:///absolute/path`,
      { store: url },
    );
  const trimmed = path.replace(/\/+$/, '');
  return { bucket, prefix: trimmed === '' ? '' : `${trimmed}/` };
}

const makeToken = (seq: number, etag: string): PointerToken => `${seq} ${etag}` as PointerToken;

function readToken(token: PointerToken): { seq: number; etag: string } | null {
  const [, seq, etag] = /^(\d+) (.+)$/.exec(token) ?? [];
  return seq === undefined || etag === undefined ? null : { seq: Number(seq), etag };
}
