import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { columnSchema } from '../../contracts/data/dataset.ts';
import { trainerSchema, type SettingsOf } from '../../contracts/model/trainer.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { adaptImport } from '../../ml/onnx/adapt/adapt-import.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { tensorValues } from '../../ml/onnx/tensor.ts';
import { createRandom } from '../../ml/random.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { TrainingJob } from '../../ports/trainer/port.ts';
import { recorder } from '../contracts/trainer.suite.ts';
import { trainersHere } from '../ports/trainer-here.ts';
import { binary, numbers, quantilesAt, severalClasses } from '../support/classes.ts';
import { frameOf } from './support.ts';

/** Base64 of ONNX files that PyTorch wrote (make.py), by name. */
const files = JSON.parse(
  readFileSync(new URL('../fixtures/finetuning/models.json', import.meta.url), 'utf8'),
) as Record<string, string>;

type Outputs = NonNullable<NonNullable<ModelDefinition['signature']>['outputs']>;

const names = ['a', 'b', 'c', 'd'] as const;
const column = columnSchema.parse({ type: 'number', kind: 'numeric' });
const columns = Object.fromEntries(names.map((name) => [name, column]));
const inference = createOnnxInference();
const trainer = trainersHere(inference);

/** Rows of four numbers, one of them large, and a score that they decide in part. */
function tableOf(rows: number, seed: number) {
  const random = createRandom(seed);
  const values = Object.fromEntries(names.map((name): [string, number[]] => [name, []]));
  const scores: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [a, b, c, d] = [50 + 20 * random.normal(), random.normal(), random.normal(), random.normal()];
    for (const [at, value] of [a, b, c, d].entries()) values[names[at]!]!.push(value);
    scores.push((a - 50) / 20 + b * c + 0.3 * random.normal());
  }
  return { frame: frameOf(values), scores };
}

const labelsOf = (space: LabelSpace, scores: readonly number[]): Float64Array => {
  if (space.kind === 'numbers') return Float64Array.from(scores, (score) => 100 + 10 * score);
  const last = space.classes.length - 1;
  return Float64Array.from(scores, (score) => Math.min(last, Math.max(0, Math.floor(score + last / 2 + 0.5))));
};

const settingsOf = (over: Partial<SettingsOf<'graph'>> = {}): SettingsOf<'graph'> => ({
  ...(trainerSchema.parse({ kind: 'graph', model: 'models/one.onnx', learningRate: 0.01 }) as SettingsOf<'graph'>),
  ...over,
});

/** The model in the form that Pawl serves. */
function adapted(bytes: Uint8Array, space: LabelSpace, signature?: { outputs: Outputs }): Uint8Array {
  const definition = { features: [...names], ...(signature && { signature }) };
  const taken = adaptImport(decodeModel(bytes), definition, { columns }, space);
  if (taken.kind === 'refused') throw new Error(taken.faults.join('\n'));
  return taken.kind === 'adapted' ? encodeModel(taken.model) : bytes;
}

const [train, validation] = [tableOf(800, 1), tableOf(300, 2)];

function jobOf(
  bytes: Uint8Array,
  space: LabelSpace,
  over: Partial<SettingsOf<'graph'>> = {},
  signature?: { outputs: Outputs },
): TrainingJob {
  return {
    settings: settingsOf(over),
    seed: 7,
    features: names.map((name) => ({ name, column })),
    train: train.frame,
    validation: validation.frame,
    trainLabels: labelsOf(space, train.scores),
    validationLabels: labelsOf(space, validation.scores),
    trainWeights: null,
    validationWeights: null,
    trainQueries: null,
    validationQueries: null,
    labelSpace: space,
    threshold: 0.5,
    resume: null,
    program: {
      files: [{ path: 'one.onnx', bytes, executable: false }],
      champion: null,
      adapt: async (model) => adapted(model, space, signature),
    },
  };
}

const bytesOf = (name: string): Uint8Array => Buffer.from(files[name]!, 'base64');

