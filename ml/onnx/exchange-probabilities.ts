import { freeName } from './free-name.ts';
import type { ModelProto, TensorProto } from './proto.ts';
import { renameInNode, valueNames } from './rename-values.ts';

const output = 'probabilities';
const int64 = 7;
/** Of the default operators, where a model has none; `Gather` is as it is since 13. */
const opset = 13;

/**
 * The model with the two columns of its output `probabilities` exchanged, by a `Gather` behind what made them. `model` itself is not
 * changed. Null where no node of the graph makes that output.
 */
export function exchangeProbabilities(model: ModelProto): ModelProto | null {
  const { graph } = model;
  if (!graph.node.some((node) => node.output.includes(output))) return null;
  const taken = new Set(valueNames(graph));
  const made = freeName(taken, `${output}_in_order_of_classes`);
  const order = freeName(taken, 'pawl_order_of_labels');
  const indices: TensorProto = { dims: [2], dataType: int64, name: order, int64Data: [1n, 0n] };
  const hasDefault = model.opsetImport.some(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  return {
    ...model,
    opsetImport: hasDefault ? model.opsetImport : [...model.opsetImport, { domain: '', version: opset }],
    graph: {
      ...graph,
      node: [
        ...graph.node.map((node) => renameInNode(node, (name) => (name === output ? made : name))),
        {
          opType: 'Gather',
          input: [made, order],
          output: [output],
          attribute: [{ name: 'axis', type: 2, i: 1n }],
        },
      ],
      initializer: [...graph.initializer, indices],
    },
  };
}
