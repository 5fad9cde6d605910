import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, createWorld, get, post, rowsOf, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.addVersion(tinyModel(0), 'tiny', {}, false, {});
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
      inputs: '{"age":10,"sector":"a"}',
      label: '1',
      error: null,
    });
    expect(record?.at).toBeGreaterThanOrEqual(before);
    expect(record).toHaveProperty('probability', expect.closeTo(0.8808, 4));
    const [key = ''] = await world.store.listPointers('predictions/tiny/');
    expect(key).toMatch(/^predictions\/tiny\/\d{13}-one-\d{8}$/);
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
    expect(await post(`${gateway.url}/feedback`, { request_id: 'r' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('give a label, a value, or both') as string },
    });
    expect((await post(`${gateway.url}/feedback`, { request_id: 'r', value: '2' })).status).toBe(400);
    expect((await post(`${gateway.url}/feedback`, { request_id: 'r/1', value: -2.5 })).status).toBe(202);
    expect((await post(`${gateway.url}/feedback`, { request_id: 'r/0', value: 0, label: 'no' })).status).toBe(202);
    expect((await post(`${gateway.url}/feedback`, { request_id: 'x', label: 1, model: '../up' })).status).toBe(404);
    await gateway.close();
    expect((await world.logged()).filter(({ kind }) => kind === 'feedback')).toMatchObject([
      { id: 'r/1', label: '0', value: null },
      { id: 'r/0', label: 'true', value: null },
      { id: 'elsewhere', label: 'yes', value: null },
      { id: 'r/1', label: null, value: -2.5 },
      { id: 'r/0', label: 'no', value: 0 },
    ]);
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

  it.each([
    ['refused', 'shed', 503],
    ['answered', 'serve', 200],
  ] as const)('cannot be written: a request is %s where the policy says %s', async (_, unlogged, status) => {
    await world.addVersion(tinyModel(1), 'tiny', { ack: 'fsync', unlogged });
    await world.deploy({ champion: 2 });
    const gateway = await world.gateway();
    const folder = join(world.config.home, 'gateway', 'one', 'tiny');
    await writeFile(folder, 'in the way');
    expect((await ask(gateway, { id: 'r1', ...rowsOf([1, 'a']) })).status).toBe(status);
    expect((await post(`${gateway.url}/feedback`, { request_id: 'r1', label: 1 })).status).toBe(503);
    expect((await get(`${gateway.url}/readyz`)).body).toMatchObject({
      status: unlogged === 'serve' ? 'degraded' : 'refusing',
      reasons: [expect.stringContaining('the prediction log of "tiny" cannot be written') as string],
    });
    await rm(folder);
    await until('it is ready', async () => (await get(`${gateway.url}/readyz`)).body.status === 'ready');
    expect((await ask(gateway, { id: 'r2', ...rowsOf([1, 'a']) })).status).toBe(200);
    await gateway.close();
    expect(await ids()).toEqual(['r2']);
  });

  it('holds no private input', async () => {
    await world.addVersion(tinyModel(1), 'tiny', {
      log: { drop: ['age'], hash: ['sector'], maxValues: 4_096 },
      key: 'sector',
    });
    await world.deploy({ champion: 2 });
    const gateway = await world.gateway();
    await ask(gateway, { id: 'r', ...rowsOf([10, 'a']) });
    await gateway.close();
    const [record] = await world.logged();
    expect(record?.inputs).toMatch(/^\{"sector":"[0-9a-f]{16}"\}$/);
    expect(record?.key).toMatch(/^[0-9a-f]{16}$/);
  });
});
