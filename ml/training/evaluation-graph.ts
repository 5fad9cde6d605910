import { Tape } from '../onnx/autodiff/tape.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import type { Architecture } from './architecture.ts';
import { dataInputs } from './epoch-graph.ts';
import type { Head } from './head.ts';
import { forward, splitParameters } from './network.ts';

/**
 * The summed loss of encoded rows, each times its weight. Inputs: the data as in `epochModel`, `weights` float32 `[batch, 1]`, `theta`. Outputs: `loss` (a scalar), `logits` `[rows, width]`.
 */
export function evaluationModel(network: Architecture, head: Pick<Head, 'loss'>): ModelProto {
  const g = new GraphBuilder('evaluation');
  const data = dataInputs(g, network, 'batch');
  const labels = g.input('labels', 'float32', ['batch', 1]);
  const theta = g.input('theta', 'float32', [network.size]);
  const tape = new Tape(g);
  const oneHot = data.oneHot && g.node('Cast', [data.oneHot], { to: { int: 1 } });
  const { logits } = forward(tape, network, splitParameters(g, tape, network, theta), { ...data, oneHot });
  const weights = g.input('weights', 'float32', ['batch', 1]);
  const loss = head.loss(tape, logits, tape.given(labels, ['batch', 1]), tape.given(weights, ['batch', 1]));
  g.output(loss.name, 'float32', [], 'loss');
  g.output(logits.name, 'float32', ['batch', network.outputs], 'logits');
  return g.model();
}
