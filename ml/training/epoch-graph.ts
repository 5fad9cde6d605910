import { dropoutScale } from './dropout.ts';
import { Tape, type Value } from '../onnx/autodiff/tape.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import type { Architecture } from './architecture.ts';
import type { Head } from './head.ts';
import { forward, splitParameters, type BatchInputs, type TrainingPass } from './network.ts';

export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

export interface StepSettings {
  readonly weightDecay: number;
  /** Greatest length of the gradient of all parameters; longer ones are shortened. Without, none are. */
  readonly clip?: number | undefined;
  /** Share of an even guess in the labels. @default 0 */
  readonly labelSmoothing?: number;
}

/**
 * Many optimizer steps in one `Loop`: gathers the rows of a minibatch, forward, backward, Adam with bias correction (Kingma and
 * Ba 2015), clipping by the gradient's norm (Pascanu, Mikolov and Bengio 2013) and decoupled weight decay (Loshchilov and Hutter 2019). One call pays the overhead of one call, not one per step.
 *
 * Inputs: data (`numeric` float32, `oneHot` uint8, `embedded` int32, `labels` float32 `[rows, 1]`); the plan of the steps
 * (`rows` int32 `[steps, batch]`, `weights` float32 `[steps, batch, 1]`, `rates` float32 `[steps, 3]`: see `planEpoch`); with dropout `kept` uint8
 * `[steps, batch, hidden values]`; with batch normalization `momenta` float32 `[steps]`, by which the running statistics move; the state
 * (`theta`, and `moment1`, `moment2` of what is trained). Outputs: `theta_out`, `moment1_out`, `moment2_out`, and `losses` `[steps]`.
 */
export function epochModel(
  network: Architecture,
  head: Pick<Head, 'loss'>,
  { weightDecay, clip, labelSmoothing = 0 }: StepSettings,
): ModelProto {
  const g = new GraphBuilder('epoch');
  const data = dataInputs(g, network, 'rows_total');
  const labels = g.input('labels', 'float32', ['rows_total', 1]);
  const plan = {
    rows: g.input('rows', 'int32', ['steps', 'batch']),
    weights: g.input('weights', 'float32', ['steps', 'batch', 1]),
    rates: g.input('rates', 'float32', ['steps', 3]),
  };
  const drops = network.hidden.reduce((sum, width) => sum + width, 0);
  const kept = network.dropout > 0 && drops > 0 ? g.input('kept', 'uint8', ['steps', 'batch', drops]) : null;
  const momenta = network.normalization === 'batch' ? g.input('momenta', 'float32', ['steps']) : null;
  const lengths = [network.size, network.trained, network.trained];
  const declare = (to: GraphBuilder, ending: string): string[] =>
    ['theta', 'moment1', 'moment2'].map((name, index) => to.input(`${name}${ending}`, 'float32', [lengths[index]!]));
  const state = declare(g, '');
  const steps = g.node('Gather', [g.node('Shape', [plan.rows]), g.ints('first', [0])]);

  const body = new GraphBuilder('step', g);
  const step = body.input('step', 'int64', []);
  body.input('go_on', 'bool', []);
  const [theta = '', moment1 = '', moment2 = ''] = declare(body, '_in');

  const rows = body.node('Gather', [plan.rows, step]);
  const take = (name: string): string => body.node('Gather', [name, rows]);
  const tape = new Tape(body);
  const parameters = splitParameters(body, tape, network, theta);
  const inputs: BatchInputs = {
    numeric: data.numeric && take(data.numeric),
    oneHot: data.oneHot && body.node('Cast', [take(data.oneHot)], { to: { int: 1 } }),
    embedded: data.embedded && body.node('Cast', [take(data.embedded)], { to: { int: 7 } }),
  };
  const weights = tape.given(body.node('Gather', [plan.weights, step]), ['batch', 1]);
  const pass: TrainingPass = {
    shares: network.normalization === 'batch' ? sharesOf(tape, weights) : weights,
    masks: kept === null ? [] : masksOf(tape, network, body.node('Gather', [kept, step])),
  };
  const { logits, statistics } = forward(tape, network, parameters, inputs, pass);
  const loss = head.loss(tape, logits, tape.given(take(labels), ['batch', 1]), weights, labelSmoothing);
  const variables = network.parameters.flatMap(({ name, trains }) =>
    trains ? [parameters[name] ?? tape.given(name, [])] : [],
  );
  const flat = tape
    .gradients(loss, variables)
    .map((gradient) => body.node('Reshape', [gradient, g.ints('flat', [-1])]));
  const whole = body.node('Concat', flat, { axis: { int: 0 } });
  const gradient = clip === undefined ? whole : clipped(g, body, whole, clip);

  const rates = body.node('Gather', [plan.rates, step]);
  const trained =
    momenta === null ? theta : body.node('Slice', [theta, g.ints('from', [0]), g.ints('to', [network.trained])]);
  const [moved = '', ...moments] = adamStep(
    g,
    body,
    { theta: trained, moment1, moment2, gradient, rates },
    decayMask(network, weightDecay),
  );
  const momentum = momenta && body.node('Gather', [momenta, step]);
  const running = statistics.flatMap(({ mean, variance }, layer) =>
    [
      [parameters[`mean${layer}`]!.name, mean],
      [parameters[`variance${layer}`]!.name, variance],
    ].map(([old = '', seen = '']) => {
      const flat = body.node('Reshape', [seen, g.ints('flat', [-1])]);
      return body.node('Add', [old, body.node('Mul', [momentum ?? '', body.node('Sub', [flat, old])])]);
    }),
  );
  const next = running.length === 0 ? moved : body.node('Concat', [moved, ...running], { axis: { int: 0 } });
  body.output(body.node('Identity', ['go_on']), 'bool', []);
  for (const [index, value] of [next, ...moments].entries()) body.output(value, 'float32', [lengths[index]!]);
  body.output(body.node('Identity', [loss.name]), 'float32', []);

  const always = g.constant('always', Uint8Array.of(1), [], 'bool');
  const names = ['theta_out', 'moment1_out', 'moment2_out', 'losses'];
  const outputs = g.multiNode('Loop', [steps, always, ...state], names, { body: { graph: body.graph() } });
  for (const [index, name] of outputs.slice(0, 3).entries()) g.output(name, 'float32', [lengths[index]!]);
  g.output('losses', 'float32', ['steps']);
  return g.model();
}

