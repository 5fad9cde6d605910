import { describe, expect, it } from 'vitest';
import type { InferRequest } from '../../gateway/call/infer-request.ts';
import { parseInferRequest } from '../../gateway/protocol/parse-request.ts';
import { decodeRaw, encodeRaw } from '../../gateway/protocol/raw-tensors.ts';
import { refusal } from './refusal.ts';

const limits = { maxJsonBytes: 1_000_000, maxJsonValues: 1000 };
const parse = (body: unknown, binary?: Uint8Array): InferRequest => {
  const head = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return parseInferRequest(
    binary === undefined ? head : Buffer.concat([head, binary]),
    binary === undefined ? null : head.length,
    limits,
  );
};
const tensor = { name: 'x', datatype: 'INT32', shape: [2, 2], data: [1, 2, 3, 4] };

describe('a request as JSON', () => {
  it('gives tensors, id, parameters and outputs', () => {
    const request = parse({
      id: 'r1',
      parameters: { key: 'k', deadline: 5, binary_data_output: true },
      inputs: [tensor, { name: 'c', datatype: 'BYTES', shape: [1], data: ['é'] }],
      outputs: [{ name: 'a' }, { name: 'b', parameters: { binary_data: false } }],
    });
    expect(request).toMatchObject({
      id: 'r1',
      parameters: { key: 'k', deadline: 5 },
      binaryOutputs: true,
      outputs: [
        { name: 'a', binary: true },
        { name: 'b', binary: false },
      ],
    });
    expect([...request.tensors.values()]).toEqual([tensor, { name: 'c', datatype: 'BYTES', shape: [1], data: ['é'] }]);
  });

  it('asks for all outputs as JSON where it says nothing', () => {
    expect(parse({ inputs: [tensor], id: '', outputs: [], parameters: null })).toMatchObject({
      id: null,
      outputs: null,
      binaryOutputs: false,
      parameters: {},
    });
  });

  it.each([
    [
      [2, 3],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      [2, 3],
      [[[1, 2, 3]], [[4, 5, 6]]],
    ],
    [[6], [[1], [2], [3], [4], [5], [6]]],
    [
      [3, 2, 1],
      [
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ],
    ],
  ])('flattens nested lists, for shape %j', (shape, data) => {
    expect(parse({ inputs: [{ ...tensor, shape, data }] }).tensors.get('x')?.data).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('takes a scalar and an empty tensor', () => {
    expect(parse({ inputs: [{ ...tensor, shape: [], data: [7] }] }).tensors.get('x')?.data).toEqual([7]);
    expect(parse({ inputs: [{ ...tensor, shape: [3, 0], data: [[], [], []] }] }).tensors.get('x')?.data).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /not valid JSON/],
    ['bare NaN', '{"inputs":[{"data":[NaN]}]}', /JSON has no NaN.*null/],
    ['a list', [], /must be a JSON object/],
    ['no inputs', {}, /"inputs" must be a list/],
    ['empty inputs', { inputs: [] }, /"inputs" must be a list/],
    ['an input without a name', { inputs: [{ ...tensor, name: undefined }] }, /needs a "name"/],
    ['an input that is null', { inputs: [null] }, /needs a "name"/],
    ['a name twice', { inputs: [tensor, tensor] }, /"x" is given twice/],
    ['an unknown datatype', { inputs: [{ ...tensor, datatype: 'FP99' }] }, /"x": datatype "FP99" is none of BOOL/],
    ['no datatype', { inputs: [{ ...tensor, datatype: undefined }] }, /"x": datatype missing is none/],
    ['BF16', { inputs: [{ ...tensor, datatype: 'BF16' }] }, /"x": BF16 is not taken.*send FP32/],
    ['no shape', { inputs: [{ ...tensor, shape: undefined }] }, /"x": "shape" must be/],
    ['a negative size', { inputs: [{ ...tensor, shape: [-1, 4] }] }, /"x": "shape" must be/],
    ['a fraction as size', { inputs: [{ ...tensor, shape: [1.5] }] }, /"x": "shape" must be/],
    [
      'too few values',
      { inputs: [{ ...tensor, shape: [2, 3] }] },
      /"x": shape \[2, 3\] of INT32 wants 6 values, "data" has 4/,
    ],
    ['a shape beyond all numbers', { inputs: [{ ...tensor, shape: [2 ** 52, 2 ** 52, 2 ** 52] }] }, /"x": shape/],
    ['no data', { inputs: [{ ...tensor, data: undefined }] }, /"x": "data" must be a list/],
    ['ragged data', { inputs: [{ ...tensor, data: [[1, 2], [3], [4]] }] }, /"x": "data" is ragged/],
    ['lists beside values', { inputs: [{ ...tensor, data: [1, [2, 3, 4]] }] }, /"x": "data" is ragged/],
    ['an object as value', { inputs: [{ ...tensor, data: [1, 2, 3, {}] }] }, /"x": "data" holds an object/],
    ['an id that is not a text', { id: 7, inputs: [tensor] }, /"id" must be a string/],
    ['parameters that are not an object', { parameters: [1], inputs: [tensor] }, /"parameters" must be an object/],
    ['an object as parameter', { parameters: { a: {} }, inputs: [tensor] }, /parameter "a" must be/],
    ['null as parameter', { parameters: { a: null }, inputs: [tensor] }, /parameter "a" must be/],
    ['outputs that are not a list', { inputs: [tensor], outputs: {} }, /"outputs" must be a list/],
    ['an output without a name', { inputs: [tensor], outputs: [{}] }, /every output needs a "name"/],
    ['an output twice', { inputs: [tensor], outputs: [{ name: 'a' }, { name: 'a' }] }, /output "a" is given twice/],
    [
      'classification',
      { inputs: [tensor], outputs: [{ name: 'a', parameters: { classification: 3 } }] },
      /output "a": "classification" is not supported/,
    ],
    [
      'shared memory',
      { inputs: [{ ...tensor, parameters: { shared_memory_region: 'r' } }] },
      /"x" lies in shared memory/,
    ],
    [
      'a binary size without bytes',
      { inputs: [{ ...tensor, data: undefined, parameters: { binary_data_size: 16 } }] },
      /"x": "binary_data_size" is 16, and 0 bytes/,
    ],
  ])('is refused with %s', (_, body, message) => {
    expect(refusal(() => parse(body))).toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  it('is refused where it is not UTF-8, rather than changed', () => {
    const body = Buffer.from(JSON.stringify({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: ['~'] }] }));
    body[body.indexOf('~')] = 0xff;
    expect(refusal(() => parseInferRequest(body, null, limits))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/not valid UTF-8/) as string,
    });
    const replaced = JSON.stringify({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: ['\ufffd'] }] });
    expect(parse(replaced).tensors.get('x')?.data).toEqual(['\ufffd']);
  });

  it('may hold as many values as the limit says, and text that looks like values', () => {
    const size = 900;
    const data = Array.from({ length: size }, (_, i) => i);
    expect(parse({ inputs: [{ ...tensor, shape: [size], data }] }).tensors.get('x')?.data).toHaveLength(size);
    const texts = ['[{,"\\'.repeat(2000), '\\'];
    expect(
      parse({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], data: texts }] }).tensors.get('x')?.data,
    ).toEqual(texts);
  });

  it.each([
    [
      'values',
      JSON.stringify({ inputs: [{ ...tensor, shape: [1200], data: Array.from({ length: 1200 }, () => 1.5) }] }),
    ],
    ['lists', `{"inputs":[${'[],'.repeat(3000)}[]]}`],
    ['objects', JSON.stringify({ inputs: Array.from({ length: 1001 }, () => ({})) })],
  ])('is refused with 413 where it holds too many %s', (_, body) => {
    expect(refusal(() => parse(body))).toMatchObject({
      status: 413,
      message: expect.stringMatching(/binary tensors.*gateway\.maxJsonValues/) as string,
    });
  });
});

