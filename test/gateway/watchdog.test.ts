import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, createWorld, get, rowsOf, until, type World } from './harness.ts';
import { endlessModel, poison, tinyModel } from './models.ts';
import { compiled } from '../support/compiled.ts';
import { patience } from '../support/patience.ts';

let world: World;
const children: ChildProcess[] = [];
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  await world.close();
});

const entry = compiled('gateway/main');
const bad = rowsOf([2 * poison, 'a']);

/** A gateway in a process of its own that lets a pass take a second and a half. */
async function startProcess(): Promise<{ child: ChildProcess; url: string }> {
  const { home, store } = world.config;
  const config = join(home, 'temporal.yaml');
  await writeFile(config, 'gateway:\n  follow: 50\n  models: { pass: 1500 }\n');
  const child = spawn(process.execPath, [entry, '--instance', 'one', '--port', '0', '--grpc-port', '0'], {
    env: { ...process.env, PAWL_HOME: home, PAWL_STORE: store, PAWL_CONFIG: config },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, url: (JSON.parse(line) as { url: string }).url };
}

describe('a model that never ends', () => {
  it('in shadow fails by itself, and the champion answers on', { timeout: patience(90_000) }, async () => {
    await world.addVersion(tinyModel(0));
    await world.addVersion(endlessModel());
    await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release: 'release/tiny/1' });
    world.config.gateway.models = { ...world.config.gateway.models, pass: 1_000 };
    const gateway = await world.gateway();
    expect((await ask(gateway, { ...bad, id: 'poison' })).status).toBe(200);
    let slowest = 0;
    const end = performance.now() + 1_500;
    for (let n = 0; performance.now() < end; n++) {
      const started = performance.now();
      expect((await ask(gateway, { ...rowsOf([1, 'a']), id: `r${n}` })).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - started);
    }
    // In the loop it would have been for ever.
    expect(slowest).toBeLessThan(1_000);
    await gateway.close();
    const mirrored = (await world.logged()).filter(({ kind }) => kind === 'mirror');
    expect(mirrored.find(({ id }) => id === 'poison')?.error).toContain('took longer than 1000 ms to answer');
  });

  it.each([
    ['was imported', true, {}],
    ['is large', false, { isolateBytes: 100 }],
  ])(
    'fails its own answers where it %s, though it is the champion',
    async (_, imported, more) => {
      world.config.gateway.models = { ...world.config.gateway.models, pass: 1_000, ...more };
      await world.addVersion(endlessModel(), 'tiny', {}, imported);
      await world.deploy({ champion: 1 });
      await world.addVersion(tinyModel(0), 'other');
      await world.deploy({ champion: 1 }, 'other');
      const gateway = await world.gateway();
      expect((await ask(gateway)).status).toBe(200);
      const poisoned = ask(gateway, bad);
      expect((await ask(gateway, rowsOf([1, 'a']), {}, 'other')).status).toBe(200);
      expect(await poisoned).toMatchObject({
        status: 500,
        body: { error: expect.stringContaining('1000 ms') as string },
      });
      expect((await ask(gateway, rowsOf([1, 'a']), {}, 'other')).status).toBe(200);
    },
    90_000,
  );

  it(
    'in the loop ends the process, is quarantined, and stops nobody when the process is started again',
    { timeout: patience(120_000) },
    async () => {
      await world.addVersion(endlessModel());
      await world.deploy({ champion: 1 });
      await world.addVersion(tinyModel(0), 'other');
      await world.deploy({ champion: 1 }, 'other');
      const first = await startProcess();
      expect((await ask(first)).status).toBe(200);
      const ended = once(first.child, 'exit');
      void ask(first, bad).catch(() => undefined);
      expect(await ended).toEqual([null, 'SIGKILL']);
      expect(await readdir(join(world.config.home, 'gateway', 'quarantine'))).toEqual(['tiny@1']);
      const second = await startProcess();
      expect(await get(`${second.url}/readyz`)).toMatchObject({
        status: 200,
        body: { reasons: [expect.stringContaining('tiny@1 is quarantined') as string] },
      });
      expect((await ask(second)).status).toBe(200);
      expect((await ask(second, bad)).status).toBe(500);
      expect((await ask(second, rowsOf([1, 'a']), {}, 'other')).status).toBe(200);
      expect(second.child.exitCode).toBeNull();
    },
  );
});

describe('a version that was a shadow', () => {
  it(
    'answers clients from the loop once it is the canary, and from nowhere before it is there',
    { timeout: patience(60_000) },
    async () => {
      await world.addVersion(tinyModel(0));
      await world.addVersion(tinyModel(-3));
      await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release: 'release/tiny/1' });
      const confined: string[] = [];
      const loads: string[] = [];
      const { createOnnxInference } = await import('../../ports/inference/onnx.ts');
      const engine = createOnnxInference();
      const gateway = await world.gateway('one', {
        inference: {
          ...engine,
          load: (bytes) => (loads.push('loop'), engine.load(bytes)),
          loadConfined: (path, limits) => (confined.push('process'), engine.loadConfined(path, limits)),
        },
      });
      await until('both are there', () => confined.length === 1 && loads.length === 1);
      expect((await ask(gateway)).status).toBe(200);
      await world.deploy({ canary: { version: 2, share: 1 }, shadow: { version: 2, sample: 1 } });
      await until('the canary answers', async () => (await ask(gateway)).headers.get('x-pawl-version') === '2');
      expect([confined.length, loads.length]).toEqual([1, 2]);
      for (let n = 0; n < 20; n++) expect((await ask(gateway)).status).toBe(200);
    },
  );
});
