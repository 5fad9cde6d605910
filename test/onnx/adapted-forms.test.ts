import { Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import type { ModelProto } from '../../ml/onnx/proto.ts';
import { adapted, answersOf, columnsOf } from '../support/adapted.ts';
import { toolCase, type ToolCase } from '../support/tool-models.ts';

type More = Parameters<typeof adapted>[1];

/** The adapted form of a graph that is built for features of a task. */
function built(
  build: (g: GraphBuilder) => void,
  { features, task = 'binary', ...more }: { features: string[]; task?: ToolCase['task'] } & NonNullable<More>,
): ModelProto {
  const g = new GraphBuilder('built');
  build(g);
  const labels = task === 'multiclass' ? ['basic'] : [0];
  return adapted({ ...toolCase('XGBoost'), task, columns: features, labels, model: g.model() }, more);
}

const floats = (...values: number[]): Tensor => new Tensor('float32', Float32Array.from(values), [values.length, 1]);
const float32Below = (value: number): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]! -= 1;
  return new Float32Array(bits.buffer)[0]!;
};

describe('labels and probabilities', () => {
  const shares = (g: GraphBuilder): void => g.output(g.input('x', 'float32', ['n', 1]), 'float32', ['n', 1], 'share');
  const outputs = { probabilities: 'share' };

  test('of one probability are positive from the threshold on, and not where it is missing', async () => {
    const model = built(shares, { features: ['age'], signature: { outputs }, threshold: 0.3 });
    const below = float32Below(0.3);
    const found = await answersOf(model, { age: floats(Math.fround(0.3), below, NaN, 1) });
    expect(found.label).toEqual([1, 0, 0, 1]);
    expect(found.probabilities!.slice(2, 4)).toEqual([Math.fround(1 - below), below]);
    expect(found.probabilities!.slice(4)).toEqual([NaN, NaN, 0, 1]);
  });

  test('of one probability that rounding puts outside [0, 1] are within, and others stay as they are', async () => {
    const model = built(shares, { features: ['age'], signature: { outputs } });
    const { probabilities } = await answersOf(model, { age: floats(-1.2e-7, 1 + 1.2e-7, -0.5, 1.5, NaN, 0.3) });
    expect(probabilities!.filter((_, i) => i % 2 === 1)).toEqual([0, 1, -0.5, 1.5, NaN, Math.fround(0.3)]);
  });

  test('of one probability are of the last class that the signature names', async () => {
    const signature = { outputs: { ...outputs, classes: [1, 0] } };
    const found = await answersOf(built(shares, { features: ['age'], signature }), { age: floats(0.75, 0.25) });
    expect(found).toEqual({ label: [0, 1], probabilities: [0.75, 0.25, 0.25, 0.75] });
  });

  test.each<[string, Record<string, unknown>, (number | boolean | string)[], (number | string)[]]>([
    ['true and false', { type: 'boolean' }, [false, true], [0, 1]],
    ['texts', { type: 'string', allowed: ['no', 'yes'] }, ['no', 'yes'], ['no', 'yes']],
    ['decimals', { type: 'number', allowed: ['0.5', '1.5'] }, [0.5, 1.5], [0.5, 1.5]],
  ])('are in the words of the target: %s', async (_, target, [negative, positive], expected) => {
    const model = built(shares, {
      features: ['age'],
      signature: { outputs },
      target,
      negative,
      positive,
      task: 'binary',
    });
    expect((await answersOf(model, { age: floats(0.25, 0.75) })).label).toEqual(expected);
  });

  test('of classes in another order than the definition are put in its order, and the labels stay', async () => {
    const one = toolCase('scikit-learn, labels of text');
    const target = { type: 'string', allowed: ['pro', 'basic', 'plus'] };
    const found = await answersOf(adapted(one, { target }), columnsOf(one, 'float32'));
    expect(found.label).toEqual(one.labels);
    one
      .probabilities!.flatMap(([basic = 0, plus = 0, pro = 0]) => [pro, basic, plus])
      .forEach((value, i) => expect(found.probabilities?.[i]).toBeCloseTo(value, 5));
  });

  test('of classes by number are those that the signature names', async () => {
    const one = toolCase('XGBoost, classes by number');
    const more = {
      target: { type: 'string', allowed: ['pro', 'basic', 'plus'] },
      signature: { outputs: { classes: ['basic', 'plus', 'pro'] } },
    };
    const found = await answersOf(adapted(one, more), columnsOf(one, 'float32'));
    expect(found.label).toEqual(one.labels!.map((label) => ['basic', 'plus', 'pro'][Number(label)]));
    one
      .probabilities!.flatMap(([basic = 0, plus = 0, pro = 0]) => [pro, basic, plus])
      .forEach((value, i) => expect(found.probabilities?.[i]).toBeCloseTo(value, 5));
  });
});