describe('raw tensors behind the JSON', () => {
  const head = (...sizes: number[]): object => ({
    inputs: sizes.map((size, i) => ({
      name: `t${i}`,
      datatype: 'FP32',
      shape: [1, size / 4],
      parameters: { binary_data_size: size },
    })),
  });

  it('are read in order, at any offset', () => {
    const floats = Float32Array.of(1.5, -2, NaN, Infinity);
    for (const padding of [0, 1, 2, 3, 4]) {
      const body = { ...head(8, 16), id: 'x'.repeat(padding) };
      const request = parse(body, Buffer.concat([Buffer.from(floats.buffer, 0, 8), Buffer.from(floats.buffer)]));
      expect(request.tensors.get('t0')?.data).toEqual(floats.slice(0, 2));
      expect(request.tensors.get('t1')?.data).toEqual(floats);
    }
  });

  it('may come beside JSON tensors', () => {
    const request = parse(
      { inputs: [tensor, { name: 'raw', datatype: 'INT16', shape: [2], parameters: { binary_data_size: 4 } }] },
      Buffer.from([1, 0, 255, 255]),
    );
    expect(request.tensors.get('x')?.data).toEqual([1, 2, 3, 4]);
    expect(request.tensors.get('raw')?.data).toEqual(Int16Array.of(1, -1));
  });

  it.each<[string, object, number, RegExp]>([
    ['too few bytes', head(8), 4, /"t0": "binary_data_size" is 8, and 4 bytes are left/],
    ['bytes that no tensor names', head(8), 12, /4 bytes follow the last tensor/],
    [
      'a size that is not that of the shape',
      { inputs: [{ name: 'x', datatype: 'FP64', shape: [1], parameters: { binary_data_size: 4 } }] },
      4,
      /"x": shape \[1\] of FP64 is 8 raw bytes, and 4 came/,
    ],
    [
      'a size that is not a number',
      { inputs: [{ ...tensor, data: undefined, parameters: { binary_data_size: '4' } }] },
      4,
      /number of bytes/,
    ],
    [
      'a negative size',
      { inputs: [{ ...tensor, data: undefined, parameters: { binary_data_size: -4 } }] },
      4,
      /number of bytes/,
    ],
    ['data as well', { inputs: [{ ...tensor, parameters: { binary_data_size: 16 } }] }, 16, /"x" has "data" beside/],
  ])('are refused with %s', (_, json, bytes, message) => {
    expect(refusal(() => parse(json, Buffer.alloc(bytes)))).toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  it('are refused where the head is said to be longer than the body', () => {
    expect(refusal(() => parseInferRequest(Buffer.from('{}'), 3, limits))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/Inference-Header-Content-Length says 3/) as string,
    });
  });

  it.each<[Buffer, RegExp]>([
    [Buffer.from([2, 0, 0]), /text 0 ends beyond/],
    [Buffer.from([2, 0, 0, 0, 65]), /text 0 ends beyond/],
    [Buffer.from([1, 0, 0, 0, 65, 255, 255, 255, 255]), /text 1 ends beyond/],
    [Buffer.from([1, 0, 0, 0, 65]), /is 2 texts, and the raw bytes hold 1/],
    [Buffer.from([1, 0, 0, 0, 0xff, 0, 0, 0, 0]), /text 0 is not UTF-8/],
  ])('are refused where texts are malformed (%#)', (bytes, message) => {
    expect(refusal(() => decodeRaw('x', 'BYTES', [2], bytes))).toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  it('are zero-copy where they are large and aligned, and BOOL is 0 or 1', () => {
    const bytes = new Uint8Array(8192 + 1);
    const view = decodeRaw('x', 'FP32', [2048], bytes.subarray(0, 8192)) as Float32Array;
    expect(view.buffer).toBe(bytes.buffer);
    expect((decodeRaw('x', 'FP32', [2048], bytes.subarray(1)) as Float32Array).buffer).not.toBe(bytes.buffer);
    expect(decodeRaw('x', 'BOOL', [3], Uint8Array.of(0, 1, 255))).toEqual(Uint8Array.of(0, 1, 1));
  });

  it('come back as they were', () => {
    const texts = ['', 'a', 'é€😀', 'x'.repeat(5000)];
    const raw = encodeRaw({ type: 'string', shape: [4], data: texts });
    expect(decodeRaw('x', 'BYTES', [4], raw)).toEqual(texts);
    const wide = BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n);
    expect(decodeRaw('x', 'INT64', [2], encodeRaw({ type: 'int64', shape: [2], data: wide }))).toEqual(wide);
  });
});
