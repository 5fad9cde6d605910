/** A closed range of real values. */
export interface ActivationRange {
  readonly min: number;
  readonly max: number;
}

/** `real = scale * (quantized - zeroPoint)` */
export interface AffineScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Values of a constant weight, row-major: one row per input of the layer, one column per output. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

export interface QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Int8Array;
  /** One per column. */
  readonly scales: Float32Array;
}

const leastScale = 2 ** -126;

/** To the nearest integer, a half to the even one: the rounding of QuantizeLinear. */
export function roundHalfEven(value: number): number {
  return Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}

/**
 * Scale and zero point of an activation in uint8, `scale = (max - min) / 255` after the range was widened to hold zero. Zero is
 * represented exactly, and values within the range are off by at most half a scale. A range of nothing but zero has scale 1.
 * The rule of `onnxruntime.quantization.quant_utils.compute_scale_zp`.
 */
export function activationScale({ min, max }: ActivationRange): AffineScale {
  const low = Math.min(0, Math.fround(min));
  const scale = (Math.max(0, Math.fround(max)) - low) / 255;
  if (scale < leastScale) return { scale: 1, zeroPoint: 0 };
  return { scale: Math.fround(scale), zeroPoint: roundHalfEven(-low / scale) };
}

/** Largest magnitude of a quantized weight. */
const weightLimit = (reducedRange: boolean): number => (reducedRange ? 64 : 127);

/**
 * Weights in int8, symmetric (zero point 0), one scale per column: `scale = max |w| / limit`. `limit` is 127, or 64 in the reduced
 * range: AVX2 and SSE add pairs of products in 16 bits, where `2 * 255 * 127` saturates and `2 * 255 * 64` does not.
 * `leastScales` raises the scale of a column, one per column; a column of zeros without one has scale 1.
 */
export function quantizeWeights(weights: Matrix, reducedRange: boolean, leastScales?: Float64Array): QuantizedMatrix {
  const { rows, columns, data } = weights;
  const limit = weightLimit(reducedRange);
  const scales = new Float32Array(columns);
  for (let at = 0; at < data.length; at += 1) {
    scales[at % columns] = Math.max(scales[at % columns] ?? 0, Math.abs(data[at] ?? 0));
  }
  for (let column = 0; column < columns; column += 1) {
    const scale = Math.max((scales[column] ?? 0) / limit, leastScales?.[column] ?? 0);
    scales[column] = scale < leastScale ? 1 : scale;
  }
  const quantized = Int8Array.from(data, (value, at) =>
    clamp(roundHalfEven(Math.fround(value / (scales[at % columns] ?? 1))), -limit, limit),
  );
  return { rows, columns, data: quantized, scales };
}

/** Magnitude that a bias in int32 may have: products can be added to it without overflow. */
const biasLimit = 2 ** 30;

/** Scales of the weights below which a bias in int32 at `activation scale * weight scale` would overflow. */
export function leastScalesFor(bias: Float32Array, activation: AffineScale): Float64Array {
  return Float64Array.from(bias, (value) => Math.abs(value) / (activation.scale * biasLimit));
}

/** A bias in int32, at the scales of the products that it is added to. */
export function quantizeBias(bias: Float32Array, scales: Float32Array): Int32Array {
  return Int32Array.from(bias, (value, column) => roundHalfEven(value / (scales[column] ?? 1)));
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
