import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { encoded } from './grpc-echo.ts';
import { createWorld, type World } from './harness.ts';
import { matrixModel, tinyDataset, tinyModel } from './models.ts';
import { expectShortTurns, message, otherThread, type OtherThread } from './turns.ts';

let world: World;
let gateway: Gateway;
let client: OtherThread;
beforeAll(async () => {
  world = await createWorld();
  for (const [model, bytes] of [
    ['tiny', tinyModel(0)],
    ['matrix', matrixModel()],
    ['zoned', tinyModel(0)],
  ] as const) {
    const dataset = model === 'zoned' ? { ...tinyDataset, timezone: 'America/New_York' } : tinyDataset;
    await world.addVersion(bytes, model, {}, false, dataset);
    await world.deploy({ champion: 1 }, model);
  }
  gateway = await world.gateway();
  client = otherThread();
});
afterAll(async () => {
  await client.close();
  await world.close();
});

const mebi = 1024 * 1024;
/** `gateway.maxJsonBytes` */
const half = mebi / 2;
const list = (count: number, item: (i: number) => unknown): unknown[] =>
  Array.from({ length: count }, (_, i) => item(i));
const predict = (body: Buffer | string): Buffer => message('/predict/tiny', body);
const infer = (model: string, body: object, more = ''): Buffer =>
  message(`/v2/models/${model}/infer`, JSON.stringify(body), more);
const blanksWithin = (count: number): string => ` 1${' '.repeat(count)}1`;
const deep = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
const tinyRows = (rows: number): object[] => [
  { name: 'age', datatype: 'FP32', shape: [rows, 1], data: list(rows, (i) => i * 1.37) },
  { name: 'sector', datatype: 'BYTES', shape: [rows, 1], data: list(rows, (i) => `v${i}`) },
];
/** Texts where the tiny model takes numbers, as bytes. */
const texts = (ages: readonly string[]): object => ({
  model_name: 'tiny',
  inputs: ['age', 'sector'].map((name) => ({ name, datatype: 'BYTES', shape: [ages.length, 1] })),
  raw_input_contents: [ages, ages.map(() => 'a')].map((all) => Buffer.concat(all.map(prefixed))),
});
const prefixed = (text: string): Buffer => {
  const bytes = Buffer.from(`\0\0\0\0${text}`);
  bytes.writeUInt32LE(bytes.length - 4);
  return bytes;
};
const one = { inputs: tinyRows(1) };
const tinyGrpc = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [1, 1], contents: { fp32_contents: [1] } },
    { name: 'sector', datatype: 'BYTES', shape: [1, 1], contents: { bytes_contents: [Buffer.from('a')] } },
  ],
};

