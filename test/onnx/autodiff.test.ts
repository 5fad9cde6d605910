import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { add, multiply, subtract } from '../../ml/onnx/autodiff/arithmetic.ts';
import { concat, gather, reshape } from '../../ml/onnx/autodiff/arrange.ts';
import { relu, sigmoid, softplus } from '../../ml/onnx/autodiff/elementwise.ts';
import { gemm } from '../../ml/onnx/autodiff/linear.ts';
import { sum } from '../../ml/onnx/autodiff/reduce.ts';
import { Tape, type Value } from '../../ml/onnx/autodiff/tape.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';

type Build = (tape: Tape, variables: Value[], indices: Value) => Value;

const shapes: Record<string, number[]> = { x: [4, 3], w: [3, 5], b: [5], c: [4, 1], t: [6, 3], s: [1, 5] };

const cases: [string, string[], Build][] = [
  ['Gemm', ['x', 'w', 'b'], (tape, [x, w, b]) => sum(tape, square(tape, gemm(tape, x!, w!, b)))],
  [
    'a layer with Relu',
    ['x', 'w', 'b'],
    (tape, [x, w, b]) => sum(tape, square(tape, relu(tape, gemm(tape, x!, w!, b)))),
  ],
  ['Sigmoid', ['x'], (tape, [x]) => sum(tape, square(tape, sigmoid(tape, x!)))],
  ['Softplus', ['x'], (tape, [x]) => sum(tape, multiply(tape, softplus(tape, x!), x!))],
  ['Add with a repeated column', ['x', 'c'], (tape, [x, c]) => sum(tape, square(tape, add(tape, x!, c!)))],
  ['Sub with a repeated row', ['s', 'c'], (tape, [s, c]) => sum(tape, square(tape, subtract(tape, s!, c!)))],
  ['Mul with a missing axis', ['w', 'b'], (tape, [w, b]) => sum(tape, square(tape, multiply(tape, w!, b!)))],
  ['a value that is used twice', ['x'], (tape, [x]) => sum(tape, multiply(tape, add(tape, x!, x!), sigmoid(tape, x!)))],
  [
    'Concat',
    ['x', 'c'],
    (tape, [x, c]) => sum(tape, square(tape, multiply(tape, concat(tape, [x!, c!, x!]), concat(tape, [c!, x!, x!])))),
  ],
  [
    'an embedding whose rows repeat',
    ['t'],
    (tape, [t], indices) => sum(tape, square(tape, sigmoid(tape, reshape(tape, gather(tape, t!, indices), [2, 6])))),
  ],
];

const square = (tape: Tape, value: Value): Value => multiply(tape, value, value);

describe('the gradient of', () => {
  test.each(cases)('%s equals the central difference', async (_, names, build) => {
    const g = new GraphBuilder('case');
    const tape = new Tape(g);
    const variables = names.map((name) => tape.variable(g.input(name, 'float32', shapes[name]), shapes[name]!));
    const indices = tape.given('rows', [2, 2]);
    if (names.includes('t')) g.constant('rows', BigInt64Array.of(0n, 5n, 5n, 2n), [2, 2]);
    const loss = build(tape, variables, indices);
    const gradients = tape.gradients(loss, variables);
    g.output(loss.name, 'float32', [], 'loss');
    for (const [index, gradient] of gradients.entries()) g.output(gradient, 'float32', shapes[names[index]!]);
    const session = await InferenceSession.create(encodeModel(g.model()));

    const random = createRandom(3);
    const values = names.map((name) =>
      Float32Array.from({ length: shapes[name]!.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
    const run = (point: Float32Array[]) =>
      session.run(Object.fromEntries(names.map((name, i) => [name, new Tensor('float32', point[i]!, shapes[name])])));
    const at = await run(values);
    for (const [index, name] of names.entries()) {
      const exact = at[gradients[index]!]!;
      expect(exact.dims).toEqual(shapes[name]);
      for (let i = 0; i < values[index]!.length; i++) {
        const moved = async (by: number) => {
          const point = values.map((array) => array.slice());
          point[index]![i]! += by;
          return Number((await run(point)).loss!.data[0]);
        };
        const difference = ((await moved(0.01)) - (await moved(-0.01))) / 0.02;
        const tolerance = 0.01 + 0.005 * Math.abs(difference);
        expect(Math.abs(Number(exact.data[i]) - difference), `${name}[${i}]`).toBeLessThan(tolerance);
      }
    }
    await session.release();
  });

  test('a value that the loss does not depend on is refused', () => {
    const g = new GraphBuilder('case');
    const tape = new Tape(g);
    const x = tape.variable(g.input('x', 'float32', [2]), [2]);
    const other = tape.variable(g.input('other', 'float32', [2]), [2]);
    expect(() => tape.gradients(sum(tape, x), [other])).toThrow(/does not depend on "other"/);
    expect(() => tape.gradients(x, [x])).toThrow(/not a scalar/);
    expect(() => add(tape, x, tape.given('y', [3]))).toThrow(/do not go together/);
  });
});
