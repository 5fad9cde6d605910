import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { add, multiply } from '../../ml/onnx/autodiff/arithmetic.ts';
import { slice } from '../../ml/onnx/autodiff/arrange.ts';
import { convolve } from '../../ml/onnx/autodiff/convolve.ts';
import { matmul } from '../../ml/onnx/autodiff/linear.ts';
import { averagePool } from '../../ml/onnx/autodiff/pool.ts';
import { sum, sumOver } from '../../ml/onnx/autodiff/reduce.ts';
import { Tape, type Value } from '../../ml/onnx/autodiff/tape.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { operations, type Operation } from './autodiff-cases.ts';

interface Numbers {
  shape: number[];
  values: number[];
}

interface Case {
  inputs: Record<string, Numbers>;
  /** What the operation's results are multiplied by before they are summed to the loss. */
  r: Numbers;
  loss: number;
  /** By input, from PyTorch, and central differences; both in double precision. */
  gradients: Record<string, number[]>;
  differences: Record<string, number[]>;
}

// Made by test/fixtures/autodiff/make.py.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/autodiff/gradients.json', import.meta.url), 'utf8'),
) as Record<string, Case>;

const tensorOf = ({ shape, values }: Numbers) => new Tensor('float32', Float32Array.from(values), shape);

/** The greatest error, as a share of the greatest value. */
function relativeError(found: ArrayLike<number>, wanted: readonly number[]): number {
  expect(found).toHaveLength(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, index) => Math.abs(value - found[index]!))) / scale;
}

/** The loss and gradients by ONNX Runtime. `batch`: the first size of that input is one that only the run knows. */
async function differentiate(operation: Operation, { inputs, r, gradients }: Case, batch?: string) {
  const g = new GraphBuilder('case');
  const tape = new Tape(g);
  const values = Object.entries(inputs).map(([name, { shape }]): Value => {
    const sizes = name === batch ? ['batch', ...shape.slice(1)] : shape;
    const input = g.input(name, 'float32', sizes);
    return name in gradients ? tape.variable(input, sizes) : tape.given(input, sizes);
  });
  const result = operation(tape, ...(values as Parameters<Operation> extends [Tape, ...infer Rest] ? Rest : never));
  if (batch === undefined) expect(result.shape).toEqual(r.shape);
  const loss = sum(tape, multiply(tape, tape.given(g.input('r', 'float32', result.shape), result.shape), result));
  const names = tape.gradients(
    loss,
    values.filter(({ tracked }) => tracked),
  );
  g.output(loss.name, 'float32', [], 'loss');
  for (const name of names) g.output(name, 'float32');
  const session = await InferenceSession.create(encodeModel(g.model()), { logSeverityLevel: 3 });
  const feeds = Object.entries({ ...inputs, r }).map(([name, numbers]) => [name, tensorOf(numbers)]);
  const found = await session.run(Object.fromEntries(feeds));
  await session.release();
  return {
    loss: Number(found.loss!.data[0]),
    gradients: Object.keys(gradients).map((name, index) => {
      const { data, dims } = found[names[index]!]!;
      expect(dims).toEqual(inputs[name]!.shape);
      return [name, data as Float32Array] as const;
    }),
  };
}

describe('the gradient of', () => {
  test.each(Object.keys(operations))('%s is that of PyTorch, and the central difference', async (name) => {
    const wanted = fixture[name]!;
    const { loss, gradients } = await differentiate(operations[name]!, wanted);
    const size = Math.max(1, Math.abs(wanted.loss));
    expect(Math.abs(loss - wanted.loss) / size).toBeLessThan(1e-5);
    for (const [input, gradient] of gradients) {
      expect(relativeError(gradient, wanted.gradients[input]!), `${input} of PyTorch`).toBeLessThan(1e-5);
      expect(relativeError(gradient, wanted.differences[input]!), `${input} by differences`).toBeLessThan(1e-5);
    }
  });

  test('each case has its operation, and each operation its case', () => {
    expect(Object.keys(operations).toSorted()).toEqual(Object.keys(fixture).toSorted());
  });

  test.each([
    ['gemm', 'x'],
    ['matmul of a batch by one matrix', 'a'],
    ['slice', 'x'],
    ['mean over an axis', 'x'],
    ['batch normalization of pictures', 'x'],
    ['convolution 1-D with strides, pads, dilations and groups', 'x'],
    ['convolution 2-D with strides, pads, dilations and groups', 'x'],
    ['max pooling 2-D whose windows overlap', 'x'],
    ['average pooling 2-D', 'x'],
  ])('%s is the same where the graph does not know the number of rows', async (name, batch) => {
    const wanted = fixture[name]!;
    const { gradients } = await differentiate(operations[name]!, wanted, batch);
    for (const [input, gradient] of gradients)
      expect(relativeError(gradient, wanted.gradients[input]!), input).toBeLessThan(1e-5);
  });
});

describe('a tape refuses', () => {
  const g = new GraphBuilder('case');
  const tape = new Tape(g);
  const variable = (...shape: (number | string)[]) => tape.variable(g.input('x', 'float32', shape), shape);
  const x = variable(2);

  test.each([
    [
      'a value that the loss does not depend on',
      () => tape.gradients(sum(tape, x), [variable(2)]),
      /does not depend on/,
    ],
    ['a loss that is not a scalar', () => tape.gradients(x, [x]), /not a scalar/],
    ['shapes that do not broadcast', () => add(tape, x, variable(3)), /do not go together/],
    ['the product of a vector', () => matmul(tape, x, variable(2, 2)), /give a vector a second axis/],
    ['matrices of other sizes', () => matmul(tape, variable(2, 3), variable(2, 3)), /matmul of \[2, 3\] and \[2, 3\]/],
    ['an axis that there is not', () => sumOver(tape, x, [1]), /there is no axis 1/],
    ['a slice beyond the end', () => slice(tape, x, 0, 1, 3), /slice 1 to 3/],
    ['a slice of rows whose number is not known', () => slice(tape, variable('n', 2), 0, 0, 1), /slice 0 to 1/],
    ['channels that do not fit', () => convolve(tape, variable(1, 3, 5), variable(2, 2, 3)), /3 channels in 1 groups/],
    ['a window larger than what it lies on', () => averagePool(tape, variable(1, 1, 2), [3]), /do not fit sizes \[2\]/],
    ['windows of other axes', () => averagePool(tape, variable(1, 1, 4, 4), [3]), /do not fit/],
    ['a picture of unknown size', () => averagePool(tape, variable(1, 1, 'w'), [3]), /needs a known size/],
  ])('%s', (_, build, message) => {
    expect(build).toThrow(message);
  });
});
