import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datatypeOf, tensorTypes, type Signature, type TensorType } from '../../contracts/data/tensor.ts';
import type { Datatype, InferRequest, RequestTensor } from '../../gateway/call/infer-request.ts';
import { createFeeds, createFitting } from '../../gateway/protocol/feeds.ts';
import { halfOf, numberOfHalf } from '../../codec/float16.ts';
import { noColumns } from '../../gateway/models/served-columns.ts';
import { refusal } from './refusal.ts';

const requestOf = (...tensors: RequestTensor[]): InferRequest => ({
  id: null,
  parameters: {},
  tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  outputs: null,
  binaryOutputs: false,
});

type Shape = Signature['inputs'][number]['shape'];
const fit = (type: TensorType, wanted: Shape, tensor: Omit<RequestTensor, 'name'>, maxRows?: number) =>
  createFeeds(
    { inputs: [{ name: 'x', type, shape: wanted }], outputs: [] },
    maxRows,
  )(requestOf({ name: 'x', ...tensor }));
const convert = (type: TensorType, datatype: Datatype, data: RequestTensor['data']): unknown => {
  const { feeds } = fit(type, [null], { datatype, shape: [data.length], data });
  expect(feeds.x).toMatchObject({ type, shape: [data.length] });
  return feeds.x?.data;
};