describe('one request', () => {
  it.each<[string, () => Buffer, number]>([
    [
      'a packed column name of 8 MB',
      () => message('/predict/tiny', gzipSync(`{"${'a'.repeat(8 * mebi - 20)}":1}`), 'content-encoding: gzip\r\n'),
      413,
    ],
    ['a column name as long as JSON may be', () => predict(`{"${'a'.repeat(half - 20)}":1}`), 400],
    ['a value as long as JSON may be', () => predict(`{"age":"${'9'.repeat(half - 20)}"}`), 400],
    [
      'a number with as many blanks within as JSON may hold',
      () => predict(`{"age":"${blanksWithin(half - 30)}"}`),
      400,
    ],
    ['a number with as many blanks behind as JSON may hold', () => predict(`{"age":"1${' '.repeat(half - 30)}"}`), 400],
    [
      'a list of numbers with blanks within',
      () => predict(JSON.stringify(list(120, () => ({ age: blanksWithin(4_000) })))),
      400,
    ],
    [
      'a list of numbers with blanks around',
      () => predict(JSON.stringify(list(120, () => ({ age: `${' '.repeat(2_000)}1${' '.repeat(2_000)}` })))),
      200,
    ],
    [
      'texts with blanks within as a tensor of numbers',
      () =>
        infer('tiny', {
          inputs: [
            { name: 'age', datatype: 'BYTES', shape: [100, 1], data: list(100, () => blanksWithin(4_000)) },
            { name: 'sector', datatype: 'BYTES', shape: [100, 1], data: list(100, () => 'a') },
          ],
        }),
      413,
    ],
    ['as many wrong columns as JSON may hold', () => predict(`{${list(40_000, (i) => `"a${i}":1`).join()}}`), 400],
    ['8,000 spaces within a header', () => infer('tiny', one, `x-a: b${' '.repeat(8_000)}c\r\n`), 200],
    ['a header of 8,000 spaces', () => infer('tiny', one, `x-a: ${' '.repeat(8_000)}\r\n`), 200],
    ['90,000 levels of lists', () => predict(deep(90_000)), 400],
    ['90,000 levels in a column', () => predict(`{"age":${deep(90_000)}}`), 400],
    [
      '90,000 levels in a tensor',
      () =>
        message(
          '/v2/models/tiny/infer',
          `{"inputs":[{"name":"age","datatype":"FP32","shape":[1,1],"data":${deep(90_000)}}]}`,
        ),
      400,
    ],
    ['as many blanks as JSON may hold', () => predict(`[${' '.repeat(half - 10)}x`), 400],
    ['a name twice among as many as are taken', () => predict(`{${list(4_990, (i) => `"${i}":1`).join()},"0":1}`), 400],
    [
      'a name twice beside as many quotes as JSON may hold',
      () => predict(`{"a":1,"a":2,"b":"${'\\"'.repeat(half / 2 - 20)}"}`),
      400,
    ],
    ['bytes that are not UTF-8', () => predict(Buffer.alloc(half, 0xff)), 400],
    [
      'as many records as are taken',
      () => predict(JSON.stringify(list(10_000, () => ({ age: 44.5, sector: 'abc' })))),
      200,
    ],
    ['as many rows as are taken', () => infer('tiny', { inputs: tinyRows(10_000) }), 200],
    [
      'as many numbers as JSON may hold',
      () =>
        infer('matrix', {
          inputs: [{ name: 'x', datatype: 'FP32', shape: [4_000, 8], data: list(32_000, (i) => i / 8) }],
        }),
      200,
    ],
    [
      'as many labels as are taken',
      () =>
        message('/feedback', JSON.stringify(list(10_000, (i) => ({ request_id: `r${i}`, label: i % 2, value: i })))),
      202,
    ],
    [
      'as many labels by key and time as are taken',
      () =>
        message(
          '/feedback',
          JSON.stringify(
            list(10_000, (i) => ({
              key: `k${i}`,
              time: `2026-05-01T12:00:${10 + (i % 50)}`,
              label: i % 2,
              model: 'tiny',
            })),
          ),
        ),
      202,
    ],
    [
      'as many labels by key and local time as are taken',
      () =>
        message(
          '/feedback',
          JSON.stringify(
            list(10_000, (i) => ({
              key: `k${i}`,
              time: `2026-05-01T12:00:${10 + (i % 50)}`,
              label: 1,
              model: 'zoned',
            })),
          ),
        ),
      202,
    ],
    [
      'a label that is a text of megabytes',
      () => message('/feedback', JSON.stringify({ request_id: 'r', label: 'y'.repeat(3_000_000) })),
      413,
    ],
  ])('of %s holds up nobody', async (_, bytesOf, status) => {
    const bytes = bytesOf();
    await expectShortTurns(() => client.send(gateway.port, bytes), `HTTP/1.1 ${status} `);
  });

  it.each<[string, () => object, string]>([
    [
      'more inputs than any model has',
      () => ({ inputs: list(100_000, (i) => ({ name: `x${i}`, datatype: 'FP32', shape: [1] })) }),
      '3',
    ],
    [
      'two million dimensions',
      () => ({ inputs: [{ name: 'x', datatype: 'FP32', shape: list(2_000_000, () => 1) }] }),
      '3',
    ],
    [
      '10,000 rows of numbers',
      () => ({
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [10_000, 8], contents: { fp32_contents: list(80_000, (i) => i) } },
        ],
      }),
      '0',
    ],
    [
      '8 MB of empty texts',
      () => ({
        inputs: [{ name: 'x', datatype: 'BYTES', shape: [2_000_000] }],
        raw_input_contents: [Buffer.alloc(8_000_000)],
      }),
      '8',
    ],
    [
      'more packed values than are read one by one',
      () => ({
        inputs: [
          { name: 'x', datatype: 'BOOL', shape: [4_000_000], contents: { bool_contents: list(4_000_000, () => true) } },
        ],
      }),
      '8',
    ],
    ['a number of 7 MB of blanks', () => texts([`1${' '.repeat(7_000_000)}1`]), '8'],
    ['numbers with 3 MB of blanks within', () => texts(list(750, () => blanksWithin(4_000)) as string[]), '8'],
    [
      'numbers with 3 MB of blanks around',
      () => texts(list(750, () => `${' '.repeat(2_000)}1${' '.repeat(2_000)}`) as string[]),
      '8',
    ],
    ['2 MB of texts of blanks', () => texts([' '.repeat(2_000_000)]), '8'],
    [
      'numbers with 60 KB of blanks around',
      () => texts(list(150, () => `${' '.repeat(200)}1${' '.repeat(200)}`) as string[]),
      '0',
    ],
  ])('by gRPC of %s holds up nobody', async (_, valueOf, status) => {
    const bytes = encoded('ModelInferRequest', { model_name: 'matrix', ...valueOf() });
    await expectShortTurns(
      () => client.call(gateway.grpc.port, '/inference.GRPCInferenceService/ModelInfer', bytes),
      `${status} `,
    );
  });
});

