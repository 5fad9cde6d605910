import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { withoutPaths } from '../../gateway/warnings.ts';
import { ask, createWorld, get, post, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

async function gatewayOf(settings = {}): Promise<Gateway> {
  world = await createWorld(settings);
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
  return world.gateway();
}

/** The answer to bytes on a connection of their own. */
const answerTo = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    socket.write(bytes);
  });

describe('what a client gets wrong', () => {
  it('is answered with a status and words of its own, not with a failure of the gateway', async () => {
    const gateway = await gatewayOf();
    const { url } = gateway;
    const deep = `${'['.repeat(90_000)}1${']'.repeat(90_000)}`;
    const said = async (path: string, body: string): Promise<[number, string]> => {
      const reply = await post(`${url}${path}`, body);
      return [reply.status, String(reply.body.error)];
    };
    expect(await said('/predict/%zz', '{}')).toEqual([400, expect.stringContaining('write %25')]);
    expect(await said('/v2/models/%ff/infer', '{}')).toEqual([400, expect.stringContaining('write %25')]);
    expect(await said('/predict/tiny', deep)).toEqual([400, expect.stringContaining('more than 64 deep')]);
    expect(await said('/predict/tiny', `{"age":${deep}}`)).toEqual([400, expect.stringContaining('more than 64 deep')]);
    expect(await said('/feedback', deep)).toEqual([400, expect.stringContaining('more than 64 deep')]);
    expect(await said('/predict/tiny', '{"age":1e400}')).toEqual([
      400,
      expect.stringContaining('larger than any number'),
    ]);
    const tensor = '{"inputs":[{"name":"age","datatype":"FP32","shape":[1,1],"data":[1e400]}]}';
    expect(await said('/v2/models/tiny/infer', tensor)).toEqual([
      400,
      expect.stringContaining('Infinity is not a valid FP32'),
    ]);
    const odd = await said('/predict/tiny', '{"a\\u001b[31m\\u202e":1}');
    expect(odd).toEqual([400, expect.stringContaining('\\u001b[31m\\u202e')]);
    const whole = `POST http://x/predict/tiny HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`;
    expect(await answerTo(gateway.port, whole)).toMatch(/^HTTP\/1.1 400 .*name the path alone/s);
  });
});

describe('what goes wrong inside', () => {
  it('is told to clients without paths of the machine', async () => {
    const gateway = await gatewayOf();
    await world.deploy({ champion: 9 });
    const reasons = async (): Promise<string> => JSON.stringify((await get(`${gateway.url}/readyz`)).body.reasons);
    await until('the version cannot be loaded', async () => (await reasons()).includes('tiny@9'));
    expect(await reasons()).not.toContain(world.config.home);
    expect(withoutPaths("ENOENT: no such file or directory, open '/home/a/.pawl/store/x y'")).not.toContain('home');
    expect(withoutPaths('the store file:///home/a/store refuses access; s3://bucket/prefix too')).toBe(
      'the store (path) refuses access; (path) too',
    );
    expect(withoutPaths('3/4 of it, and/or more at 10:20')).toBe('3/4 of it, and/or more at 10:20');
  });
});

describe('readiness', () => {
  it('ends while nothing can be acknowledged, and comes back', async () => {
    const gateway = await gatewayOf({ log: { sealEvery: 50, sealRecords: 1, memory: 1_000_000, disk: 300 } });
    const ready = async (): Promise<number> => (await get(`${gateway.url}/readyz`)).status;
    expect(await ready()).toBe(200);
    world.outage(true);
    // What was on its way when the outage began may still make room.
    let said: unknown = null;
    await until('the log is full, and all doors say so', async () => {
      if ((await ask(gateway)).status !== 503) return false;
      said = await get(`${gateway.url}/readyz`);
      const { status } = await post(`${gateway.url}/feedback`, { request_id: 'x', label: 1, model: 'tiny' });
      return status === 503 && (said as { status: number }).status === 503;
    });
    expect(said).toMatchObject({ status: 503, body: { status: 'refusing', ready: false } });
    world.outage(false);
    await until('the log has room', async () => (await ready()) === 200);
    // One record fills so small a log until the store has taken it.
    await until('requests are answered', async () => (await ask(gateway)).status === 200);
  });
});

describe('everything that is kept', () => {
  it('is for its user alone', async () => {
    const before = process.umask(0o022);
    try {
      const gateway = await gatewayOf();
      await ask(gateway);
      await until('something is in the store', async () => (await world.logged()).length > 0);
      await ask(gateway);
      const { home } = world.config;
      for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        const found = await stat(path).catch(() => null);
        if (found !== null) expect([relative(home, path), found.mode & 0o077]).toEqual([relative(home, path), 0]);
      }
    } finally {
      process.umask(before);
    }
  });
});
