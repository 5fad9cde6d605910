import { binary } from '../support/classes.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sendLabels } from '../../cli/commands/log-label.ts';
import { longestLabel } from '../../contracts/data/label.ts';
import { unaddressedFeedback } from '../../contracts/serving/prediction-log.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createLogQueries } from '../../ports/prediction-log/queries.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { client } from './clients.ts';
import { ask, createWorld, post, rowsOf, until, type Reply, type World } from './harness.ts';
import { tinyDataset, tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

async function gatewayOf(
  settings: Parameters<typeof createWorld>[0] = {},
  models = ['tiny'],
  dataset?: Record<string, never>,
): Promise<Gateway> {
  world = await createWorld(settings);
  for (const model of models) {
    await world.addVersion(tinyModel(0), model, {}, false, dataset);
    await world.deploy({ champion: 1 }, model);
  }
  return world.gateway();
}

const label = (gateway: Gateway, body: unknown, token?: string): Promise<Reply> =>
  post(`${gateway.url}/feedback`, body, token === undefined ? {} : { authorization: `Bearer ${token}` });

describe('the door of feedback', () => {
  it('can be closed', async () => {
    const gateway = await gatewayOf({ feedback: { from: 'nobody', tolerance: 1_000, corrections: 'first' } });
    expect(await label(gateway, { request_id: 'x', label: 1 })).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining('gateway.feedback.from') as string },
    });
    expect((await ask(gateway)).status).toBe(200);
  });

  it('is for labellers alone where it says so, and their names are in the log', async () => {
    const gateway = await gatewayOf({
      feedback: { from: 'labellers', tolerance: 1_000, corrections: 'first' },
      clients: [client('billing', ['labeller']), client('app', ['operator'])],
    });
    const nameless = await label(gateway, { label: 1 }, 'billing');
    expect(nameless).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('feedback names no request: give "request_id"') as string },
    });
    expect((await label(gateway, { request_id: 'x', label: 1 })).status).toBe(401);
    expect((await label(gateway, { request_id: 'x', label: 1 }, 'app')).status).toBe(403);
    expect((await label(gateway, { request_id: 'x', label: 1 }, 'billing')).status).toBe(202);
    await gateway.close();
    expect(await world.logged()).toMatchObject([{ kind: 'feedback', id: 'x', label: '1', source: 'billing' }]);
  });

  it('costs one unit of quota for each label', async () => {
    const gateway = await gatewayOf({
      clients: [client('billing', ['labeller'], 0.05)],
      quota: { rate: null, burst: 200 },
    });
    const many = (count: number): object[] =>
      Array.from({ length: count }, (_, i) => ({ request_id: `r${i}`, label: 1 }));
    expect((await label(gateway, many(7), 'billing')).status).toBe(202);
    expect(await label(gateway, many(7), 'billing')).toMatchObject({ status: 429 });
    expect((await label(gateway, many(7))).status).toBe(202);
    await gateway.close();
    expect(await world.logged()).toHaveLength(14);
  });

  it('takes the labels of the target in all their spellings, and refuses others with those that are known', async () => {
    const gateway = await gatewayOf();
    await ask(gateway);
    for (const [i, good] of [1, '1', '1.0', ' 1 ', 0, '0.0'].entries()) {
      const { status } = await label(gateway, { request_id: `r${i}`, label: good });
      expect([good, status]).toEqual([good, 202]);
    }
    for (const bad of [2, 'yes', '0.5', 'NaN', true])
      expect(await label(gateway, { request_id: 'x', label: bad })).toMatchObject({
        status: 400,
        body: { error: `${JSON.stringify(bad)} is not a label of model "tiny": known are 0 and 1` },
      });
    await gateway.close();
    const labels = (await world.logged()).filter(({ kind }) => kind === 'feedback');
    expect(labels.map((row) => row.label)).toEqual(['1', '1', '1', '1', '0', '0']);
  });

  it.each([
    ['boolean', true, 'true'],
    ['string', 'true', 'true'],
    ['integer', 1, null],
  ] as const)('takes true of a target of type %s as its data are read', async (type, positive, expected) => {
    world = await createWorld();
    const { columns } = tinyDataset;
    const negative = { boolean: false, string: 'false', integer: 0 }[type];
    const dataset = { ...tinyDataset, columns: { ...columns, outcome: { ...columns.outcome!, type } } };
    await world.addVersion(tinyModel(0), 'tiny', {}, false, dataset, true, { positive, negative });
    await world.deploy({ champion: 1 });
    const gateway = await world.gateway();
    const reply = await label(gateway, { request_id: 'x', label: true });
    expect(reply.status).toBe(expected === null ? 400 : 202);
    if (expected === null) expect(reply.body.error).toBe('true is not a label of model "tiny": known are 0 and 1');
    await gateway.close();
    expect((await world.logged()).map((row) => row.label)).toEqual(expected === null ? [] : [expected]);
  });

  it('keeps true and false as they are where the target is not known', async () => {
    const gateway = await gatewayOf({}, ['tiny'], {});
    expect(
      (
        await label(
          gateway,
          [true, false].map((said) => ({ request_id: 'x', label: said })),
        )
      ).status,
    ).toBe(202);
    await gateway.close();
    expect((await world.logged()).map((row) => row.label)).toEqual(['true', 'false']);
  });

  it('takes labels of any task where the target is not known, and refuses what no task can have', async () => {
    const gateway = await gatewayOf({}, ['tiny'], {});
    for (const good of [true, 0, -1.5, 'yes', 'Größe 😀', 'x'.repeat(longestLabel)])
      expect([good, (await label(gateway, { request_id: 'x', label: good })).status]).toEqual([good, 202]);
    const refused: [unknown, RegExp][] = [
      ['a\u0000b', /control characters/],
      ['a\nb', /control characters/],
      ['half \ud800', /control characters/],
      ['', /must not be empty/],
      ['x'.repeat(longestLabel + 1), /at most 256 characters/],
      [[], /must be a text, a number/],
      [{}, /must be a text, a number/],
      ['1e400', /finite/],
    ];
    for (const [bad, message] of refused) {
      const text = JSON.stringify({ request_id: 'x', label: bad }).replace('"1e400"', '1e400');
      const reply = await post(`${gateway.url}/feedback`, text);
      expect([bad, reply.status, String(reply.body.error)]).toEqual([bad, 400, expect.stringMatching(message)]);
    }
    for (const [odd, message] of [
      [{ request_id: 'a\u0000', label: 1 }, /request id must have no control/],
      [{ request_id: 'x'.repeat(257), label: 1 }, /at most 256/],
      [{ request_id: 7, label: 1 }, /must be a text/],
      [{ request_id: 'x', value: null }, /give a label/],
      [{ request_id: 'x', lable: 1 }, /there is no "lable"/],
      [[{ request_id: 'x', label: 1 }, { request_id: 'y' }], /item 2: give a label/],
      [[], /no items/],
    ] as const) {
      const reply = await label(gateway, odd);
      expect([reply.status, String(reply.body.error)]).toEqual([400, expect.stringMatching(message)]);
    }
  });
});

