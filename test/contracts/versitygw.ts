import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGoBuilt, run } from '../support/go-built.ts';
import { patience } from '../support/patience.ts';

const module = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  /** Folder that holds the objects of the bucket as files. */
  readonly folder: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The S3 server with conditional writes that the tests use: see `findGoBuilt`. */
export const findVersitygw = () =>
  findGoBuilt({
    name: 'versitygw',
    variable: 'VERSITYGW',
    build: (folder) => run('go', ['install', module], { env: { ...process.env, GOBIN: folder }, timeout: 300_000 }),
  });

export async function startVersitygw(binary: string): Promise<S3Server> {
  const root = await mkdtemp(join(tmpdir(), 'pawl-s3-'));
  const bucket = 'pawl-test';
  const credentials = { accessKeyId: 'pawl', secretAccessKey: 'pawl-secret' };
  await mkdir(join(root, 'data', bucket), { recursive: true });
  const port = await freePort();
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    child = spawn(binary, ['--port', `127.0.0.1:${port}`, 'posix', join(root, 'data')], {
      env: { ...process.env, ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
      stdio: 'ignore',
    });
    await reachable(`http://127.0.0.1:${port}/`);
  };
  const kill = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    folder: join(root, 'data', bucket),
    credentials,
    kill,
    restart: start,
    async close() {
      await kill();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function reachable(url: string): Promise<void> {
  const until = Date.now() + patience(20_000);
  for (;;) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (Date.now() > until) throw new Error(`${url} did not answer within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
