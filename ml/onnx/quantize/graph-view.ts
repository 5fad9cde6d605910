import { attribute } from '../attribute.ts';
import { subgraphsOf } from '../subgraphs.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../proto.ts';
import { tensorOf, type TensorArray } from '../tensor.ts';

/** The nodes of a graph's subgraphs (bodies of Loop, Scan and If), at any depth. */
export function nestedNodes(graph: GraphProto): NodeProto[] {
  return graph.node.flatMap(subgraphsOf).flatMap((body) => [...body.node, ...nestedNodes(body)]);
}

const isStandard = ({ domain }: { domain?: string }): boolean => !domain || domain === 'ai.onnx';

/** Whether a node is an operator of the ONNX standard, of one of the given types. */
export const isOperator = (node: NodeProto, ...types: string[]): boolean =>
  isStandard(node) && types.includes(node.opType);

/** What a rewrite asks about a graph: who uses a value, which values are constant, which names are free. */
export class GraphView {
  readonly model: ModelProto;
  /** Version of the standard operator set; 0 where none is imported. */
  readonly opset: number;
  readonly #consumers = new Map<string, (NodeProto | null)[]>();
  readonly #constants = new Map<string, TensorProto>();
  readonly #taken = new Set<string>();

  constructor(model: ModelProto) {
    const { graph } = model;
    this.model = model;
    this.opset = model.opsetImport.find(isStandard)?.version ?? 0;
    this.#readConstants(graph);
    for (const node of graph.node) for (const name of node.input) this.#use(name, node);
    for (const name of outerUses(graph)) this.#use(name, null);
    this.#readNames(graph);
  }

  /** The constant tensor of a name; undefined where a caller or the graph computes the value. */
  constant(name: string | undefined): TensorProto | undefined {
    return name === undefined ? undefined : this.#constants.get(name);
  }

  /** The one node that uses a value; undefined where there are several, or an output or subgraph uses it too. */
  soleConsumer(name: string): NodeProto | undefined {
    const [first, ...others] = this.#consumers.get(name) ?? [];
    return others.length === 0 ? (first ?? undefined) : undefined;
  }

  /** A name that nothing in the model has; asking twice gives two names. */
  unique(stem: string): string {
    let name = stem;
    for (let n = 1; this.#taken.has(name); n += 1) name = `${stem}_${n}`;
    this.#taken.add(name);
    return name;
  }

  #use(name: string, node: NodeProto | null): void {
    this.#consumers.set(name, [...(this.#consumers.get(name) ?? []), node]);
  }

  /** An initializer that is an input too can be replaced by the caller: it is not a constant. */
  #readConstants(graph: GraphProto): void {
    const inputs = new Set(graph.input.map(({ name }) => name));
    for (const tensor of graph.initializer) {
      if (tensor.name !== undefined && !inputs.has(tensor.name)) this.#constants.set(tensor.name, tensor);
    }
    for (const node of graph.node) {
      const value = isOperator(node, 'Constant') ? constantOf(node) : this.#alias(node);
      if (value && node.output[0]) this.#constants.set(node.output[0], value);
    }
  }

  #alias(node: NodeProto): TensorProto | undefined {
    return isOperator(node, 'Identity') ? this.constant(node.input[0]) : undefined;
  }

  #readNames(graph: GraphProto): void {
    const named = [...graph.input, ...graph.output, ...graph.initializer].map(({ name }) => name ?? '');
    const nodes = graph.node.flatMap((node) => [node.name ?? '', ...node.input, ...node.output]);
    for (const name of [...named, ...nodes]) this.#taken.add(name);
    for (const body of graph.node.flatMap(subgraphsOf)) this.#readNames(body);
  }
}

function constantOf(node: NodeProto): TensorProto | undefined {
  const floats = attribute(node, 'value_floats')?.floats;
  return attribute(node, 'value')?.t ?? (floats && tensorOf('', Float32Array.from(floats)));
}

/** Names that the graph's outputs and its subgraphs refer to. */
function outerUses(graph: GraphProto): string[] {
  const nested = nestedNodes(graph).flatMap(({ input }) => input);
  const bodies = [...graph.node, ...nestedNodes(graph)].flatMap(subgraphsOf);
  return [...graph.output, ...bodies.flatMap(({ output }) => output)].map(({ name }) => name).concat(nested);
}

/** Collects what takes the place of nodes, and makes the new model. */
export class Rewrite {
  readonly view: GraphView;
  readonly #replaced = new Map<NodeProto, NodeProto[]>();
  readonly #initializers: TensorProto[] = [];

  constructor(view: GraphView) {
    this.view = view;
  }

  replace(node: NodeProto, by: NodeProto[]): void {
    this.#replaced.set(node, by);
  }

  /** Adds an initializer, and returns its name. */
  constant(stem: string, data: TensorArray, dims?: readonly number[]): string {
    const name = this.view.unique(stem);
    this.#initializers.push(tensorOf(name, data, dims));
    return name;
  }

  /** The rewritten model, without the constants and value types that nothing uses any more. Inputs and outputs stay. */
  model(): ModelProto {
    const { graph } = this.view.model;
    const next: GraphProto = {
      ...graph,
      node: graph.node.flatMap((node) => this.#replaced.get(node) ?? [node]),
      initializer: [...graph.initializer, ...this.#initializers],
    };
    for (let before = Infinity; next.node.length < before;) {
      before = next.node.length;
      const used = new Set([...next.node.flatMap(({ input }) => input), ...outerUses(next)]);
      next.node = next.node.filter(({ output }) => !isDead(output, used, this.view));
    }
    const used = new Set([...next.node.flatMap(({ input }) => input), ...outerUses(next)]);
    const inputs = new Set(next.input.map(({ name }) => name));
    next.initializer = next.initializer.filter(({ name = '' }) => used.has(name) || inputs.has(name));
    const known = new Set([
      ...inputs,
      ...next.node.flatMap(({ output }) => output),
      ...next.initializer.map(({ name }) => name),
    ]);
    next.valueInfo = graph.valueInfo.filter(({ name }) => known.has(name));
    return { ...this.view.model, graph: next };
  }
}

const isDead = (output: readonly string[], used: ReadonlySet<string>, view: GraphView): boolean =>
  output.every((name) => view.constant(name) !== undefined && !used.has(name));