describe('a label that names its request alone', () => {
  it('counts for the model that answered, through another gateway, of several models, after a restart', async () => {
    const first = await gatewayOf({}, ['tiny', 'other']);
    const { body } = await ask(first);
    const id = String(body.id);
    await ask(first, rowsOf([10, 'a']), {}, 'other');
    await first.close();
    const second = await world.gateway('two');
    expect((await label(second, { request_id: id, label: 1 })).status).toBe(202);
    expect((await label(second, { request_id: 'nobody-knows', label: 1 })).status).toBe(202);
    await second.close();
    expect(await world.logged(unaddressedFeedback)).toHaveLength(2);
    const log = createPredictionLog({ store: world.store });
    const rightOf = async (model: string): Promise<readonly number[]> => {
      const window = { model, from: 0, to: Date.now() + 1, columns: [], labelSpace: binary };
      return Array.from((await log.live(window)).right);
    };
    expect(await rightOf('tiny')).toEqual([1]);
    expect(await rightOf('other')).toEqual([]);
  });
});

describe('a label that names its request by key and time', () => {
  const ofKey = async (gateway: Gateway, key: string, id: string): Promise<void> => {
    expect((await ask(gateway, rowsOf([10, 'a']), { 'x-pawl-key': key, 'x-request-id': id })).status).toBe(200);
  };

  it('counts for the one request of that key at that time, after a restart, sent by itself or in a file', async () => {
    const first = await gatewayOf({ feedback: { from: 'anyone', tolerance: 60_000, corrections: 'first' } });
    const time = Date.now();
    for (const key of ['one', 'two', 'three']) await ofKey(first, key, `request of ${key}`);
    await ofKey(first, 'twice', 'a');
    await ofKey(first, 'twice', 'b');
    await first.close();
    const second = await world.gateway('two');
    expect((await label(second, { key: 'one', time, label: 1 })).status).toBe(202);
    expect((await label(second, { key: 'twice', time, label: 1 })).status).toBe(202);
    expect((await label(second, { key: 'nobody', time, label: 1 })).status).toBe(202);
    const folder = await mkdtemp(join(tmpdir(), 'pawl-labels-'));
    try {
      const text = `key,time,label\ntwo,${new Date(time).toISOString()},0\n`;
      await writeFile(join(folder, 'a.csv'), text);
      await writeFile(join(folder, 'b.ndjson'), `{"key":"three","time":${time},"label":1}\n`);
      for (const name of ['a.csv', 'b.ndjson']) await sendLabels(join(folder, name), { url: second.url, json: true });
    } finally {
      await rm(folder, { recursive: true });
    }
    await second.close();
    const { store } = world;
    const known = await createLogQueries({ store, home: '/nowhere', toleranceMs: 60_000 }).query(
      { models: ['tiny'], since: 0 },
      `select id, key, label from log where kind = 'feedback' order by key`,
      [],
      async ({ batches }) => {
        const rows: unknown[] = [];
        for await (const batch of batches) rows.push(...batch);
        return rows;
      },
    );
    expect(known).toEqual([
      ['', 'nobody', '1'],
      ['request of one', 'one', '1'],
      ['request of three', 'three', '1'],
      ['', 'twice', '1'],
      ['request of two', 'two', '0'],
    ]);
    const window = { model: 'tiny', from: 0, to: Date.now() + 1, columns: [], labelSpace: binary };
    const { right } = await createPredictionLog({ store, toleranceMs: 60_000 }).live(window);
    expect(right).toHaveLength(3);
  });

  it.each([
    ['in winter', Date.parse('2026-01-15T12:00:00Z'), '2026-01-15T07:00:00'],
    ['in summer', Date.parse('2026-07-15T12:00:00Z'), '2026-07-15 08:00:00'],
    ['with an offset', Date.parse('2026-07-15T12:00:00Z'), '2026-07-15T14:00:00+02:00'],
    ['in milliseconds', 1_784_116_800_000, 1_784_116_800_000],
  ])('is of the time zone of the dataset %s', async (_, ms, time) => {
    world = await createWorld();
    await world.addVersion(tinyModel(0), 'tiny', {}, false, { ...tinyDataset, timezone: 'America/New_York' });
    await world.deploy({ champion: 1 });
    const gateway = await world.gateway();
    expect((await label(gateway, { key: 'customer 7', time, label: 1 })).status).toBe(202);
    await gateway.close();
    expect((await world.logged()).map(({ asked }) => asked)).toEqual([ms]);
  });

  it('is refused where it names no request, names it twice, or lacks its model', async () => {
    const gateway = await gatewayOf({}, ['tiny', 'other']);
    const time = '2026-05-01T12:00:00Z';
    for (const [odd, message] of [
      [{ key: 'k', label: 1 }, /"time" must be when the request was asked/],
      [{ key: 'k', time: '2026-05-01', label: 1 }, /"time" must be/],
      [{ key: 'k', time: 'soon', label: 1 }, /"time" must be/],
      [{ key: 'k', time: -1, label: 1 }, /"time" must be/],
      [{ key: 'k', time: 1e300, label: 1 }, /"time" must be/],
      [{ time, label: 1 }, /a key must be a text/],
      [{ key: '', time, label: 1 }, /a key must not be empty/],
      [{ key: 'a\u0000', time, label: 1 }, /a key must have no control/],
      [{ key: 'k', time, request_id: 'x', label: 1 }, /named twice/],
      [{ key: 'k', time, label: 1 }, /name the "model"/],
    ] as const) {
      const reply = await label(gateway, odd);
      expect([reply.status, String(reply.body.error)]).toEqual([400, expect.stringMatching(message)]);
    }
    expect((await label(gateway, { key: 'k', time, label: 1, model: 'tiny' })).status).toBe(202);
  });
});

