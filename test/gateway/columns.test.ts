import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createWorld, post, type World } from './harness.ts';

const dataset = datasetDefinitionSchema.parse({
  dataset: 'cells',
  source: 'cells.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'y',
  columns: {
    id: { type: 'integer', kind: 'key' },
    y: { type: 'integer', kind: 'target' },
    flag: { type: 'boolean', kind: 'categorical' },
    code: { type: 'integer', kind: 'categorical', nullable: true, allowed: ['1', '2'], missing: ['NA'] },
    amount: { type: 'number', kind: 'numeric', nullable: true, missing: ['NA'] },
    region: { type: 'string', kind: 'categorical', nullable: true },
    count: { type: 'integer', kind: 'numeric', nullable: true, missing: ['NA'], min: 0, max: 10 },
    share: { type: 'number', kind: 'numeric', nullable: true, min: 0.1, max: 0.7 },
    rate: { type: 'number', kind: 'categorical', nullable: true },
  },
});

type Name = 'flag' | 'code' | 'amount' | 'region' | 'count' | 'rate' | 'share';
type Types = Partial<Record<Name, 'string' | 'float32' | 'int64' | 'bool'>>;

/** Answers with what it was given, `<name>_seen` for each input. */
function echo(inputs: readonly Name[], types: Types = {}): Uint8Array {
  const g = new GraphBuilder('echo');
  const typeOf = (name: Name) => types[name] ?? (['amount', 'count', 'share'].includes(name) ? 'float32' : 'string');
  const raw = inputs.map((name) => g.input(name, typeOf(name), ['batch', 1]));
  for (const [i, name] of inputs.entries())
    g.output(g.node('Identity', [raw[i] ?? ''], {}, { output: `${name}_seen` }), typeOf(name), ['batch', 1]);
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

let world: World;
let gateway: Gateway;
beforeAll(async () => {
  world = await createWorld();
  await world.addVersion(echo(['flag', 'code', 'amount']), 'tiny', {}, false, dataset);
  await world.addVersion(echo(['flag', 'code', 'amount', 'region']), 'tiny', {}, false, dataset);
  await world.deploy({ champion: 1, canary: { version: 2, share: 0.0001 } });
  const all = ['flag', 'code', 'amount', 'count', 'rate'] as const;
  await world.addVersion(echo(all), 'texts', {}, false, dataset);
  await world.deploy({ champion: 1 }, 'texts');
  await world.addVersion(echo(all, { flag: 'float32', code: 'int64', rate: 'float32' }), 'numbers', {}, false, dataset);
  await world.deploy({ champion: 1 }, 'numbers');
  await world.addVersion(echo(['count', 'share', 'code'], { code: 'int64' }), 'limits', {}, false, dataset);
  await world.deploy({ champion: 1 }, 'limits');
  await world.addVersion(echo(['flag'], { flag: 'bool' }), 'truths', {}, false, dataset);
  await world.deploy({ champion: 1 }, 'truths');
  gateway = await world.gateway();
});
afterAll(() => world.close());

const predict = async (record: object, model = 'tiny') => {
  const { status, body } = await post(`${gateway.url}/predict/${model}`, record);
  return {
    status,
    ...(body as {
      error?: string;
      flag_seen?: string;
      code_seen?: string;
      amount_seen?: number | null;
      missing?: string[];
      unknown?: string[];
    }),
  };
};
const bytes = (name: string, datatype: string, data: readonly unknown[]) => ({
  name,
  datatype,
  shape: [data.length, 1],
  data,
});
const infer = async (inputs: object[], model = 'tiny') => {
  const { status, body } = await post(`${gateway.url}/v2/models/${model}/infer`, { inputs });
  const { outputs = [], error } = body as { outputs?: { name: string; data: unknown[] }[]; error?: string };
  return { status, error, ...Object.fromEntries(outputs.map(({ name, data }) => [name, data])) };
};

it.each<[unknown, string]>([
  [true, 'true'],
  ['True', 'true'],
  ['yes', 'true'],
  [1, 'true'],
  ['0.0', 'false'],
  ['N', 'false'],
])('a boolean written as %j reaches the model as %s', async (flag, seen) => {
  expect(await predict({ flag, code: 1, amount: 1 })).toMatchObject({ status: 200, flag_seen: seen });
});

it.each<[unknown, string]>([
  [2, '2'],
  [2.0, '2'],
  ['2.0', '2'],
  [' 02', '2'],
])('an integer code written as %j reaches the model as %s', async (code, seen) => {
  const reply = await predict({ flag: true, code, amount: 1 });
  expect(reply).toMatchObject({ status: 200, code_seen: seen });
  expect(reply).not.toHaveProperty('unknown');
});

it('takes booleans, numbers and texts of tensors for the same categories', async () => {
  const amount = bytes('amount', 'FP32', [1, 1]);
  for (const flag of [
    bytes('flag', 'BOOL', [true, false]),
    bytes('flag', 'BYTES', ['TRUE', 'off']),
    bytes('flag', 'INT64', [1, 0]),
  ])
    for (const code of [
      bytes('code', 'BYTES', ['1.0', '']),
      bytes('code', 'FP64', [1, null]),
      bytes('code', 'BYTES', ['01', 'NA']),
    ])
      expect(await infer([flag, code, amount])).toMatchObject({ flag_seen: ['true', 'false'], code_seen: ['1', ''] });
});

it('says which columns it took as missing, declared words included', async () => {
  expect(await predict({ flag: true, code: 'NA', amount: 'NA' })).toMatchObject({
    status: 200,
    amount_seen: null,
    code_seen: '',
    missing: ['code', 'amount'],
  });
  expect(await predict({ flag: true })).toMatchObject({ status: 200, missing: ['code', 'amount'] });
});

it('refuses a missing value that the dataset does not allow', async () => {
  const refused = { status: 400, error: expect.stringContaining('column "flag" is missing') };
  expect(await predict({ code: 1, amount: 1 })).toMatchObject(refused);
  expect(await predict({ flag: ' ', code: 1, amount: 1 })).toMatchObject(refused);
  expect(
    await infer([
      bytes('flag', 'BYTES', ['yes', '']),
      bytes('code', 'BYTES', ['1', '1']),
      bytes('amount', 'FP32', [1, 1]),
    ]),
  ).toMatchObject({
    status: 400,
    error: expect.stringContaining('column "flag" is missing in row 1'),
  });
});

it('answers an unknown category, says so, and counts it', async () => {
  expect(await predict({ flag: true, code: 7, amount: 1 })).toMatchObject({
    status: 200,
    code_seen: '7',
    unknown: ['code'],
  });
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toMatch(/pawl_unknown_categories_total\{model="tiny",column="code"\} 1/);
});

it('answers values outside their range, says so, and counts them and unknown categories by both doors', async () => {
  const odd = await predict({ count: 11, share: 0.1, code: 7 }, 'limits');
  expect(odd).toMatchObject({ status: 200, count_seen: 11, outside: ['count'], unknown: ['code'] });
  expect(await predict({ count: 10, share: 0.7, code: 2 }, 'limits')).not.toHaveProperty('outside');
  const tensors = [
    bytes('count', 'FP32', [0, -1]),
    bytes('share', 'FP32', [0.8, 0.05]),
    bytes('code', 'INT64', [1, 9]),
  ];
  expect(await infer(tensors, 'limits')).toMatchObject({ status: 200 });
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toMatch(/pawl_values_out_of_range_total\{model="limits",column="count"\} 2/);
  expect(metrics).toMatch(/pawl_values_out_of_range_total\{model="limits",column="share"\} 2/);
  expect(metrics).toMatch(/pawl_unknown_categories_total\{model="limits",column="code"\} 2/);
});

it('serves callers who know other columns: those of another version and of the dataset are accepted', async () => {
  expect(await predict({ flag: true, code: 1, amount: 1, region: 'north', id: 5 })).toMatchObject({ status: 200 });
  expect(await predict({ flag: true, code: 1, amount: 1, regio: 'north' })).toMatchObject({
    status: 400,
    error: expect.stringContaining('did you mean'),
  });
  // Version 2 takes a column that old callers do not send.
  await world.deploy({ champion: 2, canary: null });
  await expect
    .poll(() => infer([bytes('flag', 'BOOL', [true]), bytes('code', 'BYTES', ['1']), bytes('amount', 'FP32', [1])]), {
      timeout: 10_000,
    })
    .toMatchObject({ status: 200, region_seen: [''] });
});

const right = { flag: true, code: 1, amount: 1, count: 2, rate: 1.5 };

describe.each(['texts', 'numbers'])('a model that takes categories as %s', (model) => {
  it.each<[keyof typeof right, unknown, string, string]>([
    ['flag', 'maybe', '"maybe"', 'boolean'],
    ['flag', 5, '5', 'boolean'],
    ['code', 5.5, '5.5', 'integer'],
    ['code', true, 'true', 'integer'],
    ['code', 'one', '"one"', 'integer'],
    ['count', 5.5, '5.5', 'integer'],
    ['count', '5.5', '"5.5"', 'integer'],
    ['count', 'many', '"many"', 'integer'],
    ['count', true, 'true', 'integer'],
    ['amount', '1,5', '"1,5"', 'number'],
    ['rate', 'high', '"high"', 'number'],
  ])('is not asked where %s is %j, which is not of the declared type', async (name, value, shown, type) => {
    const { status, error } = await predict({ ...right, [name]: value }, model);
    expect(status).toBe(400);
    expect(error).toContain(`column "${name}" holds ${shown}`);
    expect(error).toContain(`cannot be read as ${type}: send `);
  });

  it('is not asked for tensors with such a value, and the row is named', async () => {
    const tensors = {
      flag: bytes('flag', 'BOOL', [true, false]),
      code: bytes('code', 'INT64', [1, 2]),
      amount: bytes('amount', 'FP32', [1, 2]),
      count: bytes('count', 'FP32', [1, 2]),
      rate: bytes('rate', 'FP64', [1.5, 2]),
    };
    expect(await infer(Object.values(tensors), model)).toMatchObject({ status: 200 });
    for (const wrong of [
      bytes('flag', 'BYTES', ['yes', 'maybe']),
      bytes('flag', 'FP32', [1, 0.5]),
      bytes('code', 'BYTES', ['1', '1.5']),
      bytes('code', 'BOOL', [false, true]),
      bytes('count', 'FP32', [1, 5.5]),
      bytes('count', 'BYTES', ['1', 'two']),
      bytes('rate', 'BYTES', ['1.5', 'high']),
    ]) {
      const { status, error } = await infer(Object.values({ ...tensors, [wrong.name]: wrong }), model);
      expect([wrong, status]).toEqual([wrong, 400]);
      if (wrong.name !== 'code' || wrong.datatype !== 'BOOL') expect(error).toContain(wrong.name);
    }
  });

  it('is given texts of tensors as it is given texts of records', async () => {
    const record = { flag: 'Yes', code: '01', amount: ' 1.50', count: '2.0', rate: '.5' };
    const asTensors = Object.entries(record).map(([name, value]) => bytes(name, 'BYTES', [value]));
    const seen = Object.entries(await predict(record, model)).filter(([name]) => name.endsWith('_seen'));
    expect(seen).toHaveLength(5);
    expect(await infer(asTensors, model)).toMatchObject(
      Object.fromEntries(seen.map(([name, value]) => [name, [value]])),
    );
  });
});

it('a model that takes truths is given each spelling of them', async () => {
  for (const flag of ['Yes', 1, true, '1.0'])
    expect(await predict({ flag }, 'truths')).toMatchObject({ status: 200, flag_seen: true });
  expect(await infer([bytes('flag', 'BYTES', ['off'])], 'truths')).toMatchObject({ status: 200, flag_seen: [false] });
  expect(await predict({ flag: 'maybe' }, 'truths')).toMatchObject({ status: 400 });
});