describe('values of a request', () => {
  it.each<[TensorType, Datatype, RequestTensor['data'], unknown]>([
    ['float32', 'FP32', [1, 0.1, null], Float32Array.of(1, 0.1, NaN)],
    ['float32', 'FP64', [1, null], Float32Array.of(1, NaN)],
    ['float32', 'INT64', [1, -2], Float32Array.of(1, -2)],
    ['float32', 'UINT8', [255], Float32Array.of(255)],
    ['float32', 'BOOL', [true, false, 1], Float32Array.of(1, 0, 1)],
    ['float32', 'FP16', [0.5], Float32Array.of(0.5)],
    ['float64', 'FP32', [0.1], Float64Array.of(0.1)],
    ['float16', 'FP32', [1, -2, null], Uint16Array.of(0x3c00, 0xc000, 0x7e00)],
    ['float16', 'FP16', [65504], Uint16Array.of(0x7bff)],
    ['int64', 'INT64', [1, -2, 2 ** 53 - 1], BigInt64Array.of(1n, -2n, 2n ** 53n - 1n)],
    ['int64', 'FP64', [3], BigInt64Array.of(3n)],
    ['uint64', 'UINT64', [3], BigUint64Array.of(3n)],
    ['int32', 'FP32', [-7], Int32Array.of(-7)],
    ['int8', 'INT64', [-128, 127], Int8Array.of(-128, 127)],
    ['uint16', 'UINT16', [65535], Uint16Array.of(65535)],
    ['bool', 'BOOL', [true, false, 1, 0], Uint8Array.of(1, 0, 1, 0)],
    ['bool', 'INT32', [1, 0], Uint8Array.of(1, 0)],
    ['string', 'BYTES', ['a', null], ['a', '']],
    ['string', 'INT64', [7, null], ['7', '']],
    ['string', 'FP32', [0.1], ['0.1']],
  ])('become %s from %s in JSON: %j', (type, datatype, data, expected) => {
    expect(convert(type, datatype, data)).toEqual(expected);
  });

  it.each<[TensorType, Datatype, RequestTensor['data'], unknown]>([
    ['float32', 'FP64', Float64Array.of(0.1, NaN, Infinity), Float32Array.of(0.1, NaN, Infinity)],
    ['float32', 'INT64', BigInt64Array.of(-5n), Float32Array.of(-5)],
    ['float32', 'FP16', Uint16Array.of(0x3c00, 0xfc00), Float32Array.of(1, -Infinity)],
    ['float16', 'FP64', Float64Array.of(0.5, Infinity), Uint16Array.of(0x3800, 0x7c00)],
    ['float64', 'UINT64', BigUint64Array.of(5n), Float64Array.of(5)],
    ['int64', 'INT32', Int32Array.of(-5), BigInt64Array.of(-5n)],
    ['int64', 'UINT64', BigUint64Array.of(2n ** 63n - 1n), BigInt64Array.of(2n ** 63n - 1n)],
    ['uint8', 'INT64', BigInt64Array.of(255n), Uint8Array.of(255)],
    ['int16', 'FP16', Uint16Array.of(0x3c00), Int16Array.of(1)],
    ['bool', 'UINT8', Uint8Array.of(1, 0), Uint8Array.of(1, 0)],
    ['string', 'INT64', BigInt64Array.of(2n ** 60n), [String(2n ** 60n)]],
    ['string', 'FP32', Float32Array.of(0.1, NaN), ['0.1', '']],
  ])('become %s from %s as bytes: %o', (type, datatype, data, expected) => {
    expect(convert(type, datatype, data)).toEqual(expected);
  });

  it('are not copied where they have the type already', () => {
    for (const type of tensorTypes) {
      if (type === 'string') continue;
      const data =
        type === 'int64' ? new BigInt64Array(2) : type === 'uint64' ? new BigUint64Array(2) : new Uint8Array(2);
      expect(convert(type, datatypeOf[type], data)).toBe(data);
    }
    const texts = ['a', 'b'];
    expect(convert('string', 'BYTES', texts)).toBe(texts);
  });

  it.each<[string, TensorType, Datatype, RequestTensor['data'], RegExp]>([
    ['text for a number', 'float32', 'FP32', ['x'], /"x": "x" is not a valid FP32/],
    ['true for a number', 'float32', 'FP32', [true], /"x": true is not a valid FP32/],
    ['BYTES for a number', 'float32', 'BYTES', ['1'], /"x" is BYTES where the model takes a number: send FP64/],
    ['BYTES for a flag', 'bool', 'BYTES', ['true'], /"x" is BYTES where/],
    ['a fraction as INT64', 'float32', 'INT64', [1.5], /"x": 1.5 is not a valid INT64/],
    ['300 as UINT8', 'float32', 'UINT8', [300], /"x": 300 is not a valid UINT8/],
    ['a fraction for an integer', 'int32', 'FP32', [1.5], /"x": 1.5 is not a valid integer: the model takes INT32/],
    ['a fraction for an integer, as bytes', 'int64', 'FP32', Float32Array.of(1.5), /"x": 1.5 is not a valid integer/],
    ['infinity for an integer', 'int64', 'FP32', Float32Array.of(Infinity), /is not a valid integer/],
    [
      'nothing for an integer',
      'int64',
      'INT64',
      [null],
      /"x": the model takes an integer \(INT64\).*cannot be missing/,
    ],
    ['NaN for an integer', 'int32', 'FP64', Float64Array.of(NaN), /cannot be missing/],
    ['nothing for a flag', 'bool', 'BOOL', [null], /cannot be missing/],
    ['2 for a flag', 'bool', 'INT8', [2], /"x": 2 is not a valid BOOL/],
    ['2 as BOOL', 'float32', 'BOOL', [2], /"x": 2 is not a valid BOOL/],
    ['a number that is too large', 'int8', 'INT64', [128], /"x": 128 is not a valid INT8, which the model takes/],
    ['a number that is too large, as bytes', 'uint32', 'INT64', BigInt64Array.of(-1n), /"x": -1 is not a valid UINT32/],
    ['a wide number that is too large', 'int64', 'UINT64', BigUint64Array.of(2n ** 63n), /is not a valid INT64, which/],
    [
      'an integer that JSON rounds',
      'int64',
      'INT64',
      [2 ** 53],
      /not a valid INT64 that JSON holds exactly: send it as raw bytes/,
    ],
    ['more than float32 holds', 'float32', 'FP64', [1e39], /"x": 1e\+39 is not a valid FP32: it is too large/],
    [
      'more than float32 holds, as bytes',
      'float32',
      'FP64',
      Float64Array.of(-1e39),
      /is not a valid FP32: it is too large/,
    ],
    ['more than float16 holds', 'float16', 'FP32', [65520], /"x": 65520 is not a valid FP16/],
    [
      'a number for text that says BYTES',
      'string',
      'BYTES',
      [1],
      /"x": 1 is not a valid text, as its datatype BYTES says/,
    ],
    ['a flag for text', 'string', 'BOOL', [true], /"x" is BOOL; the model takes BYTES/],
    ['a long text, cut', 'float32', 'FP32', ['y'.repeat(500)], /"x": "y{60}… \(500 characters\)" is not a valid FP32/],
  ])('are refused: %s', (_, type, datatype, data, message) => {
    expect(refusal(() => convert(type, datatype, data))).toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  it('keep every half-precision float, and round the others to the nearest', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const number = numberOfHalf(bits);
      if (Number.isNaN(number)) expect(Number.isNaN(numberOfHalf(halfOf(number)))).toBe(true);
      else if (halfOf(number) !== bits) expect.fail(`${bits} became ${halfOf(number)}`);
    }
    fc.assert(
      fc.property(fc.double({ min: -65_519, max: 65_519, noNaN: true }), (value) => {
        const bits = halfOf(value);
        const error = Math.abs(numberOfHalf(bits) - value);
        for (const other of [bits - 1, bits + 1])
          if (other >= 0 && (other & 0x7fff) < 0x7c00 && Math.abs(numberOfHalf(other) - value) < error)
            expect.fail(`${value}`);
      }),
    );
  });
});

