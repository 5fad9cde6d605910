import { crc32 as nativeCrc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../codec/crc32.ts';
import { decodeFrames, FrameReader } from '../../codec/log-frame-reader.ts';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import type { FeedbackEntry, LogEntry, MirrorEntry, PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { sizeOf, type Tensor, type TensorData, type TensorType } from '../../contracts/data/tensor.ts';

const exactly = (length: number): fc.ArrayConstraints => ({ minLength: length, maxLength: length });
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  // Not well-formed, and longer than what is read a character at a time.
  fc.array(fc.nat(0xffff), { maxLength: 100 }).map((units) => String.fromCharCode(...units)),
  // Long and plain, perhaps with one character that is not.
  fc
    .tuple(fc.nat(300), fc.constantFrom('', 'e', 'é', '€', '\ud83d\ude00', '\ud83d'), fc.nat(300))
    .map(([before, one, after]) => `${'a'.repeat(before)}${one}${'b'.repeat(after)}`),
);
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1e300, NaN, Infinity));

const datas: Record<TensorType, (length: number) => fc.Arbitrary<TensorData>> = {
  string: (n) => fc.array(text, exactly(n)),
  bool: (n) => fc.uint8Array({ ...exactly(n), max: 1 }),
  int8: (n) => fc.int8Array(exactly(n)),
  int16: (n) => fc.int16Array(exactly(n)),
  int32: (n) => fc.int32Array(exactly(n)),
  int64: (n) => fc.bigInt64Array(exactly(n)),
  uint8: (n) => fc.uint8Array(exactly(n)),
  uint16: (n) => fc.uint16Array(exactly(n)),
  uint32: (n) => fc.uint32Array(exactly(n)),
  uint64: (n) => fc.bigUint64Array(exactly(n)),
  float16: (n) => fc.uint16Array(exactly(n)),
  float32: (n) => fc.float32Array(exactly(n)),
  float64: (n) => fc.float64Array(exactly(n)),
};
const types = Object.keys(datas) as TensorType[];

const tensor = (rows: number): fc.Arbitrary<Tensor> =>
  fc
    .record({
      type: fc.constantFrom(...types),
      shape: fc.oneof(
        fc.constantFrom([rows], [rows, 1], [rows, 3], []),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
      ),
    })
    .chain(({ type, shape }) => datas[type](sizeOf(shape)).map((data) => ({ type, shape, data })));
const tensors = (rows: number): fc.Arbitrary<Record<string, Tensor>> =>
  fc.dictionary(fc.oneof(fc.constantFrom('age', '__proto__', '7'), text), tensor(rows), {
    maxKeys: 5,
    noNullPrototype: true,
  });

const common = {
  id: text,
  at: number,
  // Few, so that entries share what has a number.
  model: fc.constantFrom('tiny', 'other', 'ünï'),
  version: fc.nat(3),
  seq: fc.nat(2),
  release: fc.constantFrom(null, 'release/tiny/1'),
  instance: fc.constantFrom('one', 'two'),
  ms: number,
  error: fc.oneof(fc.constant(null), text),
};
const prediction = fc.nat(20).chain((rows) =>
  fc
    .record({
      ...common,
      kind: fc.constant('prediction'),
      key: text,
      arm: fc.constantFrom('champion', 'canary'),
      share: fc.constantFrom(0, 0.25, -0),
      modelMs: number,
      rows: fc.constant(rows),
      inputs: tensors(rows),
      outputs: tensors(rows),
    })
    .chain((entry) => fc.constantFrom(entry, { ...entry, key: entry.id })),
) as fc.Arbitrary<PredictionEntry>;
const mirror = fc
  .nat(20)
  .chain((rows) =>
    fc.record({ ...common, kind: fc.constant('mirror'), rows: fc.constant(rows), outputs: tensors(rows) }),
  ) as fc.Arbitrary<MirrorEntry>;
const feedback = fc.record(
  {
    kind: fc.constant('feedback'),
    id: text,
    at: number,
    model: common.model,
    label: fc.oneof(number, text, fc.constant(null)),
    value: fc.oneof(number, fc.constant(null)),
    instance: common.instance,
    source: text,
    asked: fc.record({ key: text, time: number }, { noNullPrototype: true }),
  },
  { requiredKeys: ['kind', 'id', 'at', 'model', 'label', 'value', 'instance'] },
) as fc.Arbitrary<FeedbackEntry>;
const entries = fc
  .array(fc.oneof(prediction, mirror, feedback), { maxLength: 12 })
  .map((all) => all.map((entry) => ({ ...entry })));

function framed(all: readonly LogEntry[]): Uint8Array {
  const writer = new FrameWriter(16);
  for (const entry of all) writer.append(entry);
  return writer.take().slice();
}

const tiny = (id: string, change: Partial<PredictionEntry> = {}): PredictionEntry => ({
  kind: 'prediction',
  id,
  key: id,
  at: 5,
  model: 'tiny',
  version: 1,
  arm: 'champion',
  share: 0,
  seq: 1,
  release: null,
  instance: 'one',
  ms: 2,
  modelMs: 1,
  error: null,
  rows: 1,
  inputs: { age: { type: 'float32', shape: [1, 1], data: Float32Array.of(3) } },
  outputs: { label: { type: 'int64', shape: [1], data: BigInt64Array.of(1n) } },
  ...change,
});