/** The mean loss of the rows that validate; of a ranking that of the grade, which is what is learnt. */
async function lossOf(model: Uint8Array, { validation, validationLabels, labelSpace }: TrainingJob): Promise<number> {
  const loaded = await inference.load(model);
  const predictions = await loaded.predict(validation, labelSpace);
  await loaded.release();
  const { learnedLosses } = taskFor(labelSpace.task === 'ranking' ? numbers : labelSpace);
  const { losses } = learnedLosses({ truth: validationLabels }, predictions);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** The values of float32 initializers that differ between two models with the same graph. */
function changed(before: ModelProto, after: ModelProto): string[] {
  const bare = ({ graph, ...model }: ModelProto) => ({ ...model, graph: { ...graph, initializer: [] } });
  expect(bare(after)).toEqual(bare(before));
  return before.graph.initializer.flatMap((tensor, at) => {
    const other = after.graph.initializer[at]!;
    expect(other.name).toBe(tensor.name);
    const isSame = Buffer.from(encoded(tensor)).equals(encoded(other));
    return isSame ? [] : [tensor.name!];
  });
}
const encoded = (tensor: ModelProto['graph']['initializer'][number]): Buffer =>
  Buffer.from(JSON.stringify(Array.from(tensorValues(tensor).data, String)));

const ranking: LabelSpace = { ...numbers, task: 'ranking' };
const layers = ['layers.0.weight', 'layers.0.bias', 'layers.4.weight', 'layers.4.bias', 'layers.6.weight'];

describe('a model of PyTorch', () => {
  test.each([
    ['mlp', binary, 0.75],
    ['mlp by the older exporter', binary, 0.75],
    ['mlp of three classes', severalClasses('low', 'middle', 'high'), 0.75],
    ['transformer', numbers, 0.1],
    ['transformer by the older exporter', numbers, 0.1],
    ['transformer', ranking, 0.1],
    ['convolutions', quantilesAt([0.1, 0.5, 0.9]), 0.1],
  ] as const)('%s learns from a table', async (name, space, most) => {
    const job = jobOf(bytesOf(name), space, { epochs: 30, learningRate: 0.02, patience: 30 });
    const { model, curve, bestEpoch, parameters } = await trainer.train(job, recorder().hooks);
    const start = adapted(bytesOf(name), space);
    const [before, after] = [await lossOf(start, job), await lossOf(model, job)];
    expect(after).toBeLessThan(most * before);
    const moved = changed(decodeModel(start), decodeModel(model));
    expect(moved).not.toContain('middle');
    expect(parameters).toBeGreaterThan(50);
    // The loss that was trained by is that of what the exported model answers.
    const { head } = taskFor(space);
    const { deviation } = head.scale(job.trainLabels);
    const unit = space.kind === 'numbers' ? (space.levels === undefined ? deviation ** 2 : deviation) : 1;
    expect(curve[bestEpoch - 1]!.validationLoss * unit).toBeCloseTo(after, 3);
  });

  test('trains the weights of all its layers, and neither what standardizes its inputs nor frozen ones', async () => {
    const start = decodeModel(adapted(bytesOf('mlp'), binary));
    const trained = async (freeze: string[]): Promise<string[]> => {
      const job = jobOf(bytesOf('mlp'), binary, { epochs: 2, freeze, weightDecay: 0.01 });
      return changed(start, decodeModel((await trainer.train(job, recorder().hooks)).model));
    };
    expect(await trained([])).toEqual([...layers, 'layers.6.bias']);
    expect(await trained(['layers.0.*', 'layers.4.bias'])).toEqual([
      'layers.4.weight',
      'layers.6.weight',
      'layers.6.bias',
    ]);
  });

  test('keeps the kept statistics of its batch normalization', async () => {
    const job = jobOf(bytesOf('mlp by the older exporter'), binary, { epochs: 2 });
    const { model } = await trainer.train(job, recorder().hooks);
    const start = adapted(bytesOf('mlp by the older exporter'), binary);
    const moved = changed(decodeModel(start), decodeModel(model));
    expect(moved).toEqual([
      ...layers.slice(0, 2),
      'layers.1.weight',
      'layers.1.bias',
      ...layers.slice(2),
      'layers.6.bias',
    ]);
  });
});

/** A graph of `table` [rows, 4] that gives `prediction`. */
function graphOf(build: (g: GraphBuilder, table: string) => string, opset = 21): Uint8Array {
  const g = new GraphBuilder('own');
  const value = build(g, g.input('table', 'float32', ['rows', 4]));
  g.output(value, 'float32', ['rows', 1], 'prediction');
  return encodeModel(g.model({ opset }));
}

const weights = (g: GraphBuilder, stem: string, ...shape: number[]): string => {
  const random = createRandom(shape.length, shape[0]);
  const size = shape.reduce((product, dim) => product * dim, 1);
  return g.constant(
    stem,
    Float32Array.from({ length: size }, () => 0.02 * random.normal()),
    shape,
  );
};

const train1 = (bytes: Uint8Array, over: Partial<SettingsOf<'graph'>> = {}) =>
  trainer.train(jobOf(bytes, numbers, { epochs: 1, ...over }), recorder().hooks);

/** How a graph may answer a task of classes, and in which order. */
const orders: readonly (readonly [
  name: string,
  space: LabelSpace,
  outputs: Outputs,
  answer: (g: GraphBuilder, values: string) => string,
])[] = [
  ['one logit', binary, { logits: 'scores' }, (_, values) => values],
  ['one logit of the negative class', binary, { logits: 'scores', classes: [1, 0] }, (_, values) => values],
  ['two logits, the positive first', binary, { logits: 'scores', classes: [1, 0] }, (_, values) => values],
  ['a sigmoid', binary, { probabilities: 'scores' }, (g, values) => g.node('Sigmoid', [values])],
  [
    'three probabilities in another order',
    severalClasses('low', 'middle', 'high'),
    { probabilities: 'scores', classes: ['high', 'low', 'middle'] },
    (g, values) => g.node('Softmax', [values]),
  ],
  [
    'three exponentials of a log-softmax',
    severalClasses('low', 'middle', 'high'),
    { probabilities: 'scores', classes: ['low', 'middle', 'high'] },
    (g, values) => g.node('Exp', [g.node('LogSoftmax', [values])]),
  ],
];

describe('the loss of a graph', () => {
  test.each(orders)('that gives %s is that of what it answers', async (name, space, outputs, answer) => {
    const g = new GraphBuilder('own');
    const table = g.input('table', 'float32', ['rows', 4]);
    const width = space.kind === 'classes' && space.classes.length === 3 ? 3 : name.startsWith('two') ? 2 : 1;
    const values = g.node('Gemm', [table, weights(g, 'w', 4, width), weights(g, 'b', width)]);
    g.output(answer(g, values), 'float32', ['rows', width], 'scores');
    const job = jobOf(encodeModel(g.model()), space, { epochs: 5 }, { outputs });
    const { model, curve, bestEpoch } = await trainer.train(job, recorder().hooks);
    const [first, best] = [curve[0]!.validationLoss, curve[bestEpoch - 1]!.validationLoss];
    expect(await lossOf(model, job)).toBeCloseTo(best, 4);
    expect(best).toBeLessThan(first);
  });
});

describe('a graph', () => {
  test('with one weight that is used twice keeps it so, and trains it by both', async () => {
    const tied = graphOf((g, table) => {
      const shared = weights(g, 'shared', 4, 6);
      const hidden = g.node('Tanh', [g.node('MatMul', [table, shared])]);
      const back = g.node('MatMul', [hidden, g.node('Transpose', [shared], { perm: { ints: [1, 0] } })]);
      return g.node('Gemm', [back, weights(g, 'last', 4, 1), weights(g, 'bias', 1)]);
    });
    const { model, parameters } = await train1(tied, { epochs: 3 });
    expect(parameters).toBe(24 + 4 + 1);
    expect(changed(decodeModel(adapted(tied, numbers)), decodeModel(model))).toEqual(['shared', 'last', 'bias']);
  });

  test('whose mask hides places keeps the mask as it is', async () => {
    const hidden = graphOf((g, table) => {
      const mask = g.constant('mask', Float32Array.of(0, -Infinity, 0, -Infinity), [1, 4]);
      const scores = g.node('Add', [g.node('MatMul', [table, weights(g, 'scores', 4, 4)]), mask]);
      return g.node('MatMul', [g.node('Softmax', [scores]), weights(g, 'values', 4, 1)]);
    });
    const { model } = await train1(hidden);
    expect(changed(decodeModel(adapted(hidden, numbers)), decodeModel(model))).toEqual(['scores', 'values']);
  });

  test('does not go on from the checkpoint of another one', async () => {
    const linear = (stem: string): Uint8Array =>
      graphOf((g, table) => g.node('MatMul', [table, weights(g, stem, 4, 1)]));
    const { hooks, checkpoints } = recorder();
    await trainer.train(jobOf(linear('one'), numbers, { epochs: 1 }), hooks);
    const other = { ...jobOf(linear('other'), numbers, { epochs: 1 }), resume: checkpoints[0]! };
    await expect(trainer.train(other, recorder().hooks)).rejects.toMatchObject({ type: 'CorruptArtifactError' });
  });

  test('whose values are called as those of the trainer is trained, and keeps its names', async () => {
    const bytes = graphOf((g, table) => {
      const hidden = g.node('Relu', [g.node('MatMul', [table, weights(g, 'theta', 4, 6)])], {}, { output: 'loss' });
      return g.node('MatMul', [hidden, weights(g, 'weights', 6, 1)], {}, { output: 'data_0' });
    });
    const { model } = await train1(bytes);
    expect(changed(decodeModel(adapted(bytes, numbers)), decodeModel(model))).toEqual(['theta', 'weights']);
  });

  test('is refused where an operator behind a weight has no gradient, with its name and place', async () => {
    const bytes = graphOf((g, table) => {
      const hidden = g.node('MatMul', [table, weights(g, 'first', 4, 4)]);
      const odd = g.node('CumSum', [hidden, g.constant('axis', BigInt64Array.of(1n), [])], {}, { output: 'summed' });
      return g.node('MatMul', [g.node('Mish', [odd], {}, { output: 'curved' }), weights(g, 'second', 4, 1)]);
    });
    const failure = train1(bytes);
    await expect(failure).rejects.toMatchObject({ type: 'InvalidModelError' });
    await expect(failure).rejects.toThrow(/CumSum "summed" has no gradient here: freeze the weights before it/);
    const { model } = await train1(bytes, { freeze: ['first'] });
    expect(changed(decodeModel(adapted(bytes, numbers)), decodeModel(model))).toEqual(['second']);
  });

  test('is refused with all that is wrong: weights that it does not have, an old opset, nothing to train', async () => {
    const linear = (opset?: number): Uint8Array =>
      graphOf((g, table) => g.node('MatMul', [table, weights(g, 'only', 4, 1)]), opset);
    await expect(train1(linear(), { freeze: ['onyl'] })).rejects.toThrow(/"onyl" names none of .* \(only\)/);
    await expect(train1(linear(), { freeze: ['o*'] })).rejects.toThrow(/no weight moves its answers/);
    await expect(train1(linear(17))).rejects.toThrow(/operators of opset 17: export it with opset 18 or newer/);
  });

  test('whose probabilities are not those of a softmax or sigmoid is refused', async () => {
    const g = new GraphBuilder('own');
    const table = g.input('table', 'float32', ['rows', 4]);
    const scores = g.node('Abs', [g.node('MatMul', [table, weights(g, 'w', 4, 2)])]);
    const whole = g.node('ReduceSum', [scores, g.ints('axes', [1])], { keepdims: { int: 1 } });
    g.output(g.node('Div', [scores, whole], {}, { output: 'shares' }), 'float32', ['rows', 2], 'probabilities');
    const failure = trainer.train(jobOf(encodeModel(g.model()), binary), recorder().hooks);
    await expect(failure).rejects.toThrow(
      /made by Div "shares", and not by a Softmax or Sigmoid.*signature.outputs.logits/,
    );
  });
});
