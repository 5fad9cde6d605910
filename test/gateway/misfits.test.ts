import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datasetDefinitionSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { misfitMirror } from '../../contracts/serving/prediction-log.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { unmirroredSql } from '../../gateway/inference/replay.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createLogQueries } from '../../ports/prediction-log/queries.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { releaseWindow } from '../ports/release-log.ts';
import { createWorld, post, until, type World } from './harness.ts';

const columns = {
  id: { type: 'integer', kind: 'key' },
  y: { type: 'integer', kind: 'target' },
  age: { type: 'integer', kind: 'numeric' },
  plan: { type: 'string', kind: 'categorical' },
  tenure: { type: 'integer', kind: 'numeric' },
} as const;
const datasetOf = (...names: (keyof typeof columns)[]): DatasetDefinition =>
  datasetDefinitionSchema.parse({
    dataset: 'forms',
    source: 'rows.csv',
    licence: 'none',
    provenance: 'made up',
    key: 'id',
    target: 'y',
    columns: Object.fromEntries((['id', 'y', ...names] as const).map((name) => [name, columns[name]])),
  });

function echo(...inputs: ('age' | 'plan' | 'tenure')[]): Uint8Array {
  const g = new GraphBuilder('echo');
  for (const name of inputs) {
    const type = name === 'plan' ? 'string' : 'float32';
    g.output(g.node('Identity', [g.input(name, type, ['batch', 1])], {}, { output: `${name}_seen` }), type, [
      'batch',
      1,
    ]);
  }
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

const release = 'release/tiny/1';
const old = { age: 40, plan: 'basic' };
const young = { age: 40, tenure: 3 };
const both = { ...old, ...young };

let world: World;
let gateway: Gateway;
/** The champion needs the plan, the candidate the tenure. */
beforeEach(async () => {
  world = await createWorld();
  await world.addVersion(echo('age', 'plan'), 'tiny', {}, false, datasetOf('age', 'plan'));
  await world.addVersion(echo('age', 'tenure'), 'tiny', {}, false, datasetOf('age', 'tenure'));
});
afterEach(() => world.close());

async function ask(
  record: Readonly<Record<string, unknown>>,
  key: string,
): Promise<{ status: number; version: number }> {
  const { status, body, headers } = await post(`${gateway.url}/predict/tiny`, record, {
    'x-pawl-key': key,
    'x-request-id': key,
  });
  expect(body.error).toBeUndefined();
  return { status, version: Number(headers.get('x-pawl-version')) };
}

const tensorsOf = (record: Readonly<Record<string, unknown>>): object => ({
  inputs: Object.entries(record).map(([name, value]) => ({
    name,
    datatype: typeof value === 'string' ? 'BYTES' : 'FP32',
    shape: [1, 1],
    data: [value],
  })),
});

const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);

