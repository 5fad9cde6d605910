import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { intAttribute } from '../onnx/attribute.ts';
import { initializerOf, makerOf } from '../onnx/lookups.ts';
import type { GraphProto, NodeProto } from '../onnx/proto.ts';
import { tensorValues } from '../onnx/tensor.ts';

/** The value of a graph that the loss of its task is computed from. */
export interface LossValue {
  readonly name: string;
  /** Of its columns, those of the classes in the definition's order; null where it has a column a value of the head. */
  readonly columns: readonly number[] | null;
  /** Of a binary task: one logit, or that of the first class with its sign turned. */
  readonly isNegated: boolean;
}

/**
 * Finds the logits behind `probabilities`, the values behind `quantiles`, or `prediction`, in a graph of the form that Pawl serves. Throws
 * `InvalidModelError` where the probabilities are not those of a softmax or sigmoid.
 */
export function lossValue(graph: GraphProto, space: LabelSpace): LossValue {
  const asItIs = { columns: null, isNegated: false };
  if (space.kind === 'numbers') {
    if (space.levels === undefined) return { name: 'prediction', ...asItIs };
    const sorting = makerOf(graph, 'quantiles');
    return { name: sorting?.opType === 'TopK' ? (sorting.input[0] ?? '') : 'quantiles', ...asItIs };
  }
  return logits(graph, space.classes.length);
}

function logits(graph: GraphProto, count: number): LossValue {
  let columns = Array.from({ length: count }, (_, column) => column);
  let name = 'probabilities';
  const seen = new Set<string>();
  while (!seen.has(name)) {
    seen.add(name);
    const maker = makerOf(graph, name);
    if (maker === undefined) break;
    const [first = ''] = maker.input;
    const beside = complement(graph, maker);
    if (maker.opType === 'Softmax' || isExpOfLog(graph, maker)) return { name: first, columns, isNegated: false };
    if (maker.opType === 'Sigmoid' && count === 2) return { name: first, columns: null, isNegated: columns[0] === 1 };
    const order = maker.opType === 'Gather' && intAttribute(maker, 'axis', 0) === 1 ? orderOf(graph, maker) : null;
    if (order !== null) {
      columns = columns.map((column) => order[column] ?? 0);
      name = first;
    } else if (passing.has(maker.opType)) name = first;
    else if (beside !== null) name = beside;
    else if (maker.opType === 'Add' && isRounding(graph, maker)) name = first;
    else if (maker.opType === 'Min' || maker.opType === 'Max') name = first;
    else throw notOfLogits(maker);
  }
  throw notOfLogits(undefined);
}

const passing = new Set(['Identity', 'Reshape', 'Cast', 'Flatten', 'Clip']);

const orderOf = (graph: GraphProto, { input: [, indices = ''] }: NodeProto): number[] | null => {
  const tensor = initializerOf(graph, indices);
  return tensor === undefined ? null : Array.from(tensorValues(tensor).data, Number);
};

/** The probability of the second class, where a node puts it beside what it lacks to 1. */
function complement(graph: GraphProto, { opType, input }: NodeProto): string | null {
  const [rest = '', own = ''] = input;
  const maker = makerOf(graph, rest);
  return opType === 'Concat' && maker?.opType === 'Sub' && maker.input[1] === own ? own : null;
}

/** What the wrapper of an import adds to bring rounded shares within [0, 1]. */
const isRounding = (graph: GraphProto, { input: [first = ''] }: NodeProto): boolean =>
  makerOf(graph, first)?.opType === 'Min' && makerOf(graph, makerOf(graph, first)?.input[0] ?? '')?.opType === 'Max';

const isExpOfLog = (graph: GraphProto, { opType, input: [first = ''] }: NodeProto): boolean =>
  opType === 'Exp' && makerOf(graph, first)?.opType === 'LogSoftmax';

const notOfLogits = (maker: NodeProto | undefined): PawlError =>
  new PawlError(
    errorTypes.invalidModel,
    `the model's probabilities ${maker === undefined ? 'are not computed' : `are made by ${maker.opType} "${maker.name ?? ''}"`}, and not by a Softmax or Sigmoid of logits: export it with its logits, and name them as signature.outputs.logits`,
  );