describe('a frame of the prediction log', () => {
  it('gives any entry back', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const bytes = framed(all);
        expect(decodeFrames(bytes)).toStrictEqual({ entries: all, end: bytes.length });
      }),
      { numRuns: 300 },
    );
  });

  it('is never read wrong where bytes were changed or cut: what comes before is what is read', () => {
    fc.assert(
      fc.property(
        entries,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 255 }),
        (all, place, flip) => {
          const bytes = framed(all);
          const at = Math.min(bytes.length - 1, Math.floor(place * bytes.length));
          if (at < 0) return;
          const damaged = flip === 0 ? bytes.slice(0, at) : Uint8Array.from(bytes);
          if (flip > 0) damaged[at] = damaged[at]! ^ flip;
          const read = decodeFrames(damaged);
          expect(read.entries).toStrictEqual(all.slice(0, read.entries.length));
          expect(read.entries.length).toBeLessThan(all.length);
          expect(read.end).toBeLessThanOrEqual(at);
          expect(decodeFrames(bytes.slice(0, read.end)).entries).toStrictEqual(read.entries);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is never found in bytes that nobody framed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeFrames(bytes)).toEqual({ entries: [], end: 0 });
      }),
    );
    expect(decodeFrames(new Uint8Array(4_096))).toEqual({ entries: [], end: 0 });
  });

  it('is read in pieces as it is at once', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 300 }), (all, step) => {
        const bytes = framed(all);
        const reader = new FrameReader();
        const read: LogEntry[] = [];
        let begin = 0;
        for (let end = step; begin < bytes.length; end += step) {
          begin += reader.read(bytes.subarray(begin, end), (entry) => read.push(entry));
        }
        expect(read).toStrictEqual(all);
      }),
      { numRuns: 50 },
    );
  });

  it('of a label is as it was before there were values', () => {
    const before = Buffer.from(
      '269f50be2e000000a700000874696e79066f6e65000000000000000000000000000000000000' +
        '0000000000000000025115a11b000000a704000000000000000014' +
        '4004723106796573859738301f000000a70404000000000000001440047231000000000000f83f',
      'hex',
    );
    const shared = { kind: 'feedback', id: 'r1', at: 5, model: 'tiny', value: null, instance: 'one' } as const;
    const labels: LogEntry[] = [
      { ...shared, label: 'yes' },
      { ...shared, label: 1.5 },
    ];
    expect(decodeFrames(before)).toEqual({ entries: labels, end: before.length });
    expect(Buffer.from(framed(labels))).toEqual(before);
  });

  it('repeats neither the names of columns nor what the release says', () => {
    const writer = new FrameWriter();
    writer.append(tiny('a'));
    const first = writer.length;
    writer.append(tiny('b'));
    expect(writer.length - first).toBeLessThan(first / 2);
    expect(Buffer.from(writer.take()).toString('latin1').split('age')).toHaveLength(2);
  });

  it('can be read in another segment that begins with the definitions', () => {
    const writer = new FrameWriter();
    writer.append(tiny('a'));
    const first = writer.take().slice();
    writer.append(tiny('b'));
    const second = writer.take().slice();
    expect(decodeFrames(second)).toEqual({ entries: [], end: 0 });
    const { frames } = writer.definitions;
    expect(decodeFrames(Buffer.concat([frames, second])).entries).toStrictEqual([tiny('b')]);
    expect(decodeFrames(Buffer.concat([frames, first, second])).entries).toStrictEqual([tiny('a'), tiny('b')]);
    writer.restart();
    writer.append(tiny('c'));
    expect(decodeFrames(writer.take()).entries).toStrictEqual([tiny('c')]);
  });

  it('is not begun for a tensor whose values do not fill its shape, and leaves those after it right', () => {
    const wrong: Tensor = { type: 'float32', shape: [1, 1], data: Float32Array.of(1, 2) };
    const writer = new FrameWriter();
    writer.append(tiny('a'));
    expect(() => writer.append(tiny('b', { version: 2, inputs: { other: wrong } }))).toThrow('not the 1 of its shape');
    writer.append(tiny('c', { version: 3, inputs: { third: { ...wrong, shape: [1, 2] } } }));
    const bytes = writer.take().slice();
    const { frames } = writer.definitions;
    expect(decodeFrames(Buffer.concat([frames, bytes])).entries.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(decodeFrames(bytes).entries[1]).toMatchObject({ version: 3, inputs: { third: { shape: [1, 2] } } });
  });

  it('says when a segment has so many definitions that another should begin', () => {
    const writer = new FrameWriter();
    const all = Array.from({ length: 300 }, (_, seq) => tiny(`${seq}`, { seq }));
    for (const entry of all.slice(0, 200)) writer.append(entry);
    expect(writer.definitions.crowded).toBe(false);
    for (const entry of all.slice(200)) writer.append(entry);
    expect(writer.definitions.crowded).toBe(true);
    expect(decodeFrames(writer.take()).entries).toStrictEqual(all);
  });

  it('writes into a buffer that was given back without changing what was taken before', () => {
    const writer = new FrameWriter(64);
    writer.append(tiny('a'));
    const first = writer.take();
    writer.append(tiny('b'));
    const second = writer.take();
    const both = Buffer.concat([first, second]);
    writer.recycle(first);
    writer.append(tiny('c'));
    writer.append(tiny('d'));
    expect(decodeFrames(Buffer.concat([both, writer.take()])).entries.map(({ id }) => id)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });
});

describe('the CRC-32', () => {
  // The check value of the catalogue of parametrised CRC algorithms, and two that zlib gives.
  it.each([
    ['123456789', 0xcbf43926],
    ['', 0],
    ['a', 0xe8b7be43],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of "%s" is %i', (text, expected) => {
    const { buffer } = Uint8Array.from(Buffer.from(`ab${text}c`));
    expect(crc32(new DataView(buffer), 2, buffer.byteLength - 1)).toBe(expected);
  });

  it('is that of zlib, wherever the bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, begin) => {
        const from = Math.min(begin, bytes.length);
        expect(crc32(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), from)).toBe(
          nativeCrc32(bytes.subarray(from)),
        );
      }),
    );
  });
});