describe('callers of two forms during a canary', () => {
  beforeEach(async () => {
    await world.deploy({ champion: 1, canary: { version: 2, share: 0.5 }, shadow: { version: 2, sample: 1 }, release });
    gateway = await world.gateway();
  });

  it.each([
    ['the old form', old, [1]],
    ['the new form', young, [2]],
    ['both forms', both, [1, 2]],
  ])('who send %s are answered by a version that takes it', async (_, record, versions) => {
    const answers = await Promise.all(keys.map((key) => ask(record, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(versions));
    const tensors = await Promise.all(
      keys.map((key) => post(`${gateway.url}/v2/models/tiny/infer`, tensorsOf(record), { 'x-pawl-key': key })),
    );
    expect(new Set(tensors.map(({ status }) => status))).toEqual(new Set([200]));
    // The same key goes to the same version by both doors.
    expect(tensors.map(({ headers }) => Number(headers.get('x-pawl-version')))).toEqual(
      answers.map(({ version }) => version),
    );
  });

  it('who send what neither takes are told by the version that they got', async () => {
    const { status, body } = await post(`${gateway.url}/predict/tiny`, { age: 40 });
    expect([status, String(body.error)]).toEqual([400, expect.stringMatching(/column "plan" is missing|tenure/)]);
  });

  it('count for neither version where only one takes them, and are counted and shown', async () => {
    for (const [i, record] of [old, young, both].entries())
      await Promise.all(keys.slice(0, 20).map((key) => ask(record, `${i}/${key}`)));
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/^pawl_misfit_requests_total\{model="tiny",version="1"\} 20$/m);
    expect(metrics).toMatch(/^pawl_misfit_requests_total\{model="tiny",version="2"\} 20$/m);
    const countOf = async (): Promise<number> => (await world.logged()).length;
    // Of 60 requests 20 have a copy, and 40 a note.
    await until('all is in the store', async () => (await countOf()) === 120, 30_000);
    const rows = await world.logged();
    const predictions = rows.filter(({ kind }) => kind === 'prediction');
    expect(predictions.filter(({ error }) => error !== null)).toEqual([]);
    expect(predictions.filter((row) => row.release === release).every(({ id }) => id.startsWith('2/'))).toBe(true);
    const notes = rows.filter(({ error }) => error?.startsWith(misfitMirror));
    expect(notes).toHaveLength(40);
    expect(notes.every((row) => row.release === release && row.id.startsWith(row.version === 2 ? '0/' : '1/'))).toBe(
      true,
    );
    const log = createPredictionLog({ store: world.store });
    const seen = await log.observe({ ...releaseWindow, since: 0, release, champion: 1, canary: 2 });
    expect(seen.misfits).toEqual({
      requests: 40,
      uncounted: 40,
      missing: [
        { version: 1, kind: 'columns', input: 'plan', requests: 20 },
        { version: 2, kind: 'columns', input: 'tenure', requests: 20 },
      ],
    });
    expect(seen.arms.champion.requests + seen.arms.canary.requests).toBe(20);
    expect(seen.arms.champion.errors + seen.arms.canary.errors).toBe(0);
    expect(seen.mirrored).toMatchObject({ requests: 20, errors: 0, dropped: 0 });
  });
});

it('a caller of the new form is served where the champion takes a whole number that cannot be missing', async () => {
  const g = new GraphBuilder('whole');
  g.output(g.node('Identity', [g.input('plan', 'int64', ['batch', 1])], {}, { output: 'plan_seen' }), 'int64', [
    'batch',
    1,
  ]);
  const whole = {
    ...datasetOf('plan'),
    columns: { ...datasetOf('plan').columns, plan: { ...datasetOf('age').columns.age!, nullable: true } },
  };
  const version = await world.addVersion(encodeModel(g.model()), 'tiny', {}, false, whole);
  await world.deploy({ champion: version, canary: { version: 2, share: 0.5 }, release });
  gateway = await world.gateway();
  for (const key of keys) expect(await ask(young, key)).toEqual({ status: 200, version: 2 });
  for (const key of keys) expect(await ask({ plan: 3 }, key)).toEqual({ status: 200, version });
});

describe('a column that is a text in one version and a number in the other', () => {
  const wholePlan = (): Promise<number> => {
    const g = new GraphBuilder('whole');
    const plan = g.node('Identity', [g.input('plan', 'float32', ['batch', 1])], {}, { output: 'plan_seen' });
    g.output(plan, 'float32', ['batch', 1]);
    const { plan: _, ...others } = datasetOf('plan').columns;
    const columns = { ...others, plan: { ...datasetOf('age').columns.age!, nullable: false } };
    return world.addVersion(encodeModel(g.model()), 'tiny', {}, false, { ...datasetOf('plan'), columns });
  };

  it.each([
    ['the champion', (whole: number) => ({ champion: whole, canary: { version: 1, share: 0.5 } })],
    ['the canary', (whole: number) => ({ champion: 1, canary: { version: whole, share: 0.5 } })],
  ])('is read by each as its own dataset says, whether %s takes the number', async (_, deployed) => {
    const whole = await wholePlan();
    await world.deploy({ ...deployed(whole), release });
    gateway = await world.gateway();
    const versionsOf = async (record: Readonly<Record<string, unknown>>): Promise<number[]> => {
      const answers = await Promise.all(keys.map((key) => ask({ age: 40, ...record }, key)));
      return [...new Set(answers.map(({ version }) => version))].toSorted((a, b) => a - b);
    };
    expect(await versionsOf({ plan: 'basic' })).toEqual([1]);
    expect(await versionsOf({ plan: '3' })).toEqual([1, whole]);
    expect(await versionsOf({ plan: 3 })).toEqual([1, whole]);
    const refused = await post(`${gateway.url}/predict/tiny`, { age: 40, plan: 2 ** 60 });
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatch(
      /"plan" is a whole number beyond 2\^53, which JSON does not keep: send it as text/,
    );
    expect((await post(`${gateway.url}/predict/tiny`, { age: 40, plan: null })).status).toBe(400);
  });
});

it('a copy that the candidate cannot take is not an error of it, and is not made up for', async () => {
  await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release });
  gateway = await world.gateway();
  for (const key of keys.slice(0, 10)) await ask(old, key);
  await until('the copies are noted', async () =>
    (await (await fetch(`${gateway.url}/metrics`)).text()).includes('reason="inputs do not fit"} 10'),
  );
  await until('all is in the store', async () => (await world.logged()).length === 20, 30_000);
  const seen = await createPredictionLog({ store: world.store }).observe({
    ...releaseWindow,
    since: 0,
    release,
    champion: 1,
    canary: 2,
  });
  expect(seen).toMatchObject({
    misfits: {
      requests: 10,
      uncounted: 0,
      missing: [{ version: 2, kind: 'columns', input: 'tenure', requests: 10 }],
    },
    mirrored: { requests: 0, errors: 0, dropped: 10 },
  });
  const queries = createLogQueries({ store: world.store, home: world.config.home });
  const left = await queries.query({ models: ['tiny'], since: 0 }, unmirroredSql, [], async ({ batches }) => {
    let count = 0;
    for await (const batch of batches) count += batch.length;
    return count;
  });
  expect(left).toBe(0);
});
