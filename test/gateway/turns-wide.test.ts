import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Signature } from '../../contracts/data/tensor.ts';
import { servedColumns } from '../../gateway/models/served-columns.ts';
import { openApiOf } from '../../gateway/http/plain/openapi.ts';
import { encoded } from './grpc-echo.ts';
import { createWorld, type World } from './harness.ts';
import { tinyModel, wideColumns, wideDataset, wideModel } from './models.ts';
import { expectShortTurns, message, otherThread, type OtherThread } from './turns.ts';

const [width, half] = [2_000, 500];

let world: World;
let gateway: Gateway;
let client: OtherThread;
beforeAll(async () => {
  world = await createWorld();
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
  for (const [model, columns] of [
    ['wide', width],
    ['half', half],
  ] as const) {
    const definition = { model, dataset: 'wide', features: wideColumns(columns) };
    await world.addVersion(wideModel(columns), model, {}, false, wideDataset(columns, 100), true, definition);
    await world.deploy({ champion: 1 }, model);
  }
  gateway = await world.gateway();
  client = otherThread();
});
afterAll(async () => {
  await client.close();
  await world.close();
});

const list = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const infer = '/inference.GRPCInferenceService/ModelInfer';
/** As many empty texts as one tensor may hold, and as many tensors of them as a body. */
const [texts, tensors] = [20_000, 99];
const manyTexts = list(tensors, (i) => ({ name: `x${i}`, datatype: 'BYTES', shape: [texts] }));
const noTexts = Buffer.alloc(4 * texts);

/** A request of binary tensors. */
function binary(model: string, inputs: readonly object[], raw: readonly Buffer[]): Buffer {
  const sized = inputs.map((input, i) => ({ ...input, parameters: { binary_data_size: raw[i]?.length } }));
  const head = Buffer.from(JSON.stringify({ inputs: sized }));
  const header = `inference-header-content-length: ${head.length}\r\n`;
  return message(`/v2/models/${model}/infer`, Buffer.concat([head, ...raw]), header);
}

describe('a request whose values are many', () => {
  it.each<[string, () => Buffer, number]>([
    ['missing in records of a wide model', () => message('/predict/wide', `[${list(10_000, () => '{}').join()}]`), 413],
    [
      'missing in one column that is sent of a wide model',
      () => binary('wide', [{ name: 'column_0', datatype: 'FP32', shape: [10_000, 1] }], [Buffer.alloc(4 * 10_000)]),
      413,
    ],
    [
      'texts of many tensors',
      () =>
        binary(
          'tiny',
          manyTexts,
          manyTexts.map(() => noTexts),
        ),
      413,
    ],
  ])('%s holds up nobody', async (_, bytesOf, status) => {
    const bytes = bytesOf();
    await expectShortTurns(() => client.send(gateway.port, bytes), `HTTP/1.1 ${status} `);
  });

  it.each<[string, () => object, string]>([
    ['texts of many tensors', () => ({ inputs: manyTexts, raw_input_contents: manyTexts.map(() => noTexts) }), '8'],
    [
      'numbers of many tensors that are read one by one',
      () => ({
        inputs: list(20, (i) => ({
          name: `x${i}`,
          datatype: 'BOOL',
          shape: [390_000],
          contents: { bool_contents: list(390_000, () => true) },
        })),
      }),
      '8',
    ],
    ['outputs', () => ({ outputs: list(49_000, (i) => ({ name: `o${i}` })) }), '3'],
  ])('%s holds up nobody by gRPC', async (_, valueOf, status) => {
    const bytes = encoded('ModelInferRequest', { model_name: 'tiny', ...valueOf() });
    await expectShortTurns(() => client.call(gateway.grpc.port, infer, bytes), `${status} `);
  });

  // A pass of ONNX Runtime itself takes milliseconds for each thousand of inputs.
  it.each([1, 40])('is answered in short turns where there are %i rows of a model of 500 columns', async (rows) => {
    const record = Object.fromEntries(wideColumns(half).map((name, i) => [name, i % 2 === 0 ? 1 : 'code 1']));
    const sent = message('/predict/half', JSON.stringify(list(rows, () => record)));
    await expectShortTurns(() => client.send(gateway.port, sent), 'HTTP/1.1 200 ');
  });

  it('are texts that are read as numbers, it holds up nobody', async () => {
    const columns = wideColumns(half);
    const inputs = columns.map((name) => ({ name, datatype: 'BYTES', shape: [100, 1] }));
    const [right, wrong] = ['1.25', 'none'].map((text) => Buffer.from(`\u0004\0\0\0${text}`.repeat(100)));
    // The last column of numbers is refused, so that no model is run.
    const bytes = binary(
      'half',
      inputs,
      columns.map((_, i) => (i === half - 2 ? wrong! : right!)),
    );
    await expectShortTurns(() => client.send(gateway.port, bytes), 'HTTP/1.1 400 ');
  });

  it('is answered where they are as many as are taken', async () => {
    const records = JSON.stringify(list(25, () => ({ column_0: 1 })));
    const text = await client.send(gateway.port, message('/predict/wide', records));
    expect(text).toContain('HTTP/1.1 200 ');
    const more = JSON.stringify(list(26, () => ({ column_0: 1 })));
    expect(await client.send(gateway.port, message('/predict/wide', more))).toContain(
      'the list has 52000 values, missing ones among them, and 50000 are taken: split it',
    );
  });
});

describe('a description of a wide model', () => {
  it.each<[string, string, string]>([
    ['its OpenAPI document', '/predict/wide', '"column_1999"'],
    ['the OpenAPI document of all models', '/openapi.json', '"column_1999"'],
    ['its page', '/predict/wide', 'column_1999</td>'],
  ])('%s holds up nobody', async (what, path, last) => {
    const accept = what === 'its page' ? 'accept: text/html\r\n' : '';
    const ask = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\n${accept}\r\n`);
    await expectShortTurns(() => client.send(gateway.port, ask), 'HTTP/1.1 200 ');
    const response = await fetch(`${gateway.url}${path}`, { headers: accept === '' ? {} : { accept: 'text/html' } });
    expect(await response.text()).toContain(last);
  });

  it('is made in short turns when it is asked for first', async () => {
    const described = { signature: signatureOf(width), columns: servedColumns({}, wideDataset(width, 100), true) };
    await expectShortTurns(async () => {
      const signature = { ...described.signature };
      const parts = await openApiOf({ model: 'wide', version: 1, ...described, signature }, 'http://x');
      return String(parts.length > 1);
    }, 'true');
  });
});

const signatureOf = (columns: number): Signature => ({
  inputs: wideColumns(columns).map((name, i) => ({ name, type: i % 2 === 0 ? 'float32' : 'string', shape: [null, 1] })),
  outputs: [{ name: 'label', type: 'int64', shape: [null] }],
});
