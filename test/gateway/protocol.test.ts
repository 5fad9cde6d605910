import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { ask, createWorld, get, post, rowsOf, type World } from './harness.ts';
import { probabilityOf, tinyModel } from './models.ts';

let world: World;
let gateway: Gateway;

beforeAll(async () => {
  world = await createWorld({ maxBodyBytes: 20_000, maxRows: 100 });
  await world.addVersion(tinyModel(0), 'tiny', {}, false, {});
  await world.addVersion(tinyModel(0), 'undeployed');
  await world.addVersion(tinyModel(0), 'shadowed');
  await world.deploy({ champion: 1 });
  await world.deploy({ shadow: { version: 1, sample: 1 } }, 'shadowed');
  gateway = await world.gateway();
});
afterAll(() => world.close());

describe('the Open Inference Protocol', () => {
  it('answers with label and probabilities of the champion', async () => {
    const { status, headers, body } = await ask(gateway, { id: 'r1', ...rowsOf([5, 'a'], [-30, 'b']) });
    expect(status).toBe(200);
    expect(headers.get('x-pawl-version')).toBe('1');
    expect(headers.get('x-pawl-arm')).toBe('champion');
    expect(headers.get('x-request-id')).toBe('r1');
    expect(body).toMatchObject({ model_name: 'tiny', model_version: '1', id: 'r1' });
    const [label, probabilities] = body.outputs as {
      name: string;
      datatype: string;
      shape: number[];
      data: number[];
    }[];
    expect(label).toEqual({ name: 'label', datatype: 'INT64', shape: [2], data: [1, 0] });
    expect(probabilities).toMatchObject({ name: 'probabilities', datatype: 'FP32', shape: [2, 2] });
    expect(probabilities?.data[1]).toBeCloseTo(probabilityOf(5, 1, 0), 5);
    expect(probabilities?.data[3]).toBeCloseTo(probabilityOf(-30, -1, 0), 5);
  });

  it.each([
    ['INT64', [10]],
    ['FP64', [10]],
    ['INT32', [10]],
    ['UINT8', [10]],
  ])('takes a number as %s where the model has another number type', async (datatype, data) => {
    const [, sector] = rowsOf([0, 'a']).inputs;
    const { status, body } = await ask(gateway, { inputs: [{ name: 'age', datatype, shape: [1], data }, sector] });
    expect(status, JSON.stringify(body)).toBe(200);
  });

  it('takes nested data, and more columns than the model knows', async () => {
    const { status } = await ask(gateway, {
      inputs: [
        { name: 'age', datatype: 'FP32', shape: [2, 1], data: [[1], [2]] },
        { name: 'sector', datatype: 'BYTES', shape: [2, 1], data: [['a'], ['b']] },
        { name: 'unknown', datatype: 'BOOL', shape: [2, 1], data: [[true], [false]] },
      ],
    });
    expect(status).toBe(200);
  });

  it('returns the outputs that were asked for alone', async () => {
    const { body } = await ask(gateway, { ...rowsOf([1, 'a']), outputs: [{ name: 'label' }] });
    expect((body.outputs as { name: string }[]).map(({ name }) => name)).toEqual(['label']);
    expect(await ask(gateway, { ...rowsOf([1, 'a']), outputs: [{ name: 'nothing' }] })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('"nothing"') as string },
    });
  });

  const [age, sector] = rowsOf([1, 'a']).inputs as [object, object];
  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /not valid JSON/],
    ['no inputs', {}, /"inputs"/],
    ['a missing column', { inputs: [age] }, /lacks input "sector" \(BYTES\)/],
    ['an unknown datatype', { inputs: [{ ...age, datatype: 'FP99' }, sector] }, /"age": datatype "FP99"/],
    [
      'a shape that the data do not fill',
      { inputs: [{ ...age, shape: [2, 1] }, sector] },
      /wants 2 values, "data" has 1/,
    ],
    [
      'a shape with a second dimension',
      { inputs: [{ ...age, shape: [1, 2], data: [1, 2] }, sector] },
      /not \[rows, 1\]/,
    ],
    ['text for a number', { inputs: [{ ...age, data: ['x'] }, sector] }, /"age": "x" is not a valid FP32/],
    ['BYTES for a number', { inputs: [{ ...age, datatype: 'BYTES', data: ['1'] }, sector] }, /takes a number/],
    [
      'a fraction as INT64',
      { inputs: [{ ...age, datatype: 'INT64', data: [1.5] }, sector] },
      /1.5 is not a valid INT64/,
    ],
    [
      'unequal rows',
      { inputs: [age, { ...sector, shape: [2, 1], data: ['a', 'b'] }] },
      /2 rows where the others have 1/,
    ],
    ['a column twice', { inputs: [age, age] }, /twice/],
    ['an object as value', { inputs: [{ ...age, data: [{}] }, sector] }, /holds an object/],
    ['too many rows', rowsOf(...Array.from({ length: 101 }, (): [number, string] => [1, 'a'])), /at most 100/],
    ['an id that no header can carry', { id: 'a\nb', ...rowsOf([1, 'a']) }, /printable/],
  ])('refuses %s with what was wrong', async (_, body, message) => {
    const reply = await ask(gateway, body);
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatch(message);
  });

  it('refuses a body that is too large with 413, announced or not', async () => {
    const large = JSON.stringify({ padding: 'x'.repeat(30_000) });
    expect((await ask(gateway, large)).status).toBe(413);
    const chunked = await fetch(`${gateway.url}/v2/models/tiny/infer`, {
      method: 'POST',
      body: new Blob([large]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
  });

  it('says 404 of unknown models, versions and paths, 405 of wrong methods', async () => {
    expect(await ask(gateway, rowsOf([1, 'a']), {}, 'nobody')).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('known are') as string },
    });
    expect((await post(`${gateway.url}/v2/models/tiny/versions/7/infer`, rowsOf([1, 'a']))).status).toBe(404);
    expect((await post(`${gateway.url}/v2/models/tiny/versions/x/infer`, rowsOf([1, 'a']))).status).toBe(404);
    expect((await get(`${gateway.url}/nowhere`)).status).toBe(404);
    expect((await get(`${gateway.url}/v2/models/tiny/infer`)).status).toBe(405);
  });

  it('says 503 of a model without a champion, and why', async () => {
    expect((await ask(gateway, rowsOf([1, 'a']), {}, 'undeployed')).status).toBe(503);
    expect(await ask(gateway, rowsOf([1, 'a']), {}, 'shadowed')).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('no champion yet: version 1 is still being released') as string },
    });
  });

  it('describes server, models and readiness', async () => {
    expect((await get(`${gateway.url}/v2`)).body).toMatchObject({ name: 'pawl' });
    expect((await get(`${gateway.url}/v2/health/live`)).status).toBe(200);
    expect((await get(`${gateway.url}/v2/health/ready`)).body).toMatchObject({ status: 'ready' });
    expect((await get(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await get(`${gateway.url}/v2/models/tiny/ready`)).status).toBe(200);
    expect((await get(`${gateway.url}/v2/models/tiny/versions/1/ready`)).status).toBe(200);
    expect((await get(`${gateway.url}/v2/models/undeployed/ready`)).status).toBe(503);
    expect((await get(`${gateway.url}/v2/models/tiny`)).body).toEqual({
      name: 'tiny',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'age', datatype: 'FP32', shape: [-1, 1] },
        { name: 'sector', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
      ],
    });
  });

  it('makes a request id where there is none, and prefers the header', async () => {
    expect((await ask(gateway)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const named = await ask(gateway, { id: 'body', ...rowsOf([1, 'a']) }, { 'x-request-id': 'header' });
    expect(named.headers.get('x-request-id')).toBe('header');
  });

  it('counts requests in the text format of Prometheus', async () => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(text).toMatch(/^pawl_requests_total\{model="tiny",version="1",arm="champion",outcome="ok"\} \d+$/m);
    expect(text).toMatch(/^pawl_refused_total\{.*status="404"\} \d+$/m);
    expect(text).toMatch(
      /^pawl_request_seconds_bucket\{model="tiny",version="1",arm="champion",outcome="ok",le="\+Inf"\} \d+$/m,
    );
    expect(text).toMatch(/^pawl_deployment_seq\{model="tiny"\} 1$/m);
  });
});
