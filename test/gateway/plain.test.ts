import { afterEach, describe, expect, it } from 'vitest';
import type { Column } from '../../contracts/data/dataset.ts';
import type { Signature } from '../../contracts/data/tensor.ts';
import { noColumns } from '../../gateway/models/served-columns.ts';
import { modelPage } from '../../gateway/http/plain/page.ts';
import { plainRequest } from '../../gateway/http/plain/plain-request.ts';
import { createWorld, get, post, type World } from './harness.ts';
import { probabilityOf, tinyDataset, tinyModel } from './models.ts';

const signature: Signature = {
  inputs: [
    { name: 'age', type: 'float32', shape: [null, 1] },
    { name: 'sector', type: 'string', shape: [null, 1] },
    { name: 'children', type: 'int64', shape: [null, 1] },
  ],
  outputs: [],
};
const limits = { maxRows: 3 };
const tensorsOf = (body: unknown): unknown[] =>
  [...plainRequest(body, signature, limits).request.tensors.values()].map(({ data }) => data);

describe('a record by column names', () => {
  it('becomes one tensor per column; what is absent or null is missing, and numbers may come as text', () => {
    expect(tensorsOf({ age: '44', children: 2 })).toEqual([[44], [''], [2]]);
    expect(
      tensorsOf([
        { age: null, sector: 'a', children: 0 },
        { sector: 7, children: '1' },
      ]),
    ).toEqual([
      [null, null],
      ['a', '7'],
      [0, 1],
    ]);
  });

  it.each<[string, unknown, string]>([
    [
      'a name that is not a column, with the nearest one',
      { aeg: 1, children: 0 },
      'there is no column "aeg": did you mean "age"?',
    ],
    ['a number that is none', { age: 'old', children: 0 }, '"age" is "old" where the model takes a number'],
    ['an integer that is missing', { age: 1 }, '"children" is missing, and INT64 has no missing value'],
    ['several values where one belongs', { age: [1, 2], children: 0 }, '"age" has 2 values where the model takes 1'],
    ['what is not a record', [1], 'record 0 is not an object'],
    ['an empty list', [], 'the list has no records'],
    ['too long a list', Array.from({ length: 4 }, () => ({ children: 0 })), 'at most 3 are taken'],
  ])('is refused for %s', (_, body, message) => {
    expect(() => tensorsOf(body)).toThrow(message);
  });
});

describe('the page of a model', () => {
  it('lets no name of a column become markup', async () => {
    const parts = await modelPage('m', 1, {
      signature: { inputs: [{ name: '<script>alert(1)</script>', type: 'string', shape: [null, 1] }], outputs: [] },
      columns: noColumns,
    });
    const page = Buffer.concat(parts).toString();
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});

describe('the plain form', () => {
  let world: World;
  afterEach(() => world.close());

  it('predicts one record or a list, describes itself, and its ids take feedback', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    const { url } = await world.gateway();
    const one = await post(`${url}/predict/tiny`, { age: 10, sector: 'a' }, { 'x-request-id': 'mine' });
    expect(one).toMatchObject({ status: 200, body: { model: 'tiny', version: 1, request_id: 'mine', label: 1 } });
    expect(one.body.probability).toBeCloseTo(probabilityOf(10, 1, 0), 5);
    const two = await post(`${url}/predict/tiny`, [{ age: 10, sector: 'a' }, { age: -30 }], { 'x-request-id': 'both' });
    expect(two.body.predictions).toMatchObject([
      { request_id: 'both/0', label: 1 },
      { request_id: 'both/1', label: 0 },
    ]);
    expect((await post(`${url}/feedback`, { request_id: 'both/1', label: 0 })).status).toBe(202);
    expect(await post(`${url}/predict/tiny`, { agee: 1 })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('did you mean "age"?') as string },
    });
    expect((await post(`${url}/predict/nobody`, {})).status).toBe(404);
    const { body } = await get(`${url}/predict/tiny/openapi.json`);
    expect(body).toMatchObject({ openapi: '3.1.0' });
    expect(Object.keys(body.paths as object)).toEqual(['/predict/tiny', '/v2/models/tiny/infer', '/feedback']);
    expect((await get(`${url}/openapi.json`)).body.paths).toHaveProperty(['/predict/tiny']);
    const page = await fetch(`${url}/predict/tiny`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<td>sector</td><td>BYTES</td>');
  });

  it.each<[string, Column['type'], unknown[]]>([
    ['true and false', 'boolean', [true, false]],
    ['texts', 'string', ['1', '0']],
    ['numbers', 'number', [1, 0]],
  ])("answers in the label's own words for every type of the model: %s", async (_, type, labels) => {
    world = await createWorld();
    const outcome = { ...tinyDataset.columns.outcome!, type };
    const words = { ...tinyDataset, columns: { ...tinyDataset.columns, outcome } };
    await world.addVersion(tinyModel(0), 'tiny', {}, false, type === 'string' ? allowing(words) : words);
    await world.deploy({ champion: 1 });
    const { url } = await world.gateway();
    const { body } = await post(`${url}/predict/tiny`, [{ age: 10, sector: 'a' }, { age: -30 }]);
    expect((body.predictions as { label: unknown }[]).map(({ label }) => label)).toEqual(labels);
    const described = await get(`${url}/predict/tiny/openapi.json`);
    expect(JSON.stringify(described.body)).toContain(
      JSON.stringify({ label: { type, enum: labels.toReversed() } }).slice(1, -1),
    );
  });
});

/** Texts have no other label unless two are allowed. */
const allowing = (dataset: typeof tinyDataset): typeof tinyDataset => ({
  ...dataset,
  columns: { ...dataset.columns, outcome: { ...dataset.columns.outcome!, allowed: ['0', '1'] } },
});
