import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor, TensorType } from '../../contracts/data/tensor.ts';
import { createCoalescer } from '../../gateway/cache/coalesce.ts';
import { requestKey } from '../../gateway/cache/request-key.ts';
import { createResponseCache, type ResponseCache } from '../../gateway/cache/response-cache.ts';

const float32 = (values: number[], shape = [values.length, 1]): Tensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});
const text = (values: string[]): Tensor => ({ type: 'string', shape: [values.length, 1], data: values });

describe('the key of a request', () => {
  it('is equal for equal inputs, anywhere in memory', () => {
    const wide = Float32Array.from({ length: 1_000 }, (_, i) => i / 7);
    const shifted = new Float32Array(1_003);
    shifted.set(wide, 3);
    const one = requestKey(1, { a: { type: 'float32', shape: [1, 1_000], data: wide }, b: text(['x']) });
    const other = requestKey(1, {
      a: { type: 'float32', shape: [1, 1_000], data: shifted.subarray(3) },
      b: text(['x']),
    });
    expect(other).toBe(one);
  });

  it.each<[string, number, Record<string, Tensor>]>([
    ['the version', 2, { a: float32([1]), b: text(['x']) }],
    ['a value', 1, { a: float32([1.0000001]), b: text(['x']) }],
    ['a text', 1, { a: float32([1]), b: text(['y']) }],
    ['the sign of zero', 1, { a: float32([-0]), b: text(['x']) }],
    ['the name', 1, { A: float32([1]), b: text(['x']) }],
    ['the shape', 1, { a: float32([1], [1]), b: text(['x']) }],
    ['the type', 1, { a: { type: 'int32', shape: [1, 1], data: Int32Array.of(0x3f800000) }, b: text(['x']) }],
    ['the number of inputs', 1, { a: float32([1]) }],
  ])('differs by %s', (_, version, feeds) => {
    const base = { a: float32([feeds.a?.data[0] === 0 ? 0 : 1]), b: text(['x']) };
    expect(requestKey(version, feeds)).not.toBe(requestKey(1, base));
  });

  it.each<[TensorType, () => Tensor['data'], () => Tensor['data']]>([
    ['float32', () => Float32Array.of(1, NaN), () => new Float32Array(Uint32Array.of(0x3f800000, 0xffc12345).buffer)],
    [
      'float64',
      () => Float64Array.of(1, NaN),
      () => new Float64Array(BigUint64Array.of(0x3ff0000000000000n, 0xfff8000000000123n).buffer),
    ],
    ['float16', () => Uint16Array.of(0x3c00, 0x7e00), () => Uint16Array.of(0x3c00, 0xfd01)],
  ])('is equal for all patterns of a missing %s', (type, usual, odd) => {
    const key = (data: Tensor['data'], repeat: number): string =>
      requestKey(
        1,
        Object.fromEntries(Array.from({ length: repeat }, (_, i) => [`x${i}`, { type, shape: [2], data }])),
      );
    for (const repeat of [1, 100]) expect(key(odd(), repeat)).toBe(key(usual(), repeat));
  });

  it('is equal for two lone missing floats of other patterns', () => {
    const odd = new Float32Array(Uint32Array.of(0xffc12345).buffer);
    expect(requestKey(1, { a: { type: 'float32', shape: [1, 1], data: odd } })).toBe(
      requestKey(1, { a: float32([NaN]) }),
    );
  });

  it('keeps infinities of half precision apart from missing ones', () => {
    const half = (bits: number): string =>
      requestKey(1, { a: { type: 'float16', shape: [1], data: Uint16Array.of(bits) } });
    expect(new Set([half(0x7c00), half(0xfc00), half(0x7e00)]).size).toBe(3);
  });

  it('is equal only for equal inputs, however texts and names are cut', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 3 });
    const inputs = fc.dictionary(fc.string({ maxLength: 2 }), texts, { maxKeys: 3 });
    const written = (input: Record<string, string[]>): string => JSON.stringify(Object.entries(input));
    const key = (input: Record<string, string[]>): string =>
      requestKey(1, Object.fromEntries(Object.entries(input).map(([name, values]) => [name, text(values)])));
    fc.assert(
      fc.property(inputs, inputs, (one, other) => {
        expect(key(one) === key(other)).toBe(written(one) === written(other));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps texts apart that only differ in a half of a character', () => {
    const keys = ['\ud800', '\ud801', '\ufffd'].map((value) => requestKey(1, { a: text([value]) }));
    const long = ['\ud800', '\ud801'].map((value) => requestKey(1, { a: text([value + 'x'.repeat(500)]) }));
    expect(new Set([...keys, ...long]).size).toBe(5);
  });

  it('is short for long inputs', () => {
    const key = (last: number): string => requestKey(1, { a: float32([...Array<number>(500_000).fill(1), last]) });
    expect(key(1).length).toBeLessThan(64);
    expect(key(1)).toBe(key(1));
    expect(key(2)).not.toBe(key(1));
  });
});

