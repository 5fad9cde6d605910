import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PredictionSpool } from '../../gateway/log/prediction-spool.ts';
import { ask, createWorld, get, post, rowsOf, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
});
afterEach(() => world.close());

const ids = async (): Promise<string[]> => (await world.logged()).map(({ id }) => id).toSorted();
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')}`);

describe('the prediction log', () => {
  it('says what was asked and answered', async () => {
    const gateway = await world.gateway();
    const before = Date.now();
    await ask(gateway, { id: 'r', ...rowsOf([10, 'a']) }, { 'x-pawl-key': 'customer' });
    await until('the segment is in the store', async () => (await ids()).length === 1);
    const [record] = await world.logged();
    expect(record).toMatchObject({
      kind: 'prediction',
      id: 'r',
      key: 'customer',
      model: 'tiny',
      version: 1,
      arm: 'champion',
      share: 0,
      seq: 1,
      release: null,
      instance: 'one',
      inputs: { age: 10, sector: 'a' },
      label: 1,
      error: null,
    });
    expect(record?.at).toBeGreaterThanOrEqual(before);
    expect(record).toHaveProperty('probability', expect.closeTo(0.8808, 4));
    const [key = ''] = await world.store.listPointers('logs/tiny/');
    expect(key).toMatch(/^logs\/tiny\/\d{13}-one-\d{8}$/);
  });

  it('takes feedback by request id, one or many, and refuses what it cannot place', async () => {
    const gateway = await world.gateway();
    await ask(gateway, { id: 'r', ...rowsOf([10, 'a'], [1, 'b']) });
    expect(await post(`${gateway.url}/feedback`, { request_id: 'r/1', label: 0 })).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    const many = [
      { request_id: 'r/0', label: true },
      { request_id: 'elsewhere', label: 'yes', model: 'tiny' },
    ];
    expect((await post(`${gateway.url}/feedback`, many)).body).toEqual({ accepted: 2 });
    expect((await post(`${gateway.url}/feedback`, { request_id: 'r' })).status).toBe(400);
    expect((await post(`${gateway.url}/feedback`, { request_id: 'x', label: 1, model: '../up' })).status).toBe(404);
    await gateway.close();
    expect((await world.logged()).filter(({ kind }) => kind === 'feedback')).toMatchObject([
      { id: 'r/1', label: 0 },
      { id: 'r/0', label: 1 },
      { id: 'elsewhere', label: 'yes' },
    ]);
  });

  it('wants the model named for an id that it does not know, once it serves several', async () => {
    await world.addVersion(tinyModel(0), 'other');
    const gateway = await world.gateway();
    expect(await post(`${gateway.url}/feedback`, { request_id: 'x', label: 1 })).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('name its "model"') as string },
    });
  });

  it('is sealed and handed over by a drain, with every answered request in it', async () => {
    world.config.gateway.log.sealEvery = 60_000;
    const gateway = await world.gateway();
    const load = { on: true };
    const answered: string[] = [];
    const clients = names('c', 8).map(async (client) => {
      for (let n = 0; load.on; n++) {
        const id = `${client}-${n}`;
        const reply = await ask(gateway, { id, ...rowsOf([1, 'a']) }).catch(() => null);
        if (reply?.status === 200) answered.push(id);
        if (reply === null) return;
      }
    });
    await until('the load runs', () => answered.length > 200);
    await gateway.close();
    load.on = false;
    await Promise.all(clients);
    expect(await ids()).toEqual(answered.toSorted());
    expect(await readdir(join(world.config.home, 'gateway', 'one', 'tiny'))).toEqual([]);
  });

  it('stays on disk through an outage of the store, which is served through, and is handed over afterwards', async () => {
    const gateway = await world.gateway();
    world.outage(true);
    const asked = names('o', 20);
    for (const id of asked) expect((await ask(gateway, { id, ...rowsOf([1, 'a']) })).status).toBe(200);
    await until('it is degraded', async () => (await get(`${gateway.url}/readyz`)).body.status === 'degraded');
    expect((await get(`${gateway.url}/v2/health/ready`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await ask(gateway, { id: 'o0020', ...rowsOf([1, 'a']) })).status).toBe(200);
    world.outage(false);
    await until('all is in the store', async () => (await ids()).length === 21);
    expect(await ids()).toEqual([...asked, 'o0020']);
    await until('it is ready', async () => (await get(`${gateway.url}/readyz`)).body.status === 'ready');
  });

  it('is not ready, and still comes up, when the store is out at the start', async () => {
    world.outage(true);
    const gateway = await world.gateway();
    expect(await get(`${gateway.url}/readyz`)).toMatchObject({ status: 503, body: { status: 'starting' } });
    expect((await get(`${gateway.url}/healthz`)).status).toBe(200);
    world.outage(false);
    await until('it is ready', async () => (await get(`${gateway.url}/readyz`)).status === 200);
    expect((await ask(gateway)).status).toBe(200);
  });

  it('recovers what an earlier process left, without its torn last line', async () => {
    const folder = join(world.config.home, 'gateway', 'one', 'tiny');
    await mkdir(folder, { recursive: true });
    const line = (id: string): string =>
      `${JSON.stringify({ kind: 'feedback', id, at: 5, model: 'tiny', label: 1, instance: 'one' })}\n`;
    await writeFile(join(folder, '0000000000005-00000007.ndjson'), `${line('a')}${line('b')}${line('c').slice(0, 30)}`);
    await writeFile(join(folder, '0000000000006-00000008.ndjson'), '{"kind":"predic');
    await writeFile(join(folder, '0000000000007-00000009.ndjson'), '');
    const gateway = await world.gateway();
    await ask(gateway, { id: 'r', ...rowsOf([1, 'a']) });
    await gateway.close();
    expect(await ids()).toEqual(['a', 'b', 'r']);
    expect((await world.store.listPointers('logs/tiny/')).map((key) => key.split('-').at(-1))).toEqual([
      '00000007',
      '00000008',
    ]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['putFile', 'writePointer'] as const)('doubles nothing when it dies right after %s', async (step) => {
    const { config, store } = world;
    let die = true;
    const dying = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== step) return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
        return async (...args: unknown[]) => {
          const result: unknown = await (value as (...args: unknown[]) => unknown).apply(target, args);
          if (die) throw new Error('killed');
          return result;
        };
      },
    });
    const options = { config, store: dying, instance: 'two', report: () => {} };
    const spool = await PredictionSpool.open(options);
    await spool.append('tiny', [{ kind: 'feedback', id: 'a', at: 5, model: 'tiny', label: 1, instance: 'two' }], true);
    await spool.close(50);
    die = false;
    await (await PredictionSpool.open(options)).close(1_000);
    expect(await ids()).toEqual(['a']);
    expect(await readdir(join(config.home, 'gateway', 'two', 'tiny'))).toEqual([]);
  });

  it('predicts nothing while it cannot be written, and goes on when it can', async () => {
    const gateway = await world.gateway();
    const folder = join(world.config.home, 'gateway', 'one', 'tiny');
    await writeFile(folder, 'in the way');
    expect(await ask(gateway, { id: 'r1', ...rowsOf([1, 'a']) })).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('prediction log cannot be written') as string },
    });
    expect((await post(`${gateway.url}/feedback`, { request_id: 'r1', label: 1 })).status).toBe(503);
    await rm(folder);
    expect((await ask(gateway, { id: 'r2', ...rowsOf([1, 'a']) })).status).toBe(200);
    await gateway.close();
    expect(await ids()).toEqual(['r2']);
  });

  it('starts a new segment after a number of records', async () => {
    world.config.gateway.log.sealRecords = 10;
    const gateway = await world.gateway();
    for (const id of names('s', 35)) await ask(gateway, { id, ...rowsOf([1, 'a']) });
    await gateway.close();
    expect(await world.store.listPointers('logs/tiny/')).toHaveLength(4);
    expect(await ids()).toEqual(names('s', 35));
  });

  it('belongs to one gateway at a time', async () => {
    await world.gateway('one');
    await expect(world.gateway('one')).rejects.toThrow('a gateway named "one" is already running');
  });

  it('ignores the lock of a process that is gone', async () => {
    const folder = join(world.config.home, 'gateway', 'one');
    await mkdir(folder, { recursive: true });
    await appendFile(join(folder, 'lock.json'), JSON.stringify({ pid: 1, started: 'never' }));
    expect((await ask(await world.gateway('one'))).status).toBe(200);
  });
});
