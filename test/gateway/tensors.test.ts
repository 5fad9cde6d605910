import { afterEach, describe, expect, it } from 'vitest';
import type { Feeds, Tensor } from '../../contracts/data/tensor.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { tensorOf } from '../../ml/tensors/tensor-data.ts';
import { bodyOfTensors } from '../../codec/request-bodies.ts';
import {
  adaptedTensors,
  definedTensors,
  feelings,
  pictureCase,
  pictureModel,
  textCase,
  textModel,
} from '../support/tensor-models.ts';
import { createWorld, post, until, type World } from './harness.ts';

let world: World;
afterEach(() => world.close());

const feeling = { type: 'string', allowed: [...feelings] };
const kind = { type: 'string', allowed: ['lying', 'standing', 'none'] };

async function serving(
  bytes: Uint8Array,
  label: object,
  log: object = {},
  inputs: object = {},
  drawn?: DrawnInput[],
): Promise<Gateway> {
  world = await createWorld();
  const { definition, dataset } = definedTensors(label, { tensors: { label, inputs } });
  const model = encodeModel(adaptedTensors(bytes, label));
  const said = { positive: undefined, dataset: undefined, ...definition };
  await world.addVersion(model, 'seen', { log } as never, true, dataset, true, said, {}, drawn);
  await world.deploy({ champion: 1 }, 'seen');
  return world.gateway();
}

const whole = (rows: readonly (readonly number[])[]): Tensor => {
  const values = rows.flat();
  let at = 0;
  return tensorOf('int64', [rows.length, rows[0]?.length ?? 0], () => values[at++]!);
};
const rowOf = (row: number) => ({
  input_ids: textCase.input_ids[row]!,
  attention_mask: textCase.attention_mask[row]!,
  token_type_ids: textCase.input_ids[row]!.map(() => 0),
});
const feedsOf = (...rows: number[]): Feeds => ({
  input_ids: whole(rows.map((row) => rowOf(row).input_ids)),
  attention_mask: whole(rows.map((row) => rowOf(row).attention_mask)),
  token_type_ids: whole(rows.map((row) => rowOf(row).token_type_ids)),
});

async function infer(gateway: Gateway, feeds: Feeds): Promise<Record<string, unknown[]>> {
  const { bytes, jsonBytes } = bodyOfTensors(feeds);
  const response = await fetch(`${gateway.url}/v2/models/seen/infer`, {
    method: 'POST',
    headers: {
      'content-type': jsonBytes === null ? 'application/json' : 'application/octet-stream',
      ...(jsonBytes === null ? {} : { 'inference-header-content-length': String(jsonBytes) }),
    },
    body: Buffer.from(bytes),
  });
  const body = (await response.json()) as { outputs?: { name: string; data: unknown[] }[]; error?: string };
  if (!response.ok) throw new Error(body.error);
  return Object.fromEntries((body.outputs ?? []).map(({ name, data }) => [name, data]));
}

const best = (row: number): string =>
  feelings[textCase.probabilities[row]!.indexOf(Math.max(...textCase.probabilities[row]!))]!;

function expectNear(found: unknown, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect((found as number[])[i]).toBeCloseTo(value, 4));
}

