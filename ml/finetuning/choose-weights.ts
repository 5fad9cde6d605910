import { initializerOf, makerOf } from '../onnx/lookups.ts';
import type { GraphProto, NodeProto } from '../onnx/proto.ts';
import { elementTypes, tensorValues } from '../onnx/tensor.ts';
import type { TapeShape } from '../onnx/autodiff/shapes.ts';
import type { Fact } from './facts.ts';
import { isFlat, operatorOf } from './operators/index.ts';
import { readBy } from '../onnx/needed-nodes.ts';

/** What of a graph is learnt. */
export interface Learnt {
  /** Initializers that are trained, in the order in which they are read, and whether weight decay applies: to matrices of layers. */
  readonly weights: ReadonlyMap<string, { readonly decays: boolean }>;
  /** Values with a gradient: they depend on a weight by operators that are learnt through. */
  readonly tracked: ReadonlySet<string>;
  /** Values that depend on a weight in any way. */
  readonly moved: ReadonlySet<string>;
}

/**
 * Weights are the float32 initializers of layers, those beside a value that is learnt, such as a bias, and those that widen a row, as embeddings of numbers
 * do. So the numbers that standardize inputs, and those of formulas (of no axis), stay. `isFrozen` says which others do.
 */
export function chooseWeights(
  graph: GraphProto,
  nodes: readonly NodeProto[],
  isFrozen: (name: string) => boolean,
  factOf: (value: string) => Fact,
): Learnt {
  const chooser = new Chooser(graph, nodes, isFrozen, factOf);
  let before = -1;
  // A weight that is found late makes values learnt that were passed before.
  while (before !== chooser.weights.size) {
    before = chooser.weights.size;
    for (const node of nodes) chooser.pass(node);
  }
  const { weights, tracked, moved } = chooser;
  return { weights, tracked, moved };
}

class Chooser {
  readonly weights = new Map<string, { readonly decays: boolean }>();
  readonly tracked = new Set<string>();
  readonly moved = new Set<string>();
  /** Values that the rows move. */
  readonly #ofRows: ReadonlySet<string>;
  readonly #graph: GraphProto;
  readonly #isFrozen: (name: string) => boolean;
  readonly #factOf: (value: string) => Fact;

  constructor(
    graph: GraphProto,
    nodes: readonly NodeProto[],
    isFrozen: (name: string) => boolean,
    factOf: (value: string) => Fact,
  ) {
    this.#graph = graph;
    this.#isFrozen = isFrozen;
    this.#factOf = factOf;
    const ofRows = new Set(graph.input.map(({ name }) => name).filter((name) => !initializerOf(graph, name)));
    for (const node of nodes) {
      const through = isFlat(node) ? node.input : throughOf(node).map((at) => node.input[at] ?? '');
      if (through.some((name) => ofRows.has(name))) for (const name of node.output) ofRows.add(name);
    }
    this.#ofRows = ofRows;
  }

  pass(node: NodeProto): void {
    const operator = operatorOf(node);
    const through = throughOf(node);
    const isLearnt = (at: number): boolean => this.tracked.has(node.input[at] ?? '');
    for (const at of through) {
      const others = through.filter((other) => other !== at);
      const isBeside =
        operator?.besideFrom !== undefined &&
        (others.some(isLearnt) || (operator.widens === true && this.#isWidened(node, others[0] ?? 0)));
      if (operator?.weights?.includes(at)) this.#mark(node.input[at] ?? '', 1, true);
      else if (isBeside) this.#mark(node.input[at] ?? '', operator?.besideFrom ?? 1, false);
    }
    if (operator !== undefined && through.some(isLearnt)) for (const name of node.output) this.tracked.add(name);
    if (readBy(node).some((name) => this.moved.has(name))) for (const name of node.output) this.moved.add(name);
  }

  /** Whether a node gives more elements a row than this one of its inputs has. */
  #isWidened({ input, output }: NodeProto, at: number): boolean {
    const [before, after] = [input[at] ?? '', output[0] ?? ''].map((name) => elements(this.#factOf(name).shape));
    return this.#ofRows.has(input[at] ?? '') && (after ?? 0) > (before ?? 0);
  }

  /** Of a value that only initializers make, all of them. */
  #mark(name: string, least: number, isOfLayer: boolean): void {
    const tensor = initializerOf(this.#graph, name);
    if (tensor !== undefined) {
      const size = tensor.dims.reduce((product, dim) => product * dim, 1);
      const isWeight = tensor.dataType === elementTypes.float32 && tensor.dims.length > 0 && size >= least;
      if (this.weights.has(name) || !isWeight || this.#isFrozen(name)) return;
      const { data } = tensorValues(tensor);
      // Masks of attention hold -Infinity.
      if (!(data as Float32Array).every(Number.isFinite)) return;
      this.weights.set(name, { decays: isOfLayer && tensor.dims.length > 1 });
      for (const set of [this.tracked, this.moved]) set.add(name);
      return;
    }
    const maker = makerOf(this.#graph, name);
    if (maker === undefined || this.#ofRows.has(name)) return;
    for (const at of throughOf(maker)) this.#mark(maker.input[at] ?? '', least, isOfLayer);
  }
}

/** Positions of a node's inputs with a gradient. */
const throughOf = (node: NodeProto): readonly number[] => {
  const operator = operatorOf(node);
  return operator === undefined ? [] : (operator.through ?? node.input.map((_, at) => at));
};

/** Of a row: the number of rows counts as 1, a multiple of it as that. */
const elements = (shape: TapeShape): number =>
  shape.reduce(
    (product: number, size) => product * (typeof size === 'number' ? size : Number.parseInt(size, 10) || 1),
    1,
  );
