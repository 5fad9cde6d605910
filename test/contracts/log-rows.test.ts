import { describe, expect, it } from 'vitest';
import { assert, float, property } from 'fast-check';
import { rowsOf } from '../../contracts/log-rows.ts';
import type { PredictionEntry } from '../../contracts/prediction-log.ts';
import type { Tensor } from '../../contracts/tensor.ts';

const entry = (change: Partial<PredictionEntry> = {}): PredictionEntry => ({
  kind: 'prediction',
  id: 'a',
  key: 'k',
  at: 1_700_000_000_000,
  model: 'tiny',
  version: 3,
  arm: 'canary',
  share: 0.25,
  seq: 7,
  release: 'release/tiny/3',
  instance: 'one',
  ms: 2,
  modelMs: 1,
  error: null,
  rows: 1,
  inputs: {},
  outputs: {},
  ...change,
});
const float32 = (shape: number[], ...values: number[]): Tensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});
const onlyRow = (change: Partial<PredictionEntry>) => {
  const rows = rowsOf(entry(change));
  expect(rows).toHaveLength(1);
  return rows[0] ?? expect.unreachable();
};
const inputOf = (tensor: Tensor): unknown =>
  (JSON.parse(onlyRow({ inputs: { x: tensor } }).inputs ?? '') as { x: unknown }).x;

describe('the rows of a log entry', () => {
  it('say everything of a request with one row', () => {
    const inputs = { age: float32([1, 1], 41), sector: { type: 'string', shape: [1, 1], data: ['a "b"\n'] } } as const;
    const outputs = {
      label: { type: 'int64', shape: [1], data: BigInt64Array.of(1n) },
      probabilities: float32([1, 2], 0.3, 0.7),
    } as const;
    expect(rowsOf(entry({ inputs, outputs }))).toEqual([
      {
        kind: 'prediction',
        id: 'a',
        request: 'a',
        key: 'k',
        at: 1_700_000_000_000,
        model: 'tiny',
        version: 3,
        arm: 'canary',
        share: 0.25,
        seq: 7,
        release: 'release/tiny/3',
        instance: 'one',
        ms: 2,
        model_ms: 1,
        error: null,
        label: '1',
        probability: 0.7,
        value: null,
        inputs: '{"age":41,"sector":"a \\"b\\"\\n"}',
        outputs: '{"label":1,"probabilities":[0.3,0.7]}',
      },
    ]);
  });

  it('are numbered where a request has several, each with its own values', () => {
    const rows = rowsOf(
      entry({
        rows: 3,
        inputs: { x: float32([3, 2], 1, 2, 3, 4, 5, 6), y: { type: 'string', shape: [3], data: ['p', 'q', 'r'] } },
        outputs: {
          label: { type: 'string', shape: [3], data: ['no', 'yes', ''] },
          probabilities: float32([3], 0.25, 0.5, NaN),
        },
      }),
    );
    expect(rows.map(({ id, request, label, probability }) => [id, request, label, probability])).toEqual([
      ['a/0', 'a', 'no', 0.25],
      ['a/1', 'a', 'yes', 0.5],
      ['a/2', 'a', '', null],
    ]);
    expect(rows.map(({ inputs }) => inputs)).toEqual([
      '{"x":[1,2],"y":"p"}',
      '{"x":[3,4],"y":"q"}',
      '{"x":[5,6],"y":"r"}',
    ]);
  });

  it.each<[string, Tensor, unknown]>([
    ['NaN', float32([1, 1], NaN), null],
    ['infinity', float32([1, 1], Infinity), null],
    ['a float that is a short decimal', float32([1, 1], 0.1), 0.1],
    ['a double', { type: 'float64', shape: [1], data: Float64Array.of(0.1 + 0.2) }, 0.1 + 0.2],
    ['a bool', { type: 'bool', shape: [1], data: Uint8Array.of(1) }, 1],
    ['a large integer', { type: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 62n)) }, '-4611686018427387904'],
    ['an integer', { type: 'uint64', shape: [1], data: BigUint64Array.of(9n) }, 9],
    ['a half', { type: 'float16', shape: [1], data: Uint16Array.of(0x3555) }, 0.33325195],
    ['the smallest half', { type: 'float16', shape: [1], data: Uint16Array.of(0x8001) }, -5.9604645e-8],
    ['an infinite half', { type: 'float16', shape: [1], data: Uint16Array.of(0x7c00) }, null],
    ['nothing', float32([1, 0]), []],
    ['several values', float32([1, 3], 1, NaN, 0.5), [1, null, 0.5]],
  ])('write %s as JSON can hold it', (_, tensor, expected) => {
    expect(inputOf(tensor)).toEqual(expected);
  });

  it('write every float so that it is the same float, in nine digits at most', () => {
    assert(
      property(float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const written = Number(inputOf(float32([1, 1], value)));
        expect(Math.fround(written)).toBe(value === 0 ? 0 : value);
        const digits = String(written).replace(/e.*$/, '').replaceAll(/[-.]/g, '').replace(/^0+/, '');
        if (Math.abs(value) > 1e-12 && Math.abs(value) < 1e6) expect(digits.length).toBeLessThanOrEqual(9);
      }),
    );
  });

  it.each<[Tensor | undefined, string | null]>([
    [undefined, null],
    [{ type: 'bool', shape: [1], data: Uint8Array.of(0) }, '0'],
    [{ type: 'int64', shape: [1, 1], data: BigInt64Array.of(12n) }, '12'],
    [float32([1], 2.5), '2.5'],
    [float32([1], NaN), null],
    [float32([1, 2], 0, 1), null],
  ])('take the label %# from the output of that name', (label, expected) => {
    expect(onlyRow({ outputs: label === undefined ? {} : { label } }).label).toBe(expected);
  });

  it.each<[Tensor | undefined, number | null]>([
    [undefined, null],
    [float32([1, 2], 0.75, 0.25), 0.25],
    [float32([1, 1], 0.5), 0.5],
    [float32([1, 3], 0.5, 0.25, 0.25), null],
    [{ type: 'string', shape: [1, 1], data: ['0.5'] }, null],
  ])('take the probability %# of the positive class', (probabilities, expected) => {
    expect(onlyRow({ outputs: probabilities === undefined ? {} : { probabilities } }).probability).toBe(expected);
  });

  it('leave a tensor that does not belong to the rows unsaid', () => {
    expect(rowsOf(entry({ rows: 2, outputs: { x: float32([3], 1, 2, 3) } }))[1]?.outputs).toBe('{"x":null}');
  });

  it('leave null what a copy or a label does not have', () => {
    const shared = { id: 'a', at: 5, model: 'tiny', instance: 'one' };
    const [copy] = rowsOf({
      ...shared,
      kind: 'mirror',
      version: 2,
      seq: 1,
      release: null,
      ms: 1,
      error: 'broken',
      rows: 1,
      outputs: {},
    });
    expect(copy).toMatchObject({
      kind: 'mirror',
      id: 'a',
      error: 'broken',
      key: null,
      arm: null,
      inputs: null,
      outputs: '{}',
    });
    const [label] = rowsOf({ ...shared, kind: 'feedback', label: 1, value: null });
    expect(label).toMatchObject({ kind: 'feedback', id: 'a', label: '1', version: null, ms: null, outputs: null });
    expect(label?.value).toBeNull();
    expect(rowsOf({ ...shared, kind: 'feedback', label: null, value: 0 })).toMatchObject([{ label: null, value: 0 }]);
  });
});