describe('inputs', () => {
  test('of each type and form are made from columns', async () => {
    const model = built(
      (g) => {
        const cast = (value: string): string => g.node('Cast', [value], { to: { int: 1 } });
        const table = cast(g.input('whole', 'int64', ['n', 2]));
        const vector = cast(g.input('vector', 'float64', ['n']));
        const column = g.node('Reshape', [vector, g.ints('column', [-1, 1])]);
        const tail = cast(g.input('tenure', 'uint8', ['n', 1]));
        g.output(g.node('Concat', [table, column, tail], { axis: { int: 1 } }), 'float32', ['n', 4], 'all');
        g.output(g.node('ReduceSum', ['all', g.ints('axis', [1])]), 'float32', ['n', 1], 'sum');
      },
      {
        features: ['age', 'amount', 'more', 'tenure'],
        task: 'regression',
        signature: {
          inputs: [
            { name: 'whole', columns: ['age', 'more'] },
            { name: 'vector', columns: ['amount'] },
            { name: 'tenure', columns: ['tenure'] },
          ],
          outputs: { value: 'sum' },
        },
      },
    );
    const whole = (...values: bigint[]) => new Tensor('int64', BigInt64Array.from(values), [values.length, 1]);
    const found = await answersOf(model, {
      age: whole(1n, 2n),
      more: whole(10n, 20n),
      amount: new Tensor('float64', Float64Array.of(0.25, 0.5), [2, 1]),
      tenure: new Tensor('uint8', Uint8Array.of(100, 200), [2, 1]),
    });
    expect(found).toEqual({ prediction: [111.25, 222.5] });
  });

  test('of half floats are given as float32, and half floats of outputs are answered as such', async () => {
    const half = { to: { int: 10 } };
    const g = new GraphBuilder('half');
    const x = g.input('age', 'float32', ['n', 1]);
    g.output(g.node('Cast', [g.node('Cast', [x], { to: { int: 1 } })], half, { output: 'variable' }), 'float32', [
      'n',
      1,
    ]);
    const model = g.model();
    for (const { type } of [...model.graph.input, ...model.graph.output]) type!.tensorType!.elemType = half.to.int;
    const found = await answersOf(adapted({ ...toolCase('XGBoost, numbers'), columns: ['age'], model }), {
      age: floats(0.5, 2049),
    });
    // A half float has 11 bits.
    expect(found).toEqual({ prediction: [0.5, 2048] });
  });

  test('of texts are a table as well', async () => {
    const model = built(
      (g) => {
        const texts = g.input('texts', 'string', ['n', 2]);
        const labels = g.node('Gather', [texts, g.constant('second', BigInt64Array.of(1n), [])], { axis: { int: 1 } });
        g.output(labels, 'string', ['n'], 'label');
        const slots = g.node('Shape', [texts]);
        g.output(g.node('Expand', [g.scalar('half', 0.5), slots]), 'float32', ['n', 2], 'probabilities');
      },
      { features: ['first', 'plan'], target: { type: 'string', allowed: ['no', 'yes'] }, positive: 'yes' },
    );
    const texts = (...values: string[]) => new Tensor('string', values, [values.length, 1]);
    const found = await answersOf(model, { first: texts('a', ''), plan: texts('yes', 'no') });
    expect(found).toEqual({ label: ['yes', 'no'], probabilities: [0.5, 0.5, 0.5, 0.5] });
  });

  test('have the names of features also where values and nodes of the model have them, and its subgraphs', async () => {
    const model = built(
      (g) => {
        const x = g.input('tenure', 'float32', ['n', 3]);
        const sum = g.node('ReduceSum', [x, g.ints('age', [1])], {}, { output: 'amount' });
        const branch = (name: string) => {
          const b = new GraphBuilder(name, g);
          b.output(b.node('Neg', [sum], {}, { output: 'Concat' }), 'float32', ['n', 1]);
          return b.graph();
        };
        const branches = { then_branch: { graph: branch('then') }, else_branch: { graph: branch('else') } };
        const inside = g.node('If', [g.constant('prediction', Uint8Array.of(1), [], 'bool')], branches);
        g.output(inside, 'float32', ['n', 1], 'value');
      },
      {
        features: ['age', 'amount', 'tenure'],
        task: 'regression',
        signature: { inputs: [{ name: 'tenure', columns: ['age', 'amount', 'tenure'] }] },
      },
    );
    const found = await answersOf(model, { age: floats(1, 2), amount: floats(10, 20), tenure: floats(100, 200) });
    expect(found).toEqual({ prediction: [-111, -222] });
  });
});

describe('quantiles', () => {
  const spread = (g: GraphBuilder, width: number, type: 'float32' | 'float64' = 'float32'): void => {
    const x = g.input('age', 'float32', ['n', 1]);
    const steps = g.constant(
      'steps',
      Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? i : -i)),
      [1, width],
    );
    const values = g.node('Add', [x, steps]);
    g.output(
      type === 'float64' ? g.node('Cast', [values], { to: { int: 11 } }) : values,
      type,
      ['n', width],
      'variable',
    );
  };
  const levels = { task: 'regression', features: ['age'], quantile: [0.1, 0.5, 0.9] } as const;
  const more = { ...levels, features: [...levels.features], quantile: [...levels.quantile] };

  test.each(['float32', 'float64'] as const)(
    'of %s that cross are sorted, and the middle one is the prediction',
    async (type) => {
      const found = await answersOf(
        built((g) => spread(g, 3, type), more),
        { age: floats(10, 20) },
      );
      expect(found).toEqual({ prediction: [10, 20], quantiles: [9, 10, 12, 19, 20, 22] });
    },
  );

  test('of another number than the levels are refused', () => {
    expect(() => built((g) => spread(g, 2), more)).toThrow(
      /has shape \[rows, 2\], and task quantile predicts 3 quantiles a row: export it as \[rows, 3\], a column a level/,
    );
  });
});
