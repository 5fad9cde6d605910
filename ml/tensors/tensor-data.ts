import { halfOf } from '../../codec/float16.ts';
import { sizeOf, type Tensor, type TensorData, type TensorType } from '../../contracts/data/tensor.ts';

const arrays = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** A tensor whose values are made one by one, in row-major order: texts of text tensors, else numbers, whole ones where the type is. */
export function tensorOf(type: TensorType, shape: readonly number[], value: () => number | string): Tensor {
  return { type, shape, data: dataOf(type, sizeOf(shape), value) };
}

function dataOf(type: TensorType, size: number, value: () => number | string): TensorData {
  switch (type) {
    case 'string':
      return Array.from({ length: size }, () => String(value()));
    case 'int64':
      return BigInt64Array.from({ length: size }, () => BigInt(value()));
    case 'uint64':
      return BigUint64Array.from({ length: size }, () => BigInt(value()));
    case 'float16':
      return Uint16Array.from({ length: size }, () => halfOf(Number(value())));
    default:
      return arrays[type].from(Array.from({ length: size }, () => Number(value())));
  }
}
