import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const clients = {
  S3: `
    import { createS3Store } from './ports/artifact-store/s3.ts';
    const store = createS3Store({ url: 's3://bucket/x', cacheDir: '/nowhere', endpoint: 'http://127.0.0.1:9', region: 'x', forcePathStyle: true });
    await store.readPointer('x').then(() => process.exit(1), () => console.log('asked'));`,
  SageMaker: `
    import { createSageMakerTarget } from './ports/release-target/sagemaker.ts';
    const target = createSageMakerTarget('m', { endpointName: 'e', variant: 'v{version}', region: 'x', endpoint: 'http://127.0.0.1:9', settle: 100, poll: 10 });
    await target.observed().then(() => process.exit(1), () => console.log('asked'));`,
};

test.each(Object.entries(clients))('a process that uses %s prints no warning of the SDK', async (_, script) => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { env: { ...process.env, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' } },
  );
  expect(stdout).toContain('asked');
  expect(stderr).toBe('');
});