/** Declares the encoded rows as inputs, those parts that the network has. */
export function dataInputs(g: GraphBuilder, network: Architecture, rows: string): BatchInputs {
  return {
    numeric: network.numeric > 0 ? g.input('numeric', 'float32', [rows, network.numeric]) : undefined,
    oneHot: network.oneHotSlots > 0 ? g.input('oneHot', 'uint8', [rows, network.oneHotSlots]) : undefined,
    embedded: network.embeddedSlots > 0 ? g.input('embedded', 'int32', [rows, network.embeddedColumns]) : undefined,
  };
}

/** The weights of a batch as shares of their sum; 0 of a batch without weight. */
function sharesOf(tape: Tape, weights: Value): Value {
  const g = tape.graph;
  const sum = g.node('ReduceSum', [weights.name], { keepdims: { int: 0 } });
  const atLeast = g.node('Max', [sum, g.scalar('least', 1e-20)]);
  return tape.given(g.node('Div', [weights.name, atLeast]), weights.shape);
}

/** Inverted dropout: kept values are multiplied by `1 / (1 - dropout)`, so that predictions need no correction (Srivastava et al. 2014). */
function masksOf(tape: Tape, { hidden, dropout }: Architecture, kept: string): Value[] {
  const g = tape.graph;
  const scaled = g.node('Mul', [g.node('Cast', [kept], { to: { int: 1 } }), g.scalar('scale', dropoutScale(dropout))]);
  const names = hidden.map((_, layer) => `mask${layer}`);
  const parts =
    hidden.length === 1
      ? [scaled]
      : g.multiNode('Split', [scaled, g.ints('widths', hidden)], names, { axis: { int: 1 } });
  return hidden.map((width, layer) => tape.given(parts[layer] ?? '', ['batch', width]));
}

/** `gradient * clip / max(|gradient|, clip)` */
function clipped(outer: GraphBuilder, body: GraphBuilder, gradient: string, clip: number): string {
  const norm = body.node('Sqrt', [body.node('ReduceSumSquare', [gradient], { keepdims: { int: 0 } })]);
  const limit = outer.scalar('clip', clip);
  return body.node('Mul', [gradient, body.node('Div', [limit, body.node('Max', [norm, limit])])]);
}

interface AdamState {
  readonly theta: string;
  readonly moment1: string;
  readonly moment2: string;
  readonly gradient: string;
  /** `[learning rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t), learning rate]` */
  readonly rates: string;
}

/** `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `theta -= r0 m / (r1 sqrt(v) + eps) + r2 decay theta`. */
export function adamStep(
  outer: GraphBuilder,
  body: GraphBuilder,
  { theta, moment1, moment2, gradient, rates }: AdamState,
  decay: Float32Array | null,
): string[] {
  const times = (a: string, b: string): string => body.node('Mul', [a, b]);
  const average = (old: string, beta: number, value: string): string =>
    body.node('Add', [times(old, outer.scalar('beta', beta)), times(value, outer.scalar('rest', 1 - beta))]);
  const sizes = outer.ints('sizes', [1, 1, 1]);
  const [corrected1 = '', corrected2 = '', rate = ''] = body.multiNode(
    'Split',
    [rates, sizes],
    ['corrected1', 'corrected2', 'rate'],
    { axis: { int: 0 } },
  );
  const m = average(moment1, adam.beta1, gradient);
  const v = average(moment2, adam.beta2, times(gradient, gradient));
  const denominator = body.node('Add', [
    times(body.node('Sqrt', [v]), corrected2),
    outer.scalar('epsilon', adam.epsilon),
  ]);
  const move = body.node('Div', [times(m, corrected1), denominator]);
  const kept = decay ? body.node('Sub', [theta, times(times(theta, outer.constant('decay', decay)), rate)]) : theta;
  return [body.node('Sub', [kept, move]), m, v];
}

function decayMask(network: Architecture, weightDecay: number): Float32Array | null {
  if (weightDecay === 0) return null;
  const mask = new Float32Array(network.trained);
  for (const { offset, size, decays } of network.parameters) if (decays) mask.fill(weightDecay, offset, offset + size);
  return mask;
}
