import { Client, credentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogRow } from '../../contracts/serving/prediction-log.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { encoded } from './grpc-echo.ts';
import { ask, createWorld, post, rowsOf, until, type World } from './harness.ts';
import { errorGuard, recordOf } from './guard-world.ts';
import { linearModel, matrixModel, numberModel, tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

async function serving(bytes: Uint8Array, imported = false, settings = {}): Promise<Gateway> {
  world = await createWorld(settings);
  await world.addVersion(bytes, 'tiny', {}, imported);
  await world.deploy({ champion: 1 });
  return world.gateway();
}

async function loggedRows(count: number): Promise<LogRow[]> {
  await until(`${count} rows are logged`, async () => (await world.logged()).length >= count);
  return world.logged();
}

async function grpc(gateway: Gateway, age: number, raw: boolean): Promise<{ code: number; details: string }> {
  const client = new Client(`127.0.0.1:${gateway.grpc.port}`, credentials.createInsecure());
  const contents = { fp32_contents: [age] };
  const bytes = [Buffer.from(Float32Array.of(age).buffer), Buffer.from([1, 0, 0, 0, 97])];
  const inputs = [
    { name: 'age', datatype: 'FP32', shape: [1, 1], ...(raw ? {} : { contents }) },
    {
      name: 'sector',
      datatype: 'BYTES',
      shape: [1, 1],
      ...(raw ? {} : { contents: { bytes_contents: [Buffer.from('a')] } }),
    },
  ];
  const message = encoded('ModelInferRequest', {
    model_name: 'tiny',
    inputs,
    ...(raw ? { raw_input_contents: bytes } : {}),
  });
  const same = (buffer: Buffer): Buffer => buffer;
  const path = '/inference.GRPCInferenceService/ModelInfer';
  try {
    return await new Promise((resolve) =>
      client.makeUnaryRequest(path, same, same, message, (error) =>
        resolve(error === null ? { code: 0, details: '' } : { code: error.code, details: error.details }),
      ),
    );
  } finally {
    client.close();
  }
}

const infinite =
  /model "tiny" version 1 failed: its answer to row 0 is not valid: output "prediction" is Infinity, and must be a finite number/;

describe('an answer that is not finite', () => {
  it.each([
    ['with the fast path', true],
    ['by the servers of Node and grpc-js', false],
  ])('is an error of its version on every door, and in the log: %s', async (_, fastPath) => {
    const gateway = await serving(numberModel(3e38), false, { fastPath });
    const refused = { status: 500, body: { error: expect.stringMatching(infinite) as string } };
    expect(await post(`${gateway.url}/predict/tiny`, { age: 10, sector: 'a' })).toMatchObject(refused);
    expect(await post(`${gateway.url}/predict/tiny`, [{ age: 10, sector: 'a' }])).toMatchObject(refused);
    expect(await ask(gateway, rowsOf([10, 'a']))).toMatchObject(refused);
    expect(await ask(gateway, { ...rowsOf([10, 'a']), parameters: { binary_data_output: true } })).toMatchObject(
      refused,
    );
    for (const raw of [true, false])
      expect(await grpc(gateway, 10, raw)).toEqual({
        code: status.INTERNAL,
        details: expect.stringMatching(infinite) as string,
      });
    expect((await post(`${gateway.url}/predict/tiny`, { age: 1, sector: 'a' })).status).toBe(200);
    const rows = await loggedRows(7);
    expect(rows.filter(({ error }) => error !== null && infinite.test(error))).toHaveLength(6);
    expect(rows.filter(({ error, label }) => error === null && label !== null)).toHaveLength(1);
  });

  it.each([
    ['NaN', null, /output "probabilities" is NaN, and must be a probability in \[0, 1\]/],
    ['above 1', 1.5, /output "probabilities" is -0.5, and/],
    ['infinite', 3e38, /output "probabilities" is -3\S+e\+38, and/],
  ])('has no label where a probability is %s', async (_, age, message) => {
    const gateway = await serving(linearModel());
    const { status: code, body } = await post(`${gateway.url}/predict/tiny`, { age, sector: 'a' });
    expect(code).toBe(500);
    expect(body).toEqual({ error: expect.stringMatching(message) as string });
    expect((await loggedRows(1))[0]).toMatchObject({ label: null, error: expect.stringMatching(message) as string });
  });

  it.each([
    ['in the loop', false],
    ['in a process of its own', true],
  ])('names the row of a request with several, %s', async (_, imported) => {
    const gateway = await serving(linearModel(), imported);
    const many = (bad: number, count: number): [number, string][] =>
      Array.from({ length: count }, (__, row) => [row === bad ? 7 : 0.5, 'a']);
    // More rows than one pass takes.
    for (const [bad, count] of [
      [2, 3],
      [900, 1_000],
    ] as const) {
      const { status: code, body } = await ask(gateway, rowsOf(...many(bad, count)));
      expect([code, body.error]).toEqual([500, expect.stringContaining(`its answer to row ${bad} is not valid`)]);
    }
  });

  it('is of the outputs that answer a task alone: others are null where JSON has no word for them', async () => {
    world = await createWorld();
    await world.addVersion(matrixModel(), 'matrix', {}, false, {});
    await world.deploy({ champion: 1 }, 'matrix');
    const x = { name: 'x', datatype: 'FP32', shape: [1, 8], data: [3e38, null, 1, 2, 3, 4, 5, 6] };
    const { status: code, body } = await ask(await world.gateway(), { inputs: [x] }, {}, 'matrix');
    expect([code, body.outputs]).toMatchObject([200, [{ name: 'y', data: [null, null, 2, 4, 6, 8, 10, 12] }]]);
  });

  it('does no harm to other requests of its batch', async () => {
    const gateway = await serving(linearModel());
    const ages = Array.from({ length: 64 }, (_, i) => (i % 8 === 3 ? 7 : i / 64));
    const replies = await Promise.all(ages.map((age) => ask(gateway, rowsOf([age, 'a']))));
    expect(replies.map(({ status: code }) => code)).toEqual(ages.map((age) => (age > 1 ? 500 : 200)));
    for (const [i, { body }] of replies.entries())
      if (ages[i]! <= 1)
        expect((body.outputs as { name: string; data: number[] }[]).at(-1)?.data[1]).toBeCloseTo(ages[i]!, 6);
  });
});

describe('a canary whose answers are not valid', () => {
  const holder = 'release/tiny/1';
  const bad = rowsOf([7, 'a']);

  it('fails requests that are logged row by row with their inputs, so that groups and segments know of them', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0));
    await world.addVersion(linearModel());
    await world.deploy({
      champion: 1,
      canary: { version: 2, share: 1 },
      shadow: { version: 2, sample: 1 },
      release: holder,
    });
    const gateway = await world.gateway();
    expect((await ask(gateway, { ...rowsOf([0.5, 'a'], [7, 'b']), id: 'two' })).status).toBe(500);
    const rows = await loggedRows(4);
    const failed = expect.stringContaining('its answer to row 1 is not valid') as string;
    expect(rows.filter(({ kind }) => kind === 'prediction')).toMatchObject([
      { id: 'two/0', version: 2, error: failed, inputs: '{"age":0.5,"sector":"a"}', label: null },
      { id: 'two/1', version: 2, error: failed, inputs: '{"age":7,"sector":"b"}', label: null },
    ]);
    expect(rows.filter(({ kind }) => kind === 'mirror')).toMatchObject([
      { id: 'two/0', version: 1, error: null },
      { id: 'two/1', version: 1, error: null },
    ]);
  });

  it('fails its own requests, and its mirrors, and not those of the champion', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0));
    await world.addVersion(linearModel());
    await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release: holder });
    const gateway = await world.gateway();
    expect((await ask(gateway, { ...bad, id: 'mirrored' })).status).toBe(200);
    const rows = await loggedRows(2);
    expect(rows.find(({ kind }) => kind === 'mirror')).toMatchObject({
      version: 2,
      label: null,
      error: expect.stringContaining('its answer to row 0 is not valid') as string,
    });
    expect(rows.find(({ kind }) => kind === 'prediction')).toMatchObject({ version: 1, error: null });
  });

  it('is rolled back for its errors by the gateways themselves', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0));
    await world.addVersion(linearModel());
    await world.deploy({ champion: 1, canary: { version: 2, share: 0.5 }, release: holder, guard: errorGuard });
    const gateway = await world.gateway();
    await until('the canary is out', async () => {
      const key = `key ${Math.random()}`;
      await ask(gateway, bad, { 'x-pawl-key': key });
      return (await recordOf(world)).canary === null;
    });
    expect((await recordOf(world)).reason).toContain('rate of keys with an error');
  });
});
