import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { Column, SensitiveAttribute } from '../../contracts/data/dataset.ts';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';
import type { Outcomes } from '../../ml/tasks/metric.ts';
import { unscaled } from '../../ml/training/head.ts';
import { openInference } from '../../ports/inference/open-inference.ts';

/** Rows with two models' predictions; both sides judge the same. */
export interface JudgeCase {
  readonly frame: Frame;
  readonly outcomes: Outcomes;
  readonly candidate: Predictions;
  readonly champion: Predictions;
  readonly model: Uint8Array;
}

export const features = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'] as const;
const hidden = 16;
export const sensitive: readonly SensitiveAttribute[] = [{ column: 'sex' }, { column: 'age', bands: [25, 35, 50, 65] }];
/** Attributes of the audit. */
export const audited = ['sex', 'age'] as const;

const label: Column = {
  type: 'integer',
  kind: 'target',
  description: 'drawn by the candidate',
  nullable: false,
  allowed: ['0', '1'],
  missing: [],
};
export const labelSpace = labelSpaceOf({ model: 'judged' }, { dataset: 'judged', target: 'label', columns: { label } });

/** Features are normal, the sensitive attributes depend on two of them, and labels are drawn by the candidate's probabilities. */
export async function makeCase(rows: number, seed = 1): Promise<JudgeCase> {
  const random = createRandom(seed);
  const inputs = features.map(() => Float64Array.from({ length: rows }, () => random.normal()));
  const age = Float64Array.from({ length: rows }, (_, row) => Math.round(45 + 12 * inputs[0]![row]!));
  const sex = Array.from({ length: rows }, (_, row) => (inputs[1]![row]! + random.normal() > 0 ? 'f' : 'm'));
  const frame: Frame = {
    rowCount: rows,
    columns: {
      ...Object.fromEntries(features.map((name, i) => [name, { type: 'number', values: inputs[i]! }])),
      age: { type: 'number', values: age },
      sex: { type: 'string', values: sex },
    },
  };
  const model = network(0);
  const candidate = await predictionsBy(model, frame);
  const champion = await predictionsBy(network(0.3), frame);
  const truth = candidate.scores.map((probability) => (random.next() < probability ? 1 : 0));
  return { frame, outcomes: { truth }, candidate, champion, model };
}

async function predictionsBy(model: Uint8Array, frame: Frame): Promise<Predictions> {
  const loaded = await openInference().load(model);
  try {
    return await loaded.predict(frame, labelSpace);
  } finally {
    await loaded.release();
  }
}

/** A network with one hidden layer and the outputs of a trained model; `noise` moves its weights. */
function network(noise: number): Uint8Array {
  const [random, moved] = [createRandom(7), createRandom(8)];
  const graph = new GraphBuilder('judged');
  const columns = features.map((name) => graph.input(name, 'float32', ['batch', 1]));
  const weights = (from: number, to: number): string => {
    const scale = Math.sqrt(2 / from);
    const values = Float32Array.from({ length: from * to }, () => scale * (random.normal() + noise * moved.normal()));
    return graph.constant('weights', values, [from, to]);
  };
  const layer = (value: string, from: number, to: number): string =>
    graph.node('Gemm', [value, weights(from, to), graph.constant('bias', new Float32Array(to), [to])]);
  const joined = graph.node('Concat', columns, { axis: { int: 1 } });
  const inner = graph.node('Relu', [layer(joined, features.length, hidden)]);
  binaryHead.answer(graph, layer(inner, hidden, 1), { space: labelSpace, scale: unscaled, threshold: 0.5 });
  return encodeModel(graph.model());
}