describe('the response cache', () => {
  const answer = (value: number): Record<string, Tensor> => ({ y: float32([value]) });
  const valueOf = (cache: ResponseCache, key: string): unknown => cache.get(key)?.y?.data[0];

  function cacheOf(bytes: number, ttlMs = 1_000): { cache: ResponseCache; pass: (ms: number) => void } {
    let at = 0;
    return {
      cache: createResponseCache({ bytes, ttlMs, now: () => at }),
      pass: (ms) => {
        at += ms;
      },
    };
  }

  it('gives what was set, and counts', () => {
    const { cache } = cacheOf(100_000);
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', answer(1));
    expect(valueOf(cache, 'a')).toBe(1);
    expect(cache.get('b')).toBeUndefined();
    cache.set('a', answer(2));
    expect(valueOf(cache, 'a')).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 2, evictions: 0, entries: 1 });
  });

  it('forgets an answer when its time is over, however often it is asked', () => {
    const { cache, pass } = cacheOf(100_000);
    cache.set('a', answer(1));
    for (let i = 0; i < 9; i++) {
      pass(100);
      expect(valueOf(cache, 'a')).toBe(1);
    }
    pass(100);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('makes room by forgetting what was asked least lately', () => {
    const { cache } = cacheOf(100_000);
    cache.set('0', answer(0));
    const room = 10 * cache.stats().bytes;
    const { cache: small } = cacheOf(room);
    for (let i = 0; i < 10; i++) small.set(String(i), answer(i));
    expect(small.stats().evictions).toBe(0);
    expect(valueOf(small, '0')).toBe(0);
    small.set('x', answer(10));
    expect(small.get('1')).toBeUndefined();
    expect(valueOf(small, '0')).toBe(0);
    expect(valueOf(small, 'x')).toBe(10);
    expect(small.stats().evictions).toBe(1);
  });

  it('stays within its bytes for any answers', () => {
    const operations = fc.array(fc.tuple(fc.nat(20), fc.nat(400), fc.boolean()), { maxLength: 200 });
    fc.assert(
      fc.property(operations, (list) => {
        const { cache } = cacheOf(5_000);
        let held = 0;
        for (const [key, size, set] of list) {
          if (set) cache.set(`k${key}`, { y: float32(Array<number>(size).fill(key)) });
          else {
            const found = cache.get(`k${key}`);
            if (found !== undefined) expect(found.y?.data[0] ?? key).toBe(key);
          }
          held = cache.stats().bytes;
          expect(held).toBeLessThanOrEqual(5_000);
        }
        if (cache.stats().entries === 0) expect(held).toBe(0);
      }),
    );
  });

  it('keeps nothing that is larger than itself, nor the old answer instead', () => {
    const { cache } = cacheOf(5_000);
    cache.set('a', answer(1));
    cache.set('a', { y: float32(Array<number>(2_000).fill(1)) });
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, evictions: 0 });
  });

  it('does not hold on to the batch that an answer is a part of', () => {
    const { cache } = cacheOf(100_000);
    const batch = new Float32Array(10_000).fill(7);
    cache.set('a', { y: { type: 'float32', shape: [1, 2], data: batch.subarray(4, 6) } });
    const data = cache.get('a')?.y?.data as Float32Array;
    expect([...data]).toEqual([7, 7]);
    expect(data.buffer.byteLength).toBe(8);
    batch.fill(8);
    expect([...data]).toEqual([7, 7]);
  });

  it('counts texts by their length', () => {
    const { cache } = cacheOf(5_000);
    cache.set('a', { y: text(['x'.repeat(4_000)]) });
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', { y: text(['x'.repeat(400)]) });
    expect(cache.get('a')?.y?.data).toEqual(['x'.repeat(400)]);
  });
});

describe('coalescing', () => {
  it('does equal work once at a time, and again afterwards', async () => {
    const coalescer = createCoalescer<number>();
    let runs = 0;
    const work = async (): Promise<number> => {
      runs += 1;
      const run = runs;
      await new Promise((resolve) => setImmediate(resolve));
      return run;
    };
    expect(await Promise.all(['a', 'a', 'b', 'a'].map((key) => coalescer.share(key, work)))).toEqual([1, 1, 2, 1]);
    expect(coalescer.size).toBe(0);
    expect(await coalescer.share('a', work)).toBe(3);
  });

  it('shares a failure with those who wait, and forgets it', async () => {
    const coalescer = createCoalescer<number>();
    const fail = async (): Promise<number> => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('boom');
    };
    const both = await Promise.allSettled([coalescer.share('a', fail), coalescer.share('a', async () => 1)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await coalescer.share('a', async () => 1)).toBe(1);
  });
});