describe('shapes of a request', () => {
  const zeros = (shape: readonly number[]): Omit<RequestTensor, 'name'> => ({
    datatype: 'FP32',
    shape,
    data: new Float32Array(shape.reduce((size, next) => size * next, 1)),
  });

  it.each<[Shape, number[], number[], number]>([
    [[null, 1], [3, 1], [3, 1], 3],
    [[null, 1], [3], [3, 1], 3],
    [[null, 8], [2, 8], [2, 8], 2],
    [[null, null], [2, 5], [2, 5], 2],
    [[3, 4], [3, 4], [3, 4], 1],
    [[3, null], [3, 9], [3, 9], 1],
    [[], [], [], 1],
  ])('fit %j as %j', (wanted, shape, fed, rows) => {
    const fitted = fit('float32', wanted, zeros(shape));
    expect(fitted.feeds.x?.shape).toEqual(fed);
    expect(fitted.rows).toBe(rows);
  });

  it.each<[Shape, number[], RegExp]>([
    [[null, 1], [1, 2], /"x": shape \[1, 2\] is not \[rows, 1\], which the model takes/],
    [[null, 8], [8], /"x": shape \[8\] is not \[rows, 8\]/],
    [[null, 8], [1, 7], /not \[rows, 8\]/],
    [[null, null], [1], /not \[rows, any\]/],
    [[2, 2], [3, 2], /not \[2, 2\]/],
    [[null], [3, 1], /not \[rows\]/],
    [[], [1], /not \[\]/],
    [[null, 1], [0, 1], /"x" has no rows/],
    [[null, 1], [6, 1], /has 6 rows; at most 5/],
  ])('that do not fit %j are refused: %j', (wanted, shape, message) => {
    expect(refusal(() => fit('float32', wanted, zeros(shape), 5))).toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });

  const feeds = createFeeds({
    inputs: [
      { name: 'a', type: 'float32', shape: [null, 1] },
      { name: 'b', type: 'string', shape: [null, 1] },
      { name: 'fixed', type: 'float32', shape: [2] },
    ],
    outputs: [],
  });
  const fixed = { name: 'fixed', datatype: 'FP32', shape: [2], data: [1, 2] } as const;
  const column = (name: string, datatype: Datatype, data: (string | number)[]): RequestTensor => ({
    name,
    datatype,
    shape: [data.length, 1],
    data,
  });

  it.each([
    [1_000, 0],
    [10_000, 2],
  ])('of a request with columns of %i rows are read with %i pauses', (rows, pauses) => {
    const values = Array.from({ length: rows }, (_, i) => i);
    const inputs = ['a', 'b'].map((name) => ({ name, type: 'float32' as const, shape: [null, 1] }));
    const work = createFitting({ inputs, outputs: [] })(
      requestOf(...inputs.map(({ name }) => column(name, 'FP32', values))),
    );
    for (let i = 0; i < pauses; i += 1) expect(work.next()).toEqual({ done: false, value: undefined });
    expect(work.next()).toMatchObject({ done: true, value: { rows } });
  });

  it('share their rows over the inputs that have a batch axis; tensors that are not known are left out', () => {
    const fitted = feeds(
      requestOf(column('a', 'FP32', [1, 2, 3]), column('b', 'BYTES', ['', 'x', 'y']), fixed, column('z', 'FP32', [1])),
    );
    expect(fitted.rows).toBe(3);
    expect(Object.keys(fitted.feeds)).toEqual(['a', 'b', 'fixed']);
  });

  it('are refused where rows differ or inputs are missing', () => {
    expect(
      refusal(() => feeds(requestOf(column('a', 'FP32', [1]), column('b', 'BYTES', ['', '']), fixed))).message,
    ).toBe('input "b" has 2 rows where the others have 1');
    expect(refusal(() => feeds(requestOf(fixed))).message).toBe('the request lacks inputs "a" (FP32), "b" (BYTES)');
  });
});