describe('requests that are sent ahead of their answers', () => {
  it('are answered each in its turn', async () => {
    const bytes = Buffer.from('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(20));
    await expectShortTurns(() => client.send(gateway.port, bytes), 'HTTP/1.1 ');
  });

  it('are cut off where they are many', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => {});
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1_700));
    await once(socket, 'close');
    expect(text.split('HTTP/1.1 200').length - 1).toBeLessThan(40);
  });
});

describe('calls of gRPC that come in one packet', () => {
  it('begin few in a turn where the library of gRPC answers them, and each is answered', async () => {
    const path = '/inference.GRPCInferenceService/ServerLive';
    await expectShortTurns(() => client.call(gateway.grpc.port, path, Buffer.alloc(0), 200), '0 OK'.repeat(200));
  });

  it.each<[string, Buffer, string]>([
    ['ordinary ones', encoded('ModelInferRequest', { model_name: 'tiny', ...tinyGrpc }), '0 '],
    ['ordinary ones that hold no message', Buffer.from([0xff, 0xff]), '3 '],
  ])('begin few in a turn where they are %s, and each is answered', async (_, bytes, status) => {
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const calls = 200;
    await expectShortTurns(() => client.call(gateway.grpc.port, path, bytes, calls), status);
  });
});

describe('a question about models', () => {
  it.each<[string, Buffer, string]>([
    ['a name of megabytes', encoded('ModelMetadataRequest', { name: 'x'.repeat(7_000_000) }), '8'],
    ['millions of fields that nobody knows', Buffer.alloc(7_000_000, Buffer.from([0x78, 0x01])), '8'],
    ['bytes that are not a message', Buffer.from([0xff, 0xff]), '3'],
  ])('by gRPC of %s holds up nobody', async (_, bytes, status) => {
    const path = '/inference.GRPCInferenceService/ModelMetadata';
    await expectShortTurns(() => client.call(gateway.grpc.port, path, bytes), `${status} `);
  });
});
