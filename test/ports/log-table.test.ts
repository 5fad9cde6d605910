import { describe, expect, it } from 'vitest';
import { array, assert, asyncProperty, float, integer, oneof } from 'fast-check';
import type { LogEntry, LogRow, PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { withLogDatabase } from '../../ports/prediction-log/query/log-database.ts';
import { LogTable } from '../../ports/prediction-log/sealing/log-table.ts';
import { rowsOf as plainRowsOf } from './log-rows.ts';

/** As they are read from the table. */
const rowsOf = (...entries: readonly LogEntry[]): Promise<LogRow[]> =>
  withLogDatabase({ memory: '256MB' }, async (connection) => {
    const table = await LogTable.create(connection);
    for (const entry of entries) table.append(entry);
    const rows = (await connection.runAndReadAll(await table.finish())).getRowObjectsJS() as unknown as LogRow[];
    expect(rows).toHaveLength(table.rows);
    return rows;
  });

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
const onlyRow = async (change: Partial<PredictionEntry>): Promise<LogRow> => {
  const rows = await rowsOf(entry(change));
  expect(rows).toHaveLength(1);
  return rows[0] ?? expect.unreachable();
};
const inputOf = async (tensor: Tensor): Promise<unknown> =>
  (JSON.parse((await onlyRow({ inputs: { x: tensor } })).inputs ?? '') as { x: unknown }).x;

describe('the rows of a log entry', () => {
  it('say everything of a request with one row', async () => {
    const inputs = { age: float32([1, 1], 41), sector: { type: 'string', shape: [1, 1], data: ['a "b"\n'] } } as const;
    const outputs = {
      label: { type: 'int64', shape: [1], data: BigInt64Array.of(1n) },
      probabilities: float32([1, 2], 0.3, 0.7),
    } as const;
    expect(await rowsOf(entry({ inputs, outputs }))).toEqual([
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
        source: null,
        asked: null,
        value: null,
        inputs: '{"age":41,"sector":"a \\"b\\"\\n"}',
        outputs: '{"label":1,"probabilities":[0.3,0.7]}',
      },
    ]);
  });

  it('are numbered where a request has several, each with its own values', async () => {
    const rows = await rowsOf(
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
  ])('write %s as JSON can hold it', async (_, tensor, expected) => {
    expect(await inputOf(tensor)).toEqual(expected);
  });

  it('write every float as the shortest decimal that is the same float', async () => {
    const bits = integer({ min: 0, max: 0xffffffff }).map(
      (pattern) => new Float32Array(Uint32Array.of(pattern).buffer)[0] ?? 0,
    );
    const short = integer({ min: -999_999, max: 999_999 }).map((digits) => Math.fround(digits / 1_000));
    await assert(
      asyncProperty(array(oneof(float(), bits, short), { minLength: 500, maxLength: 2_000 }), async (values) => {
        const all = entry({ inputs: { x: float32([1, values.length], ...values) } });
        expect(await rowsOf(all)).toEqual(plainRowsOf(all));
      }),
      { numRuns: 20 },
    );
  });

  it('are those of every entry, however many and however wide', async () => {
    const wide = (i: number): Tensor => ({ type: 'string', shape: [1, 1], data: [`ʘ "${i}" `.repeat((i % 40) * 500)] });
    const entries = Array.from({ length: 3_000 }, (_, i) =>
      entry({ id: `r${i}`, rows: 1, inputs: { x: i % 50 === 0 ? wide(i) : float32([1, 2], i, i / 8) } }),
    );
    const rows = await rowsOf(...entries);
    expect(rows).toEqual(entries.flatMap(plainRowsOf));
  });

  it.each<[Tensor | undefined, string | null]>([
    [undefined, null],
    [{ type: 'bool', shape: [1], data: Uint8Array.of(0) }, '0'],
    [{ type: 'int64', shape: [1, 1], data: BigInt64Array.of(12n) }, '12'],
    [float32([1], 2.5), '2.5'],
    [float32([1], NaN), null],
    [float32([1, 2], 0, 1), null],
  ])('take the label %# from the output of that name', async (label, expected) => {
    expect((await onlyRow({ outputs: label === undefined ? {} : { label } })).label).toBe(expected);
  });

  it.each<[Tensor | undefined, number | null]>([
    [undefined, null],
    [float32([1, 2], 0.75, 0.25), 0.25],
    [float32([1, 1], 0.5), 0.5],
    [float32([1, 3], 0.5, 0.25, 0.25), null],
    [{ type: 'string', shape: [1, 1], data: ['0.5'] }, null],
  ])('take the probability %# of the positive class', async (probabilities, expected) => {
    const row = await onlyRow({ outputs: probabilities === undefined ? {} : { probabilities } });
    expect(row.probability).toBe(expected);
  });

  it('leave a tensor that does not belong to the rows unsaid', async () => {
    const [, second] = await rowsOf(entry({ rows: 2, outputs: { x: float32([3], 1, 2, 3) } }));
    expect(second?.outputs).toBe('{"x":null}');
  });

  it('leave null what a copy or a label does not have', async () => {
    const shared = { id: 'a', at: 5, model: 'tiny', instance: 'one' };
    const [copy] = await rowsOf({
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
    const [label] = await rowsOf({ ...shared, kind: 'feedback', label: 1, value: null });
    expect(label).toMatchObject({ kind: 'feedback', id: 'a', label: '1', version: null, ms: null, outputs: null });
    expect(label?.value).toBeNull();
    expect(await rowsOf({ ...shared, kind: 'feedback', label: null, value: 0 })).toMatchObject([
      { label: null, value: 0 },
    ]);
  });
});