describe('labels in a file', () => {
  it('are sent as CSV or NDJSON, and a line that is wrong is named', async () => {
    const gateway = await gatewayOf(
      {
        clients: [client('billing', ['labeller'])],
        feedback: { from: 'labellers', tolerance: 1_000, corrections: 'first' },
      },
      ['tiny'],
      {},
    );
    const folder = await mkdtemp(join(tmpdir(), 'pawl-labels-'));
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    try {
      const tokenFile = await file('token', 'billing\n');
      const options = { url: gateway.url, tokenFile, json: true };
      const rows = Array.from({ length: 2_300 }, (_, i) => `r${i},${i % 2 === 0 ? '"yes, ""sure"""' : 'no'},${i}`);
      await sendLabels(await file('a.csv', `\ufeffrequest_id,label,value\r\n${rows.join('\r\n')}\r\n`), options);
      await sendLabels(
        await file('b.ndjson', '{"request_id":"x","label":true}\n\n{"request_id":"y","value":2}\n'),
        options,
      );
      await sendLabels(await file('parted.csv', 'request_id;label;value\ns1;"a;b, ""c""";3\n'), options);
      await expect(sendLabels(await file('c.csv', 'request_id,label\nx\n'), options)).rejects.toThrow(
        'line 2 has 1 fields',
      );
      await expect(sendLabels(await file('d.csv', 'id,label\nx,1\n'), options)).rejects.toThrow('name them request_id');
      const late = Array.from({ length: 1_500 }, (_, i) => `{"request_id":"q","label":${i === 1_200 ? '[]' : '1'}}\n`);
      await expect(sendLabels(await file('e.ndjson', `\n${late.join('')}`), options)).rejects.toThrow(
        'refused the labels of lines 1002 to 1501, and 1000 before them are on disk: line 1202: a label must be',
      );
      await gateway.close();
      await until('all is in the store', async () => (await world.logged()).length === 3_303);
      const logged = await world.logged();
      expect(logged.filter(({ label: text }) => text === 'yes, "sure"')).toHaveLength(1_150);
      expect(logged.find(({ id }) => id === 's1')).toMatchObject({ label: 'a;b, "c"', value: 3 });
      expect(logged.find(({ id }) => id === 'r1')).toMatchObject({ label: 'no', value: 1, source: 'billing' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
