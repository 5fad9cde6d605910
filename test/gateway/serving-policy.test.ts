import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { ask, createWorld, post, rowsOf, type Reply, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

const token = 'the-operators-token';
const operator = { authorization: `Bearer ${token}` };
const versionOf = ({ headers }: Reply): string | null => headers.get('x-pawl-version');

async function serve(
  serving: Partial<ServingPolicy>,
  canary = false,
): Promise<{ url: string; close(): Promise<void> }> {
  world = await createWorld({
    clients: [
      {
        name: 'ada',
        tokenSha256: createHash('sha256').update(token).digest('hex'),
        roles: ['operator'],
        priority: 'high',
      },
    ],
  });
  await world.addVersion(tinyModel(0), 'tiny', serving);
  await world.addVersion(tinyModel(-3), 'tiny', serving);
  await world.deploy({
    champion: 1,
    ...(canary ? { canary: { version: 2, share: 0.5 }, release: 'release/tiny/1' } : {}),
  });
  return world.gateway();
}

describe('how a model is served', () => {
  it('leaves out of the log what the policy drops, and hashes what it hides, the sticky key too', async () => {
    const gateway = await serve({ key: 'sector', log: { drop: ['age'], hash: ['sector'], maxValues: 4_096 } });
    // No hash has these digits by chance; times may.
    const age = -4_455_667_788;
    for (const id of ['r1', 'r2']) await ask(gateway, { id, ...rowsOf([age, 'secret']) });
    await ask(gateway, { id: 'r3', ...rowsOf([age, 'other']) });
    await gateway.close();
    const rows = await world.logged();
    const inputs = rows.map((row) => JSON.parse(row.inputs ?? '') as Record<string, string>);
    expect(inputs.map((input) => Object.keys(input))).toEqual([['sector'], ['sector'], ['sector']]);
    expect(inputs[0]?.sector).toMatch(/^[0-9a-f]{16}$/);
    expect(inputs[1]).toEqual(inputs[0]);
    expect(inputs[2]).not.toEqual(inputs[0]);
    expect(rows.map(({ key }) => key)).not.toContain('secret');
    const said = rows.map((row) => ({ ...row, at: null, ms: null, model_ms: null }));
    expect(JSON.stringify(said)).not.toContain('44556');
  });

  it('hashes a private sticky key alike whichever version answers, and in feedback by that key', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0), 'tiny', {
      key: 'sector',
      log: { drop: [], hash: ['sector'], maxValues: 4_096 },
    });
    // The candidate has no use of the column any more, and says nothing of it.
    await world.addVersion(tinyModel(-3), 'tiny', {});
    await world.deploy({ champion: 1, canary: { version: 2, share: 0.5 }, release: 'release/tiny/1' });
    const gateway = await world.gateway();
    const keys = Array.from({ length: 40 }, (_, i) => `customer-${i}`);
    const answered = new Set<string | null>();
    for (const key of keys) {
      answered.add(versionOf(await ask(gateway, rowsOf([1, key]))));
      for (const version of ['1', '2'])
        await ask(gateway, rowsOf([1, key]), { 'x-pawl-version': version, ...operator });
      const feedback = { key, time: Date.now(), label: 1 };
      expect((await post(`${gateway.url}/feedback`, feedback)).status).toBe(202);
    }
    await gateway.close();
    expect(answered).toEqual(new Set(['1', '2']));
    const logged = (await world.logged()).map(({ key }) => key);
    expect(logged.filter((key) => key?.includes('customer'))).toEqual([]);
    expect(new Set(logged).size).toBe(keys.length);
  });

  it('says which columns of its own policy a version does not know', async () => {
    world = await createWorld({
      serving: { tiny: { log: { drop: ['agee', 'age'], hash: [], maxValues: 4_096 }, key: 'card' } },
    });
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    const reports: string[] = [];
    await world.gateway('one', { report: (message) => reports.push(message) });
    for (const name of ['agee', 'card'])
      expect(reports.join('\n')).toMatch(`gateway.serving.tiny names the column "${name}", which tiny@1 does not know`);
    expect(reports.join('\n')).not.toContain('"age"');
  });

  it('answers equal requests from the cache, but never while a release is analysed', async () => {
    const gateway = await serve({ cache: { bytes: 100_000, ttl: 60_000 } });
    const asked = async (): Promise<string | null> => (await ask(gateway)).headers.get('x-pawl-cache');
    expect([await asked(), await asked()]).toEqual([null, 'hit']);
    expect((await ask(gateway, rowsOf([11, 'a']))).headers.get('x-pawl-cache')).toBeNull();
    const [first, second] = [(await ask(gateway)).body.outputs, (await ask(gateway)).body.outputs];
    expect(second).toEqual(first);
    await gateway.close();
    const during = await serveAgain();
    expect((await ask(during)).headers.get('x-pawl-cache')).toBeNull();
    expect((await ask(during)).headers.get('x-pawl-cache')).toBeNull();
  });

  it('gives every one of many equal requests in flight its answer', async () => {
    const gateway = await serve({ coalesce: true });
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(gateway)));
    expect(new Set(replies.map(({ body }) => JSON.stringify(body.outputs))).size).toBe(1);
    expect(replies.every(({ status }) => status === 200)).toBe(true);
  });

  it('sends a segment to its arm, and keeps it out of the evidence', async () => {
    const gateway = await serve(
      {
        segments: [
          { name: 'staff', header: 'x-team', values: ['staff'], arm: 'canary' },
          { name: 'b', input: 'sector', values: ['b'], arm: 'champion' },
        ],
      },
      true,
    );
    for (let i = 0; i < 6; i++) {
      expect(versionOf(await ask(gateway, undefined, { 'x-team': 'staff' }))).toBe('2');
      expect(versionOf(await ask(gateway, rowsOf([1, 'b'])))).toBe('1');
    }
    await gateway.close();
    expect(new Set((await world.logged()).map(({ release }) => release))).toEqual(new Set([null]));
  });

  it('lets an operator choose the arm or the version, and nobody else', async () => {
    const gateway = await serve({}, true);
    expect(versionOf(await ask(gateway, undefined, { 'x-pawl-arm': 'canary', ...operator }))).toBe('2');
    expect(versionOf(await ask(gateway, undefined, { 'x-pawl-version': '1', ...operator }))).toBe('1');
    expect((await ask(gateway, undefined, { 'x-pawl-arm': 'canary' })).status).toBe(403);
    expect((await ask(gateway, undefined, { authorization: 'Bearer nobody' })).status).toBe(401);
  });

  it('keeps to deadlines, and passes trace context on', async () => {
    const gateway = await serve({});
    expect((await ask(gateway, undefined, { 'x-pawl-deadline-ms': '0.000001' })).status).toBe(504);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers } = await ask(gateway, undefined, { traceparent, 'x-pawl-deadline-ms': '60000' });
    expect(headers.get('traceparent')).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(headers.get('traceparent')).not.toBe(traceparent);
  });

  it('repeats the id and the trace of a request that it refuses, at every stage and door', async () => {
    const gateway = await serve({});
    const given = { 'x-request-id': 'mine-7', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const nobody = { authorization: 'Bearer nobody' };
    const large = JSON.stringify({ inputs: [], parameters: { much: 'x'.repeat(300_000) } });
    const asks = [
      await ask(gateway, { inputs: 'none' }, given),
      await ask(gateway, undefined, { ...given, ...nobody }),
      await ask(gateway, undefined, given, 'nothing'),
      await ask(gateway, JSON.parse(large), given),
      await post(`${gateway.url}/predict/tiny`, { age: 'old' }, given),
      await post(`${gateway.url}/feedback`, { label: 1 }, given),
      await post(`${gateway.url}/nowhere`, {}, given),
    ];
    for (const { status, headers } of asks) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(headers.get('x-request-id')).toBe('mine-7');
      expect(headers.get('traceparent')).toMatch(
        /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
      );
    }
    const odd = await ask(gateway, undefined, { 'x-request-id': 'x'.repeat(300) });
    expect([odd.status, odd.headers.get('x-request-id')]).toEqual([400, null]);
  });

  it('is told by the settings of the gateway where they differ', async () => {
    const gateway = await serve({});
    await gateway.close();
    world.config.gateway.serving = { tiny: { cache: { bytes: 100_000, ttl: 60_000 } } };
    const other = await world.gateway('other');
    await ask(other);
    expect((await ask(other)).headers.get('x-pawl-cache')).toBe('hit');
  });
});

/** The same world, its model now in a release. */
async function serveAgain(): Promise<{ url: string }> {
  await world.deploy({ canary: { version: 2, share: 0.5 }, release: 'release/tiny/1' });
  return world.gateway('again');
}
