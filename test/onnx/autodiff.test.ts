import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { add, multiply } from '../../ml/onnx/autodiff/arithmetic.ts';
import { concat, transpose } from '../../ml/onnx/autodiff/arrange.ts';
import { conv } from '../../ml/onnx/autodiff/convolution.ts';
import { gemm, matmul } from '../../ml/onnx/autodiff/linear.ts';
import { sum } from '../../ml/onnx/autodiff/reduce.ts';
import { Tape } from '../../ml/onnx/autodiff/tape.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { gradientCases } from './gradient-cases.ts';
import { inDouble } from './in-double.ts';

interface Given {
  readonly type: 'float32' | 'int64' | 'bool';
  readonly shape: number[];
  readonly values: number[];
}

interface Recorded {
  readonly inputs: Readonly<Record<string, Given>>;
  /** What each value of the outcome counts in the loss. */
  readonly weights: Pick<Given, 'shape' | 'values'>;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, number[]>>;
}

/** By PyTorch in double precision (make.py). */
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/autodiff/gradients.json', import.meta.url), 'utf8'),
) as Record<string, Recorded>;

/** `loss`, and the gradient of each variable by its name. */
function modelOf(name: string, { inputs, weights, gradients }: Recorded): ModelProto {
  const g = new GraphBuilder('case');
  const tape = new Tape(g);
  const values = Object.fromEntries(
    Object.entries(inputs).map(([key, { type, shape }]) => {
      const input = g.input(key, type, shape);
      return [key, key in gradients ? tape.variable(input, shape) : tape.given(input, shape)];
    }),
  );
  const y = gradientCases[name]!(tape, values);
  expect(y.shape, 'the shape that the tape says').toEqual(weights.shape);
  const loss = sum(tape, multiply(tape, y, tape.constant('weights', weights.values, weights.shape)));
  const variables = Object.keys(gradients).map((key) => values[key]!);
  for (const [index, gradient] of tape.gradients(loss, variables).entries()) {
    const { name: of, shape } = variables[index]!;
    g.output(gradient, 'float32', shape.map(Number), `by_${of}`);
  }
  g.output(loss.name, 'float32', [], 'loss');
  return g.model();
}

type Numbers = Readonly<Record<string, readonly number[]>>;

/** Runs a model on numbers by input, in the precision that it takes. */
async function runner(model: ModelProto, inputs: Recorded['inputs'], isDouble: boolean) {
  const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const run = async (over: Numbers = {}): Promise<Numbers> => {
    const feeds = Object.entries(inputs).map(([key, { type, shape, values }]) => {
      const now = over[key] ?? values;
      if (type === 'int64') return [key, new Tensor('int64', BigInt64Array.from(now, BigInt), shape)];
      if (type === 'bool') return [key, new Tensor('bool', Uint8Array.from(now), shape)];
      return isDouble
        ? [key, new Tensor('float64', Float64Array.from(now), shape)]
        : [key, new Tensor('float32', Float32Array.from(now), shape)];
    });
    const found = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
    return Object.fromEntries(
      Object.entries(found).map(([key, { data }]) => [key, Array.from(data as Float64Array, Number)]),
    );
  };
  return { run, session };
}

/** The length of the difference of two vectors by that of the second. */
function relative(found: readonly number[], expected: readonly number[]): number {
  const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((total, value) => total + value ** 2, 0));
  expect(found).toHaveLength(expected.length);
  return norm(found.map((value, at) => value - expected[at]!)) / norm(expected);
}

/** Central differences of the loss. */
async function differences(run: (over: Numbers) => Promise<Numbers>, key: string, values: number[], step: number) {
  const found: number[] = [];
  for (const at of values.keys()) {
    const moved = async (by: number): Promise<number> => {
      const { loss } = await run({ [key]: values.with(at, values[at]! + by) });
      return loss![0]!;
    };
    found.push(((await moved(step)) - (await moved(-step))) / (2 * step));
  }
  return found;
}

const linear = /^(conv|average pooling)/;

describe('the gradient of', () => {
  test.each(Object.entries(recorded))("%s is PyTorch's, and the finite differences'", async (name, of) => {
    const model = modelOf(name, of);
    const { run, session } = await runner(model, of.inputs, false);
    const found = await run();
    expect(Math.abs(found.loss![0]! - of.loss) / Math.max(1, Math.abs(of.loss))).toBeLessThan(1e-5);
    for (const [key, gradient] of Object.entries(of.gradients))
      expect(relative(found[`by_${key}`]!, gradient), `by ${key}`).toBeLessThan(1e-5);
    const wide = inDouble(model);
    if (wide !== null) {
      const double = await runner(wide, of.inputs, true);
      const exact = await double.run();
      for (const key of Object.keys(of.gradients)) {
        const expected = await differences(double.run, key, of.inputs[key]!.values, 1e-5);
        expect(relative(exact[`by_${key}`]!, expected), `by ${key}, in double`).toBeLessThan(1e-7);
      }
      await double.session.release();
    } else if (linear.test(name)) {
      // What is linear in each input has exact differences of any step.
      for (const key of Object.keys(of.gradients)) {
        const expected = await differences(run, key, of.inputs[key]!.values, 4);
        expect(relative(found[`by_${key}`]!, expected), `by ${key}, by differences`).toBeLessThan(1e-5);
      }
    }
    await session.release();
  });

  test('every case is recorded', () => {
    expect(Object.keys(gradientCases).toSorted()).toEqual(Object.keys(recorded).toSorted());
  });
});

describe('a tape', () => {
  const tapeOf = (...shapes: number[][]) => {
    const g = new GraphBuilder('case');
    const tape = new Tape(g);
    return { tape, values: shapes.map((shape) => tape.variable(g.input('x', 'float32', shape), shape)) };
  };

  test('refuses a value that the loss does not depend on, and a loss that is not a scalar', () => {
    const { tape, values } = tapeOf([2], [2]);
    const [x, other] = values;
    expect(() => tape.gradients(sum(tape, x!), [other!])).toThrow(/does not depend on "x_1"/);
    expect(() => tape.gradients(x!, [x!])).toThrow(/not a scalar/);
  });

  test('refuses shapes that do not go together, and names both', () => {
    const { tape, values } = tapeOf([2, 3], [4, 5], [6, 3, 3, 3]);
    const [a, b, w] = values;
    expect(() => add(tape, a!, b!)).toThrow(/\[2, 3\] and \[4, 5\] do not go together/);
    expect(() => gemm(tape, a!, b!)).toThrow(/\[2, 3\] and \[4, 5\] do not go together/);
    expect(() => matmul(tape, a!, b!)).toThrow(/\[2, 3\] and \[4, 5\] do not go together/);
    expect(() => concat(tape, [a!, b!], 0)).toThrow(/\[2, 3\] and \[4, 5\] do not go together/);
    expect(() => transpose(tape, a!, [0, 0])).toThrow(/\[2, 3\] cannot be put in the order \[0, 0\]/);
    const [image, wide] = tapeOf([1, 1, 2, 2], [1, 1, 3, 3]).values;
    const window = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
    expect(() => conv(tape, { x: image!, w: wide! }, window, 1)).toThrow(
      /a window \[3, 3\] does not fit into \[2, 2\]/,
    );
    expect(() => conv(tape, { x: w!, w: w! }, window, 2)).toThrow(
      /\[6, 3, 3, 3\] by weights \[6, 3, 3, 3\] in 2 groups/,
    );
  });
});
