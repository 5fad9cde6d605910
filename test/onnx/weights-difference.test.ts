import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { weightsDifference } from '../../ml/onnx/weights-difference.ts';

function model(weights: readonly number[], activation = 'Relu'): Uint8Array {
  const g = new GraphBuilder('tested');
  const input = g.input('x', 'float32', ['batch', 2]);
  const product = g.node('MatMul', [input, g.constant('weights', Float32Array.from(weights), [2, 2])]);
  g.output(g.node(activation, [product]), 'float32', ['batch', 2], 'y');
  return encodeModel(g.model());
}

describe('the difference of weights', () => {
  test('is a share of the greatest value of the tensor', () => {
    expect(weightsDifference(model([1, 2, 3, 4]), model([1, 2, 3, 4]))).toBe(0);
    expect(weightsDifference(model([1, 2, 3, 4]), model([1, 2.5, 3, 4]))).toBe(0.125);
    expect(weightsDifference(model([0, 0, 0, 0]), model([0, 0, 0, 1]))).toBe(Infinity);
  });

  test('is unknown where the graphs differ', () => {
    expect(weightsDifference(model([1, 2, 3, 4]), model([1, 2, 3, 4], 'Sigmoid'))).toBeNull();
  });
});
