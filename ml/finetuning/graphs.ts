import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { Tape, type Value } from '../onnx/autodiff/tape.ts';
import { GraphBuilder, nodeOf } from '../onnx/graph.ts';
import { neededNodes } from '../onnx/needed-nodes.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { valueNames } from '../onnx/rename-values.ts';
import { adamStep } from '../training/epoch-graph.ts';
import type { Head, TargetScale } from '../training/head.ts';
import type { TuningPlan } from './plan.ts';
import { writeGraph } from './write-graph.ts';

/** What the loss of a plan is computed by. */
export interface TuningTask {
  readonly space: LabelSpace;
  readonly head: Pick<Head, 'width' | 'loss'>;
  readonly scale: TargetScale;
}

/** Name of an input with row data. */
export const dataName = (at: number): string => `data_${at}`;

const roles = ['labels', 'rows', 'weights', 'rates', 'step', 'go_on', 'losses', 'loss'];

/** Whether a name is one of those of the inputs and outputs of the models here. */
export const hasRole = (name: string): boolean =>
  roles.includes(name) || /^(data_\d+|(theta|moment[12])(_in|_out)?)$/.test(name);

/** Computes the row data of a plan from the inputs of its model. */
export function rowsModel({ model, data }: TuningPlan): ModelProto {
  const { graph } = model;
  const g = builderFor(graph);
  g.nodes.push(
    ...neededNodes(
      graph,
      data.map(({ name }) => name),
    ),
  );
  g.initializers.push(...graph.initializer);
  g.inputs.push(...graph.input);
  for (const [at, { name, type, shape }] of data.entries()) g.output(name, type, ['batch', ...shape], dataName(at));
  return modelOf(g, model);
}

/**
 * Many steps of Adam in one `Loop`, as `epochModel` of networks. Inputs: the row data; `labels` float32 `[rows, 1]`; the plan of the steps (`rows`, `weights`,
 * `rates`); the state (`theta`, `moment1`, `moment2`). Outputs: `theta_out`, `moment1_out`, `moment2_out`, and `losses` `[steps]`.
 */
export function tuningModel(plan: TuningPlan, task: TuningTask, weightDecay: number): ModelProto {
  const g = builderFor(plan.model.graph);
  g.initializers.push(...plan.constants);
  const inputs = inputsOf(g, plan);
  const steps = {
    rows: g.input('rows', 'int32', ['steps', 'batch']),
    weights: g.input('weights', 'float32', ['steps', 'batch', 1]),
    rates: g.input('rates', 'float32', ['steps', 3]),
  };
  const declare = (to: GraphBuilder, ending: string): string[] =>
    ['theta', 'moment1', 'moment2'].map((name) => to.input(`${name}${ending}`, 'float32', [plan.size]));
  const state = declare(g, '');

  const body = new GraphBuilder('step', g);
  const step = body.input('step', 'int64', []);
  const goOn = body.input('go_on', 'bool', []);
  const [theta = '', moment1 = '', moment2 = ''] = declare(body, '_in');
  const rows = body.node('Gather', [steps.rows, step]);
  for (const [at, { name }] of plan.data.entries())
    body.nodes.push(nodeOf('Gather', [inputs.data[at] ?? '', rows], [name]));
  const tape = new Tape(body);
  const weights = split(tape, plan, theta);
  const loss = lossOf(tape, plan, task, weights, {
    labels: body.node('Gather', [inputs.labels, rows]),
    weights: body.node('Gather', [steps.weights, step]),
  });
  const flat = tape
    .gradients(loss, [...weights.values()])
    .map((gradient) => body.node('Reshape', [gradient, g.ints('flat', [-1])]));
  const gradient = body.node('Concat', flat, { axis: { int: 0 } });
  const rates = body.node('Gather', [steps.rates, step]);
  const after = adamStep(g, body, { theta, moment1, moment2, gradient, rates }, decayOf(plan, weightDecay));
  body.output(body.node('Identity', [goOn]), 'bool', []);
  for (const value of after) body.output(value, 'float32', [plan.size]);
  body.output(body.node('Identity', [loss.name]), 'float32', []);

  const count = g.node('Gather', [g.node('Shape', [steps.rows]), g.ints('first', [0])]);
  const always = g.constant('always', Uint8Array.of(1), [], 'bool');
  const names = ['theta_out', 'moment1_out', 'moment2_out', 'losses'];
  const outputs = g.multiNode('Loop', [count, always, ...state], names, { body: { graph: body.graph() } });
  for (const [at, name] of outputs.entries()) g.output(name, 'float32', at < 3 ? [plan.size] : ['steps']);
  return modelOf(g, plan.model);
}

/** The summed loss of rows, each times its weight, as `loss`. Inputs: the row data, `labels` and `weights` float32 `[batch, 1]`, `theta`. */
export function judgingModel(plan: TuningPlan, task: TuningTask): ModelProto {
  const g = builderFor(plan.model.graph);
  g.initializers.push(...plan.constants);
  const inputs = inputsOf(g, plan);
  for (const [at, { name }] of plan.data.entries()) g.nodes.push(nodeOf('Identity', [inputs.data[at] ?? ''], [name]));
  const weights = g.input('weights', 'float32', ['batch', 1]);
  const theta = g.input('theta', 'float32', [plan.size]);
  const tape = new Tape(g);
  const loss = lossOf(tape, plan, task, split(tape, plan, theta), { labels: inputs.labels, weights });
  g.output(loss.name, 'float32', [], 'loss');
  return modelOf(g, plan.model);
}

/** A builder whose own names are other than those of the graph. */
function builderFor(graph: ModelProto['graph']): GraphBuilder {
  const g = new GraphBuilder('tuning');
  for (const name of new Set(valueNames(graph))) g.unique(name);
  return g;
}

/** With the operators and functions of the model. */
const modelOf = (g: GraphBuilder, { irVersion, opsetImport, functions }: ModelProto): ModelProto => ({
  ...g.model(),
  irVersion,
  opsetImport,
  ...(functions !== undefined && { functions }),
});

const inputsOf = (g: GraphBuilder, { data }: TuningPlan): { data: string[]; labels: string } => ({
  data: data.map(({ type, shape }, at) => g.input(dataName(at), type, [null, ...shape])),
  labels: g.input('labels', 'float32', [null, 1]),
});

function split(tape: Tape, { weights }: TuningPlan, theta: string): Map<string, Value> {
  const g = tape.graph;
  const sizes = g.ints(
    'sizes',
    weights.map(({ size }) => size),
  );
  const parts = g.multiNode(
    'Split',
    [theta, sizes],
    weights.map(({ name }) => `${name}_flat`),
    { axis: { int: 0 } },
  );
  return new Map(
    weights.map(({ name, shape }, at) => {
      const shaped = g.node('Reshape', [parts[at] ?? '', g.ints('shape', shape)], {}, { output: `${name}_now` });
      return [name, tape.variable(shaped, shape)];
    }),
  );
}

function lossOf(
  tape: Tape,
  plan: TuningPlan,
  task: TuningTask,
  learnt: ReadonlyMap<string, Value>,
  { labels, weights }: { labels: string; weights: string },
): Value {
  const values = writeGraph(tape, plan, learnt, task);
  const column = (name: string): Value => tape.given(name, ['batch', 1]);
  return task.head.loss(tape, values, column(labels), column(weights));
}

function decayOf({ weights, size }: TuningPlan, weightDecay: number): Float32Array | null {
  if (weightDecay === 0) return null;
  const mask = new Float32Array(size);
  for (const { offset, size, decays } of weights) if (decays) mask.fill(weightDecay, offset, offset + size);
  return mask;
}
