import { Tape } from '../onnx/autodiff.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import type { Architecture } from './architecture.ts';
import type { Head } from './head.ts';
import { forward, splitParameters, type BatchInputs } from './network.ts';

export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Many optimizer steps in one `Loop`: gathers the rows of a minibatch, forward, backward, Adam with bias correction (Kingma and
 * Ba 2015) and decoupled weight decay (Loshchilov and Hutter 2019). One call pays the overhead of one call, not one per step.
 *
 * Inputs: data (`numeric` float32, `oneHot` uint8, `embedded` int32, `labels` float32 `[rows, 1]`); the plan of the steps
 * (`rows` int32 `[steps, batch]`, `weights` float32 `[steps, batch, 1]`, `rates` float32 `[steps, 3]`: see `planEpoch`); the state
 * (`theta`, `moment1`, `moment2`). Outputs: `theta_out`, `moment1_out`, `moment2_out`, and `losses` `[steps]`.
 */
export function epochModel(network: Architecture, head: Pick<Head, 'loss'>, weightDecay: number): ModelProto {
  const g = new GraphBuilder('epoch');
  const data = dataInputs(g, network, 'rows_total');
  const labels = g.input('labels', 'float32', ['rows_total', 1]);
  const plan = {
    rows: g.input('rows', 'int32', ['steps', 'batch']),
    weights: g.input('weights', 'float32', ['steps', 'batch', 1]),
    rates: g.input('rates', 'float32', ['steps', 3]),
  };
  const state = ['theta', 'moment1', 'moment2'].map((name) => g.input(name, 'float32', [network.size]));
  const steps = g.node('Gather', [g.node('Shape', [plan.rows]), g.ints('first', [0])]);

  const body = new GraphBuilder('step', g);
  const step = body.input('step', 'int64', []);
  body.input('go_on', 'bool', []);
  const before = ['theta_in', 'moment1_in', 'moment2_in'].map((name) => body.input(name, 'float32', [network.size]));
  const [theta = '', moment1 = '', moment2 = ''] = before;

  const rows = body.node('Gather', [plan.rows, step]);
  const take = (name: string): string => body.node('Gather', [name, rows]);
  const tape = new Tape(body);
  const parameters = splitParameters(body, tape, network, theta);
  const inputs: BatchInputs = {
    numeric: data.numeric && take(data.numeric),
    oneHot: data.oneHot && body.node('Cast', [take(data.oneHot)], { to: { int: 1 } }),
    embedded: data.embedded && body.node('Cast', [take(data.embedded)], { to: { int: 7 } }),
  };
  const logits = forward(tape, network, parameters, inputs);
  const weights = body.node('Gather', [plan.weights, step]);
  const loss = head.loss(tape, logits, tape.given(take(labels), ['batch', 1]), tape.given(weights, ['batch', 1]));
  const variables = network.parameters.map(({ name }) => parameters[name] ?? tape.given(name, []));
  const flat = tape
    .gradients(loss, variables)
    .map((gradient) => body.node('Reshape', [gradient, g.ints('flat', [-1])]));
  const gradient = body.node('Concat', flat, { axis: { int: 0 } });

  const rates = body.node('Gather', [plan.rates, step]);
  const after = adamStep(g, body, { theta, moment1, moment2, gradient, rates }, decayMask(network, weightDecay));
  body.output(body.node('Identity', ['go_on']), 'bool', []);
  for (const value of after) body.output(value, 'float32', [network.size]);
  body.output(body.node('Identity', [loss.name]), 'float32', []);

  const always = g.constant('always', Uint8Array.of(1), [], 'bool');
  const names = ['theta_out', 'moment1_out', 'moment2_out', 'losses'];
  const outputs = g.multiNode('Loop', [steps, always, ...state], names, { body: { graph: body.graph() } });
  for (const name of outputs.slice(0, 3)) g.output(name, 'float32', [network.size]);
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

interface AdamState {
  readonly theta: string;
  readonly moment1: string;
  readonly moment2: string;
  readonly gradient: string;
  /** `[learning rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t), learning rate]` */
  readonly rates: string;
}

/** `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `theta -= r0 m / (r1 sqrt(v) + eps) + r2 decay theta`. */
function adamStep(
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
  const mask = new Float32Array(network.size);
  for (const { offset, size, decays } of network.parameters) if (decays) mask.fill(weightDecay, offset, offset + size);
  return mask;
}
