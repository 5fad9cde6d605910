import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createS3Store } from '../../ports/artifact-store/s3.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { registrySuite } from '../contracts/registry.suite.ts';
import { findVersitygw, startVersitygw } from '../contracts/versitygw.ts';

registrySuite('on a file store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-registry-'));
  return {
    open(now = Date.now) {
      const store = createFileStore(pathToFileURL(folder).href);
      return { store, registry: createRegistry(store, now) };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

const found = await findVersitygw();
if ('missing' in found) console.warn(`skipped: the tests of the registry on S3, because ${found.missing}`);
else
  registrySuite('on an S3 store', async () => {
    const server = await startVersitygw(found.binary);
    process.env.AWS_ACCESS_KEY_ID = server.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = server.credentials.secretAccessKey;
    const cacheDir = await mkdtemp(join(tmpdir(), 'pawl-registry-'));
    return {
      open(now = Date.now) {
        const url = `s3://${server.bucket}/registry`;
        const s3 = { endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true };
        const store = createS3Store({ url, cacheDir, ...s3 });
        return { store, registry: createRegistry(store, now) };
      },
      async close() {
        await server.close();
        await rm(cacheDir, { recursive: true, force: true });
      },
    };
  });