describe('a text classifier', () => {
  it('answers tokens of any length on both doors, as PyTorch does', async () => {
    const gateway = await serving(textModel('first'), feeling);
    const several = await infer(gateway, feedsOf(0, 1, 2));
    expectNear(several.probabilities, textCase.probabilities.slice(0, 3).flat());
    expect(several.label).toEqual([0, 1, 2].map(best));
    const one = await post(`${gateway.url}/predict/seen`, rowOf(3));
    expect(one).toMatchObject({ status: 200, body: { label: best(3) } });
    const length = textCase.attention_mask[4]!.filter((value) => value === 1).length;
    const short = Object.fromEntries(Object.entries(rowOf(4)).map(([name, values]) => [name, values.slice(0, length)]));
    expect(await post(`${gateway.url}/predict/seen`, short)).toMatchObject({ status: 200, body: { label: best(4) } });
    const list = await post(`${gateway.url}/predict/seen`, [rowOf(5), rowOf(6)]);
    expect(list).toMatchObject({ status: 200, body: { predictions: [{ label: best(5) }, { label: best(6) }] } });
  });

  it.each<[string, object | object[], RegExp]>([
    [
      'texts of two lengths in one request',
      [rowOf(0), { ...rowOf(1), input_ids: [2, 3] }],
      /record 1: "input_ids" has shape \[2\], and the record before it \[14\]: pad them/,
    ],
    [
      'inputs of two lengths',
      { ...rowOf(0), attention_mask: [1, 1] },
      /input "attention_mask" has 2 values on axis 1, and input "input_ids" 14: both are "sequence_length" of the model, and must be equal/,
    ],
    [
      'a list of lists',
      { ...rowOf(0), input_ids: [[2], [3]] },
      /"input_ids" has shape \[2, 1\] where the model takes \[any\]/,
    ],
    [
      'text for tokens',
      { ...rowOf(0), input_ids: ['fine', 'day'] },
      /"input_ids" is "fine" where the model takes a number/,
    ],
    ['no tokens', { attention_mask: [1], token_type_ids: [0] }, /"input_ids"/],
    [
      'an empty text',
      { input_ids: [], attention_mask: [], token_type_ids: [] },
      /input "input_ids" has shape \[1, 0\], which holds no values/,
    ],
  ])('says what is wrong with %s', async (_, body, message) => {
    const gateway = await serving(textModel('first'), feeling);
    const { status, body: said } = await post(`${gateway.url}/predict/seen`, body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect((said as { error: string }).error).toMatch(message);
  });

  const embedded: DrawnInput = {
    name: 'input_ids',
    type: 'int64',
    shape: [32],
    from: { min: 0, max: 47 },
    guesses: [],
    rows: 48,
  };
  it.each([
    ['that the definition declares', { input_ids: { min: 0, max: 47 } }, undefined],
    ['that its embedding has rows for', {}, [embedded]],
    ['that the definition declares in spite of its embedding', { input_ids: { max: 47 } }, [{ ...embedded, rows: 30 }]],
  ])('refuses tokens beyond those %s, on both doors', async (_, declared, drawn) => {
    const gateway = await serving(textModel('first'), feeling, {}, declared, drawn);
    const beyond = { ...rowOf(0), input_ids: rowOf(0).input_ids.map((id, at) => (at === 3 ? 48 : id)) };
    const message = 'input "input_ids" holds 48, and the model takes 0 to 47';
    expect(await post(`${gateway.url}/predict/seen`, beyond)).toMatchObject({ status: 400, body: { error: message } });
    await expect(infer(gateway, { ...feedsOf(0), input_ids: whole([beyond.input_ids]) })).rejects.toThrow(message);
    expect((await post(`${gateway.url}/predict/seen`, rowOf(0))).status).toBe(200);
  });

  it('has tokens answered by the version whose vocabulary has them, during a canary', async () => {
    const gateway = await serving(textModel('first'), feeling, {}, {}, [embedded]);
    const { definition, dataset } = definedTensors(feeling, { tensors: { label: feeling } });
    const bytes = encodeModel(adaptedTensors(textModel('second'), feeling));
    const few = [{ ...embedded, rows: 20 }];
    const said = { positive: undefined, dataset: undefined, ...definition };
    await world.addVersion(bytes, 'seen', {}, true, dataset, true, said, {}, few);
    await world.deploy({ champion: 1, canary: { version: 2, share: 0.5 }, release: 'release/seen/1' }, 'seen');
    const versions = async (token: number): Promise<Set<string | null>> => {
      const body = { ...rowOf(0), input_ids: rowOf(0).input_ids.map(() => token) };
      const keys = Array.from({ length: 20 }, (_, i) => ({ 'x-pawl-key': `key ${i}` }));
      const replies = await Promise.all(keys.map((key) => post(`${gateway.url}/predict/seen`, body, key)));
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
      return new Set(replies.map(({ headers }) => headers.get('x-pawl-version')));
    };
    await until('both answer', async () => (await versions(19)).size === 2);
    expect(await versions(20)).toEqual(new Set(['1']));
  });

  it('refuses texts that are longer than the definition declares, on both doors', async () => {
    const gateway = await serving(textModel('first'), feeling, {}, { input_ids: { maxLength: 13 } });
    const message = 'input "input_ids" has 14 values on axis 1, and the model takes 13 at most';
    expect(await post(`${gateway.url}/predict/seen`, rowOf(0))).toMatchObject({
      status: 400,
      body: { error: message },
    });
    await expect(infer(gateway, feedsOf(0))).rejects.toThrow(message);
    const short = Object.fromEntries(Object.entries(rowOf(0)).map(([name, values]) => [name, values.slice(0, 13)]));
    expect((await post(`${gateway.url}/predict/seen`, short)).status).toBe(200);
  });

  it('refuses an empty text as tensors, and blames the request', async () => {
    const gateway = await serving(textModel('first'), feeling);
    const empty = Object.fromEntries(Object.keys(rowOf(0)).map((name) => [name, whole([[]])]));
    await expect(infer(gateway, empty)).rejects.toThrow('input "input_ids" has shape [1, 0], which holds no values');
  });

  it('answers requests beside one whose tokens the model does not know', async () => {
    const gateway = await serving(textModel('first'), feeling);
    const unknown = { ...rowOf(0), input_ids: rowOf(0).input_ids.map(() => 1_000_000) };
    const asked = Array.from({ length: 24 }, (_, i) => (i % 8 === 3 ? unknown : rowOf(i % 8)));
    const answers = await Promise.all(asked.map((body) => post(`${gateway.url}/predict/seen`, body)));
    expect(answers.map(({ status }) => status)).toEqual(asked.map((body) => (body === unknown ? 500 : 200)));
    for (const [i, { status, body }] of answers.entries())
      if (status === 200) expect(body).toMatchObject({ label: best(i % 8) });
  });

  it('takes the example that its own description shows', async () => {
    const gateway = await serving(textModel('first'), feeling);
    const description = await (await fetch(`${gateway.url}/predict/seen`)).text();
    const { paths } = JSON.parse(description) as { paths: Record<string, { post: { requestBody: unknown } }> };
    for (const [path, { post: door }] of Object.entries(paths)) {
      const { content } = door.requestBody as { content: { 'application/json': { example: unknown } } };
      const { example } = content['application/json'];
      if (!path.endsWith('/feedback')) expect((await post(`${gateway.url}${path}`, example)).status, path).toBe(200);
    }
  });

  it('logs tokens and answer, and takes the label from feedback in its words', async () => {
    const gateway = await serving(textModel('first'), feeling);
    const { body } = await post(`${gateway.url}/predict/seen`, rowOf(0));
    const { request_id } = body as unknown as { request_id: string };
    const told = (label: unknown) => post(`${gateway.url}/feedback`, { request_id, label, model: 'seen' });
    expect((await told('bored')).status).toBe(400);
    expect((await told(best(0))).status).toBe(202);
    await until('both are logged', async () => (await world.logged('seen')).length === 2);
    const rows = await world.logged('seen');
    const answer = rows.find((row) => row.kind === 'prediction');
    expect(answer).toMatchObject({ label: best(0), error: null });
    expect(JSON.parse(answer?.inputs ?? '')).toEqual(rowOf(0));
    expect(rows.find((row) => row.kind === 'feedback')?.label).toBe(best(0));
  });
});

describe('a network on pictures', () => {
  const picture = (row: number): number[][][] => [
    Array.from({ length: 12 }, (_, y) => pictureCase.pixels[row]!.slice(12 * y, 12 * (y + 1))),
  ];
  const feeds = (...rows: number[]): Feeds => {
    const values = rows.flatMap((row) => pictureCase.pixels[row]!);
    let at = 0;
    return { pixels: tensorOf('float32', [rows.length, 1, 12, 12], () => values[at++]!) };
  };

  it('answers nested lists, flat ones and raw bytes alike', async () => {
    const gateway = await serving(pictureModel('classes'), kind);
    const many = Array.from({ length: 32 }, (_, i) => i % 8);
    const raw = await infer(gateway, feeds(...many));
    expect(bodyOfTensors(feeds(...many)).jsonBytes).not.toBeNull();
    expectNear(
      raw.probabilities,
      many.flatMap((row) => pictureCase.probabilities[row]!),
    );
    expectNear((await infer(gateway, feeds(1))).probabilities, pictureCase.probabilities[1]!);
    for (const pixels of [picture(2), pictureCase.pixels[2]!]) {
      const { body } = await post(`${gateway.url}/predict/seen`, { pixels });
      expect((body as unknown as { label: string }).label).toBe(
        kind.allowed[pictureCase.probabilities[2]!.indexOf(Math.max(...pictureCase.probabilities[2]!))],
      );
    }
    const wrong = await post(`${gateway.url}/predict/seen`, { pixels: [1, 2, 3] });
    expect([wrong.status, (wrong.body as { error: string }).error]).toEqual([
      400,
      expect.stringContaining('has 3 values where the model takes 144'),
    ]);
  });

  const rows = picture(0)[0]!;
  it.each<[string, unknown, RegExp]>([
    [
      'with its channels behind',
      rows.map((row) => row.map((value) => [value])),
      /"pixels" has shape \[12, 12, 1\] where the model takes \[1, 12, 12\]/,
    ],
    [
      'of lists of other lengths',
      [[...rows.slice(0, 10), [...rows[10]!, 0], rows[11]!.slice(1)]],
      /"pixels" is ragged: lists of one level must have one length/,
    ],
    [
      'of lists beside values',
      [[...rows.slice(0, 11), rows[11]!.map((value, i) => (i === 3 ? [value] : value))]],
      /is ragged/,
    ],
    [
      'as wide as it should be high',
      [rows.map((_, y) => rows.map((row) => row[y])).flatMap((row) => [row.slice(0, 6), row.slice(6)])],
      /has shape \[1, 24, 6\]/,
    ],
    ['with a level too many', [picture(0)], /has shape \[1, 1, 12, 12\]/],
    [
      'as one list with lists in it',
      [...pictureCase.pixels[0]!.slice(0, -2), pictureCase.pixels[0]!.slice(-2)],
      /is ragged/,
    ],
    ['that is empty', [], /"pixels" has 0 values where the model takes 144/],
  ])('refuses a picture %s, which has as many values', async (_, pixels, message) => {
    const gateway = await serving(pictureModel('classes'), kind);
    const { status, body } = await post(`${gateway.url}/predict/seen`, { pixels });
    expect([status, (body as { error: string }).error]).toEqual([400, expect.stringMatching(message)]);
  });

  it('refuses values that are missing or infinite, on both doors: they fail the model, and not because of it', async () => {
    const gateway = await serving(pictureModel('classes'), kind);
    const flat = [...pictureCase.pixels[0]!] as (number | null)[];
    flat[7] = null;
    const message = /input "pixels" holds a value that is missing or not finite, its value 7 counted from 0/;
    const missing = await post(`${gateway.url}/predict/seen`, { pixels: flat });
    expect([missing.status, missing.body.error]).toEqual([400, expect.stringMatching(message)]);
    const raw = feeds(0, 1);
    (raw['pixels']!.data as Float32Array)[7] = Infinity;
    await expect(infer(gateway, raw)).rejects.toThrow(message);
    const none = await post(`${gateway.url}/predict/seen`, {});
    expect([none.status, none.body.error]).toEqual([400, 'the record lacks "pixels": send a list of its values']);
  });

  it('leaves pictures that are larger than the policy says out of the log, and counts them', async () => {
    const gateway = await serving(pictureModel('classes'), kind, { maxValues: 100 });
    await infer(gateway, feeds(0, 1));
    await until('the answers are logged', async () => (await world.logged('seen')).length === 2);
    for (const row of await world.logged('seen')) expect([row.inputs, row.error]).toEqual(['{}', null]);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/pawl_log_large_inputs_total\{model="seen",input="pixels"\} 1/);
  });
});
