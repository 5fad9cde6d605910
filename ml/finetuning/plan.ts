import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { shownNames } from '../../contracts/shown-text.ts';
import { initializerOf, makerOf } from '../onnx/lookups.ts';
import { neededNodes, readBy } from '../onnx/needed-nodes.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../onnx/proto.ts';
import { elementTypes, type ElementType } from '../onnx/tensor.ts';
import { chooseWeights, type Learnt } from './choose-weights.ts';
import { factOfWeight, type Fact } from './facts.ts';
import { lossValue, type LossValue } from './loss-value.ts';
import { isFlat, operatorOf } from './operators/index.ts';
import { matches } from './patterns.ts';

/** A weight, and its place in the flat vector of all. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly decays: boolean;
}

/** A value that is computed once for each row, because no weight moves it. */
export interface RowData {
  readonly name: string;
  readonly type: ElementType;
  /** Of a row. */
  readonly shape: readonly number[];
}

/** How a graph is trained: what is computed beforehand, what is learnt, and from which value the loss is computed. */
export interface TuningPlan {
  readonly model: ModelProto;
  readonly loss: LossValue;
  /** What a step computes, in the graph's order. */
  readonly nodes: readonly NodeProto[];
  /** Of those, the values with a gradient. */
  readonly tracked: ReadonlySet<string>;
  readonly weights: readonly Weight[];
  /** Length of the flat vector of all weights. */
  readonly size: number;
  /** Initializers that a step reads and does not train. */
  readonly constants: readonly TensorProto[];
  readonly data: readonly RowData[];
  readonly factOf: (value: string) => Fact;
}

/** Before it, operators take axes as attributes. */
const oldestOpset = 18;

/** The nodes that the loss of a task needs. Throws `InvalidModelError` for operators that are too old, and where there is no value for the loss. */
export function nodesOfLoss({ graph, opsetImport }: ModelProto, space: LabelSpace): NodeProto[] {
  const opset = opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 1;
  if (opset < oldestOpset)
    throw refused([`it uses the operators of opset ${opset}: export it with opset ${oldestOpset} or newer`]);
  return neededNodes(graph, [lossValue(graph, space).name]);
}

/** Throws `InvalidModelError` with all reasons why the graph cannot be trained. `facts` are of all inputs and all that `nodesOfLoss` make. */
export function planTuning(
  model: ModelProto,
  space: LabelSpace,
  freeze: readonly string[],
  facts: ReadonlyMap<string, Fact>,
): TuningPlan {
  const { graph } = model;
  const nodes = nodesOfLoss(model, space);
  const loss = lossValue(graph, space);
  const factOf = (value: string): Fact => {
    const fact = facts.get(value) ?? factOfWeight(model, value);
    if (fact === null) throw new RangeError(`nothing is known of the value "${value}"`);
    return fact;
  };
  const isFrozen = (name: string): boolean => freeze.some((pattern) => matches(name, pattern));
  const learnt = chooseWeights(graph, nodes, isFrozen, factOf);
  const faults = [...freezeFaults(graph, freeze), ...operatorFaults(nodes, learnt)];
  if (!learnt.tracked.has(loss.name))
    faults.push(
      `no weight moves its answers: it needs float32 initializers in layers (Gemm, MatMul, Conv, Gather) that "trainer.freeze" does not name`,
    );
  if (faults.length > 0) throw refused(faults);
  const step = stepOf(graph, nodes, learnt, factOf);
  const weights: Weight[] = [];
  let size = 0;
  for (const [name, { decays }] of learnt.weights) {
    const shape = initializerOf(graph, name)?.dims ?? [];
    const length = shape.reduce((product, dim) => product * dim, 1);
    weights.push({ name, shape, offset: size, size: length, decays });
    size += length;
  }
  const read = new Set(step.nodes.flatMap(readBy));
  const constants = graph.initializer.filter(({ name = '' }) => read.has(name) && !learnt.weights.has(name));
  return { model, loss, tracked: learnt.tracked, weights, size, constants, factOf, ...step };
}

function freezeFaults({ initializer }: GraphProto, freeze: readonly string[]): string[] {
  const names = initializer.flatMap(({ name = '', dataType }) => (dataType === elementTypes.float32 ? [name] : []));
  return freeze
    .filter((pattern) => !names.some((name) => matches(name, pattern)))
    .map((pattern) => `trainer.freeze: "${pattern}" names none of its float32 initializers (${shownNames(names)})`);
}

function operatorFaults(nodes: readonly NodeProto[], { tracked }: Learnt): string[] {
  return nodes.flatMap((node) => {
    if (isFlat(node)) return [];
    const operator = operatorOf(node);
    const through = operator?.through ?? node.input.map((_, at) => at);
    const read = operator === undefined ? readBy(node) : node.input;
    const odd = read.findIndex((name, at) => tracked.has(name) && !(operator && through.includes(at)));
    if (odd === -1) return [];
    const what = `${node.opType} "${node.name || (node.output[0] ?? '')}"`;
    return [
      operator === undefined
        ? `${what} has no gradient here: freeze the weights before it (trainer.freeze), or export the model without it`
        : `${what} takes "${node.input[odd] ?? ''}", which is learnt, as its input ${odd + 1}, which has no gradient: freeze it (trainer.freeze)`,
    ];
  });
}

/** Nodes that weights move, and those before them that do not compute something for each row. */
function stepOf(
  graph: GraphProto,
  nodes: readonly NodeProto[],
  { moved }: Learnt,
  factOf: (value: string) => Fact,
): Pick<TuningPlan, 'nodes' | 'data'> {
  const data = new Map<string, RowData>();
  const within = new Set(nodes.filter(({ output }) => output.some((name) => moved.has(name))));
  const left = [...within].flatMap(readBy);
  const seen = new Set(moved);
  while (left.length > 0) {
    const name = left.pop() ?? '';
    if (name === '' || seen.has(name) || initializerOf(graph, name) !== undefined) continue;
    seen.add(name);
    const maker = makerOf(graph, name);
    const { type, shape } = factOf(name);
    const [rows, ...row] = shape;
    if (rows === 'batch' && isOfNumbers(type) && row.every((size) => typeof size === 'number'))
      data.set(name, { name, type, shape: row });
    else if (maker === undefined)
      throw refused([`its layers take the input "${name}" of ${type} [${shape.join(', ')}] as it is`]);
    else if (!within.has(maker)) {
      within.add(maker);
      left.push(...readBy(maker));
    }
  }
  return { nodes: nodes.filter((node) => within.has(node)), data: [...data.values()] };
}

const isOfNumbers = (type: string): type is ElementType => type !== 'string' && Object.hasOwn(elementTypes, type);

export function refused(faults: readonly string[]): PawlError {
  const [first = ''] = faults;
  const said = faults.length === 1 ? first : `\n${faults.map((fault) => `- ${fault}`).join('\n')}`;
  return new PawlError(errorTypes.invalidModel, `the model of trainer.model cannot be trained: ${said}`);
}
