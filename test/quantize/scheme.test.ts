import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHistogram } from '../../ml/onnx/quantize/histogram.ts';
import {
  activationScale,
  type AffineScale,
  leastScalesFor,
  quantizeBias,
  quantizeWeights,
  roundHalfEven,
} from '../../ml/onnx/quantize/scheme.ts';

/** As ONNX's QuantizeLinear and DequantizeLinear of uint8 do. */
const quantized = (values: Float32Array, { scale, zeroPoint }: AffineScale): Uint8Array =>
  Uint8Array.from(values, (value) => Math.min(255, Math.max(0, roundHalfEven(Math.fround(value / scale)) + zeroPoint)));
const dequantized = (values: Uint8Array | Int8Array | Int32Array, { scale, zeroPoint }: AffineScale): Float32Array =>
  Float32Array.from(values, (value) => (value - zeroPoint) * scale);

const real = fc.float({ min: -1e6, max: 1e6, noNaN: true });
const matrix = fc.integer({ min: 1, max: 5 }).chain((columns) =>
  fc
    .array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: columns, maxLength: columns * 6 })
    .map((values) => {
      const rows = Math.floor(values.length / columns);
      return { rows, columns, data: Float32Array.from(values.slice(0, rows * columns)) };
    }),
);

describe('activations', () => {
  test('within the range are off by at most half a scale', () => {
    fc.assert(
      fc.property(fc.array(real, { minLength: 1, maxLength: 50 }), (list) => {
        const values = Float32Array.from(list);
        const affine = activationScale({ min: Math.min(...values), max: Math.max(...values) });
        const back = dequantized(quantized(values, affine), affine);
        const most = affine.scale * 0.5 * (1 + 1e-4);
        expect(values.every((value, at) => Math.abs(value - back[at]!) <= most)).toBe(true);
      }),
    );
  });

  test('of zero are exact in any range', () => {
    fc.assert(
      fc.property(real, real, (a, b) => {
        const affine = activationScale({ min: Math.min(a, b), max: Math.max(a, b) });
        expect(affine.zeroPoint).toBeGreaterThanOrEqual(0);
        expect(affine.zeroPoint).toBeLessThanOrEqual(255);
        expect(Number.isInteger(affine.zeroPoint)).toBe(true);
        expect(dequantized(quantized(Float32Array.of(0), affine), affine)[0]).toBe(0);
      }),
    );
  });

  test('beyond the range saturate', () => {
    const affine = activationScale({ min: -1, max: 1.55 });
    expect([...quantized(Float32Array.of(-9, 9), affine)]).toEqual([0, 255]);
  });
});

describe('weights', () => {
  test.each([true, false])('are off by at most half the scale of their column (reduced range: %s)', (reduced) => {
    fc.assert(
      fc.property(matrix, (weights) => {
        const { data, scales } = quantizeWeights(weights, reduced);
        const limit = reduced ? 64 : 127;
        for (const [at, value] of weights.data.entries()) {
          const scale = scales[at % weights.columns]!;
          expect(Math.abs(data[at]!)).toBeLessThanOrEqual(limit);
          expect(Math.abs(value - data[at]! * scale)).toBeLessThanOrEqual(scale * 0.5 * (1 + 1e-4));
        }
      }),
    );
  });

  test('use the whole range in every column that is not zero', () => {
    const { data, scales } = quantizeWeights(
      { rows: 2, columns: 3, data: Float32Array.of(1, 0, -50, 2, 0, 100) },
      true,
    );
    expect([...data]).toEqual([32, 0, -32, 64, 0, 64]);
    expect([...scales]).toEqual([2 / 64, 1, Math.fround(100 / 64)]);
  });

  test('leave room in the sum for a bias, also in a column of zeros', () => {
    const activation = { scale: 0.01, zeroPoint: 3 };
    const bias = Float32Array.of(1e6, -2.5, 0);
    const weights = { rows: 1, columns: 3, data: Float32Array.of(1e-9, 0, 0) };
    const { scales } = quantizeWeights(weights, true, leastScalesFor(bias, activation));
    const products = scales.map((scale) => scale * activation.scale);
    const whole = quantizeBias(bias, products);
    for (const [column, value] of bias.entries()) {
      expect(Math.abs(whole[column]!)).toBeLessThan(2 ** 30 + 200);
      expect(whole[column]! * products[column]!).toBeCloseTo(value, 3);
    }
  });
});

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, 0],
  [-1.5, -2],
  [2.4, 2],
  [-2.6, -3],
])('%d is rounded to %d', (value, rounded) => {
  expect(roundHalfEven(value) + 0).toBe(rounded);
});

describe('a histogram', () => {
  test('keeps the extremes over batches of growing size', () => {
    const histogram = createHistogram();
    for (const scale of [0.1, 1, 1000]) histogram.add(Float32Array.from({ length: 100 }, (_, i) => scale * (i - 30)));
    expect(histogram.count()).toBe(300);
    expect(histogram.range(100)).toEqual({ min: -30_000, max: 69_000 });
  });

  test('cuts off a share on either side', () => {
    const histogram = createHistogram();
    histogram.add(Float32Array.from({ length: 10_000 }, (_, i) => i / 10_000));
    histogram.add(Float32Array.of(50, -50));
    const { min, max } = histogram.range(99);
    expect(Math.abs(min - 0.01)).toBeLessThan(0.1);
    expect(Math.abs(max - 0.99)).toBeLessThan(0.1);
  });

  test.each([50.5, 75, 90, 99, 99.9])(
    'cuts at percentile %d to within a 512th of the largest magnitude',
    (percentile) => {
      const histogram = createHistogram();
      const values = Float32Array.from({ length: 10_000 }, (_, i) => (i - 2_500) / 7_500);
      for (let from = 0; from < values.length; from += 1000) histogram.add(values.slice(from, from + 1000));
      const { min, max } = histogram.range(percentile);
      // The bins reach to 4/3, four times the magnitude of the first batch: their width is a 1,024th of that.
      const cut = Math.round((1 - percentile / 100) * 10_000);
      for (const [found, exact] of [
        [min, values[cut] ?? 0],
        [max, values[values.length - 1 - cut] ?? 0],
      ] as const)
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(1.34 / 1024 + 1 / 7_500);
    },
  );

  test('keeps the largest value, however small its share', () => {
    const histogram = createHistogram();
    histogram.add(Float32Array.of(-1, -1, 1, 1));
    expect(histogram.range(75)).toEqual({ min: -1, max: 1 });
    histogram.add(Float32Array.of(0));
    expect(histogram.range(81)).toEqual({ min: -1, max: 1 });
    // Three values of five lie below the middle once the bins are wider.
    histogram.add(Float32Array.of(-1, 3));
    expect(histogram.range(60).min).toBeCloseTo(-1, 2);
  });

  test('keeps zeros at zero that came before anything else', () => {
    const histogram = createHistogram();
    histogram.add(new Float32Array(1000));
    histogram.add(Float32Array.from({ length: 1000 }, (_, i) => (i === 0 ? -100 : i / 1000)));
    const { min, max } = histogram.range(99);
    expect(Math.abs(min)).toBeLessThan(0.2);
    expect(Math.abs(max - 0.98)).toBeLessThan(0.2);
  });

  test('says so where a value is not finite, and where all are zero', () => {
    const histogram = createHistogram();
    histogram.add(new Float32Array(4));
    expect(histogram.range(100)).toEqual({ min: 0, max: 0 });
    histogram.add(Float32Array.of(1, Number.NaN));
    expect(histogram.range(100)).toEqual({ min: Number.NaN, max: Number.NaN });
  });
});