describe('one large tensor', () => {
  const count = 45_000;
  const many = (one: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => one(i));
  /** Feeds of one row of any length, and in how many turns they were made. */
  function inTurns(type: TensorType, datatype: Datatype, data: RequestTensor['data'], range: object = {}) {
    const columns = { ...noColumns, ranges: new Map([['x', range]]) };
    const signature: Signature = { inputs: [{ name: 'x', type, shape: [null, null] }], outputs: [] };
    const work = createFitting(signature, 10, columns)(requestOf({ name: 'x', datatype, shape: [1, count], data }));
    for (let turns = 1; ; turns += 1) {
      const step = work.next();
      if (step.done === true) return { turns, data: step.value.feeds.x!.data };
    }
  }

  it.each<[TensorType, Datatype, RequestTensor['data'], unknown]>([
    [
      'int64',
      'INT64',
      BigInt64Array.from(
        many((i) => i),
        BigInt,
      ),
      BigInt64Array.from(
        many((i) => i),
        BigInt,
      ),
    ],
    [
      'int64',
      'INT32',
      Int32Array.from(many((i) => i)),
      BigInt64Array.from(
        many((i) => i),
        BigInt,
      ),
    ],
    [
      'int64',
      'INT64',
      many((i) => i),
      BigInt64Array.from(
        many((i) => i),
        BigInt,
      ),
    ],
    ['int32', 'INT32', Int32Array.from(many((i) => i)), Int32Array.from(many((i) => i))],
    ['float32', 'UINT8', Uint8Array.from(many((i) => i)), Float32Array.from(many((i) => i % 256))],
    ['float32', 'FP64', many((i) => i / 4), Float32Array.from(many((i) => i / 4))],
    ['float16', 'FP32', Float32Array.from(many((i) => i % 64)), Uint16Array.from(many((i) => halfOf(i % 64)))],
    ['bool', 'UINT8', Uint8Array.from(many((i) => i % 2)), Uint8Array.from(many((i) => i % 2))],
    ['string', 'INT32', Int32Array.from(many((i) => i)), many((i) => i).map(String)],
  ])('becomes %s from %s in parts, with turns of the event loop between them', (type, datatype, data, wanted) => {
    const found = inTurns(type, datatype, data, { min: 0 });
    expect(found.turns).toBeGreaterThan(count / 10_000);
    expect(found.data).toEqual(wanted);
  });

  it('is taken at once where nothing is to be done with its values', () => {
    const data = Float32Array.from(many((i) => i));
    expect(inTurns('float32', 'FP32', data).data).toBe(data);
  });

  it('is refused for its last value too', () => {
    const data = BigInt64Array.from(
      many((i) => i),
      BigInt,
    );
    expect(inTurns('int64', 'INT64', data, { max: count - 1 }).data).toBe(data);
    expect(refusal(() => inTurns('int64', 'INT64', data, { max: count - 2 })).message).toContain(
      `input "x" holds ${count - 1}, and the model takes any to ${count - 2}`,
    );
  });
});
