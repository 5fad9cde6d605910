import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogRow } from '../../contracts/serving/prediction-log.ts';
import { ask, createWorld, get, post, rowsOf, until, type Reply, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

const versionOf = (reply: Reply): number => Number(reply.headers.get('x-pawl-version'));
const askKey = (gateway: { url: string }, key: string): Promise<Reply> =>
  ask(gateway, undefined, { 'x-pawl-key': key });

async function twoVersions(settings: Parameters<typeof createWorld>[0] = {}): Promise<void> {
  world = await createWorld(settings);
  await world.addVersion(tinyModel(0));
  await world.addVersion(tinyModel(-3));
  await world.deploy({ champion: 1 });
}

describe('the traffic through a gateway', () => {
  it('is split by the sticky key, which stays with the canary as the share grows', async () => {
    await twoVersions();
    await world.deploy({ canary: { version: 2, share: 0.2 } });
    const gateway = await world.gateway();
    const keys = Array.from({ length: 400 }, (_, i) => `k${i}`);
    const split = async (): Promise<Map<string, number>> =>
      new Map(await Promise.all(keys.map(async (key) => [key, versionOf(await askKey(gateway, key))] as const)));
    const first = await split();
    expect(await split()).toEqual(first);
    const inCanary = keys.filter((key) => first.get(key) === 2);
    expect(Math.abs(inCanary.length - 80)).toBeLessThan(4 * 8);
    await world.deploy({ canary: { version: 2, share: 0.6 } });
    await until('the new share is in force', async () => {
      const text = await (await fetch(`${gateway.url}/metrics`)).text();
      return text.includes('pawl_canary_share{model="tiny"} 0.6');
    });
    const second = await split();
    for (const key of inCanary) expect(second.get(key)).toBe(2);
    expect([...second.values()].filter((version) => version === 2).length).toBeGreaterThan(inCanary.length);
  });

  it('takes the key from the header, else the parameters, else the request id', async () => {
    await twoVersions();
    await world.deploy({ canary: { version: 2, share: 0.5 } });
    const gateway = await world.gateway();
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const version = versionOf(await askKey(gateway, key));
      expect(versionOf(await ask(gateway, { ...rowsOf([1, 'a']), parameters: { key } }))).toBe(version);
      expect(versionOf(await ask(gateway, { ...rowsOf([1, 'a']), id: key }))).toBe(version);
    }
  });

  it('moves to another champion under load without a failed request', async () => {
    await twoVersions();
    const gateway = await world.gateway();
    const load = { on: true };
    const replies: Reply[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (load.on) replies.push(await ask(gateway));
    });
    await until('the load runs', () => replies.length > 100);
    for (const [champion, previous] of [
      [2, 1],
      [1, 2],
      [2, null],
    ] as const) {
      const { seq } = await world.deploy({ champion, previous });
      await until('the record is in force', async () =>
        (await (await fetch(`${gateway.url}/metrics`)).text()).includes(`pawl_deployment_seq{model="tiny"} ${seq}`),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    load.on = false;
    await Promise.all(clients);
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(replies.map(versionOf))).toEqual(new Set([1, 2]));
    expect((await get(`${gateway.url}/v2/models/tiny`)).body.versions).toEqual(['2']);
  });

  it('serves the record before while a version of the new one cannot be loaded, and says degraded', async () => {
    await twoVersions();
    const gateway = await world.gateway();
    await world.addVersion(Buffer.from('no model'));
    await world.deploy({ canary: { version: 3, share: 1 } });
    await until('it is degraded', async () => (await get(`${gateway.url}/readyz`)).body.status === 'degraded');
    expect((await get(`${gateway.url}/readyz`)).body.reasons).toEqual([
      expect.stringContaining('tiny@3 could not be loaded'),
    ]);
    expect(versionOf(await ask(gateway))).toBe(1);
    await world.deploy({ canary: null });
    await until('it is ready', async () => (await get(`${gateway.url}/readyz`)).body.status === 'ready');
  });

  it('mirrors both ways: champion to shadow, canary to champion, and in the bake to the previous one', async () => {
    await twoVersions();
    const shadow = { version: 2, sample: 1 };
    await world.deploy({ shadow, release: 'release/tiny/1' });
    const gateway = await world.gateway();
    const settle = async (seq: number): Promise<void> =>
      until('the record is in force', async () =>
        (await (await fetch(`${gateway.url}/metrics`)).text()).includes(`pawl_deployment_seq{model="tiny"} ${seq}`),
      );
    await ask(gateway, { ...rowsOf([10, 'a'], [10, 'b']), id: 'shadowing' });
    await settle((await world.deploy({ canary: { version: 2, share: 1 } })).seq);
    await ask(gateway, { ...rowsOf([10, 'a']), id: 'canary' });
    await settle((await world.deploy({ champion: 2, previous: 1, canary: null })).seq);
    await ask(gateway, { ...rowsOf([10, 'a']), id: 'bake' });
    await gateway.close();
    const records = await world.logged();
    const said = (kind: LogRow['kind']) =>
      records
        .filter((record) => record.kind === kind)
        .map((record) => [record.id, record.version, record.label, record.release]);
    expect(said('prediction')).toEqual([
      ['shadowing/0', 1, '1', 'release/tiny/1'],
      ['shadowing/1', 1, '1', 'release/tiny/1'],
      ['canary', 2, '0', 'release/tiny/1'],
      ['bake', 2, '0', 'release/tiny/1'],
    ]);
    expect(said('mirror')).toEqual([
      ['shadowing/0', 2, '0', 'release/tiny/1'],
      ['shadowing/1', 2, '0', 'release/tiny/1'],
      ['canary', 1, '1', 'release/tiny/1'],
      ['bake', 1, '1', 'release/tiny/1'],
    ]);
  });

  it('drops copies when the queue is full, counts them, and answers all the same', async () => {
    world = await createWorld({ shadowQueue: 1 });
    await world.addVersion(tinyModel(0));
    await world.addVersion(tinyModel(-3));
    await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 } });
    const gateway = await world.gateway();
    const replies = await Promise.all(Array.from({ length: 300 }, () => ask(gateway)));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    const counts = async (): Promise<{ dropped: number; mirrored: number }> => {
      const text = await (await fetch(`${gateway.url}/metrics`)).text();
      const count = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
      return {
        dropped: count(/^pawl_mirror_dropped_total\{.*reason="queue full"\} (\d+)$/m),
        mirrored: count(/^pawl_mirrored_total\{.*\} (\d+)$/m),
      };
    };
    await until('every copy is answered or dropped', async () => {
      const { dropped, mirrored } = await counts();
      return dropped + mirrored === 300;
    });
    expect((await counts()).dropped).toBeGreaterThan(0);
  });

  it('keeps a version that was asked for by number out of the evidence of the release, and others than operators from it', async () => {
    const tokenSha256 = createHash('sha256').update('ops').digest('hex');
    await twoVersions({ clients: [{ name: 'ops', tokenSha256, roles: ['operator'], priority: 'normal' }] });
    await world.deploy({ canary: { version: 2, share: 0.5 }, release: 'release/tiny/1' });
    const gateway = await world.gateway();
    const url = `${gateway.url}/v2/models/tiny/versions/2/infer`;
    const reply = await post(url, rowsOf([1, 'a']), { authorization: 'Bearer ops' });
    expect(versionOf(reply)).toBe(2);
    expect((await post(url, rowsOf([1, 'a']))).status).toBe(403);
    await gateway.close();
    expect(await world.logged()).toMatchObject([{ version: 2, release: null }]);
  });

  it('is moved by the same record in two gateways', async () => {
    await twoVersions();
    const gateways = [await world.gateway('one'), await world.gateway('two')];
    for (const [champion, previous] of [
      [2, 1],
      [1, 2],
    ] as const) {
      await world.deploy({ champion, previous });
      for (const gateway of gateways)
        await until(`version ${champion} answers`, async () => versionOf(await ask(gateway)) === champion);
    }
  });

  it('finds a model that appears while it runs', async () => {
    await twoVersions();
    const gateway = await world.gateway();
    await world.addVersion(tinyModel(0), 'late');
    await world.deploy({ champion: 1 }, 'late');
    await until('it answers', async () => (await ask(gateway, undefined, {}, 'late')).status === 200);
  });
});
