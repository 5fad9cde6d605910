import { attributeOf, type Attributes } from './attribute.ts';
import { freeName } from './free-name.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './proto.ts';
import { elementTypes, tensorOf, type ElementType, type TensorArray } from './tensor.ts';

/** What onnxruntime-node 1.30 and readers two years older take. */
const defaultOpset = 21;
const defaultIrVersion = 10;

/** `ai.onnx.ml` holds the encoders, `com.microsoft` the fused operators of ONNX Runtime. */
export const mlDomain = 'ai.onnx.ml';

/** A size, a symbol such as `batch`, or null where nothing is known. */
export type Shape = readonly (number | string | null)[];

export interface ModelOptions {
  /** @default 21 */
  readonly opset?: number;
  /** Further operator sets, by domain. */
  readonly domains?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

export function valueInfo(name: string, type: ElementType, shape?: Shape): ValueInfoProto {
  const dim = shape?.map((size) => {
    if (size === null) return {};
    return typeof size === 'number' ? { dimValue: size } : { dimParam: size };
  });
  return { name, type: { tensorType: { elemType: elementTypes[type], ...(dim && { shape: { dim } }) } } };
}

export function nodeOf(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes = {},
  domain = '',
): NodeProto {
  return {
    name: output[0] ?? opType,
    opType,
    domain,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  };
}

/** Builds a graph node by node. Names of values are unique in a builder and all its subgraphs; equal calls give equal graphs. */
export class GraphBuilder {
  readonly name: string;
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  readonly #taken: Set<string>;

  /** `parent`: the builder of the graph whose node (Loop, If) will hold this one; its values can be used here. */
  constructor(name: string, parent?: GraphBuilder) {
    this.name = name;
    this.#taken = parent ? parent.#taken : new Set();
  }

  /** A name that no other value has. */
  unique(stem: string): string {
    const name = freeName(this.#taken, stem);
    this.#taken.add(name);
    return name;
  }

  /** Adds a node of one output, and returns the output's name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    options: { domain?: string; output?: string } = {},
  ): string {
    const output = this.unique(options.output ?? opType);
    this.nodes.push(nodeOf(opType, inputs, [output], attributes, options.domain));
    return output;
  }

  /** Adds a node of several outputs; an empty stem leaves an optional output away. */
  multiNode(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes = {},
    domain = '',
  ): string[] {
    const names = outputs.map((stem) => (stem === '' ? '' : this.unique(stem)));
    this.nodes.push(nodeOf(opType, inputs, names, attributes, domain));
    return names;
  }

  /** Adds an initializer. */
  constant(stem: string, data: TensorArray, dims?: readonly number[], type?: ElementType): string {
    const name = this.unique(stem);
    this.initializers.push(tensorOf(name, data, dims, type));
    return name;
  }

  /** Adds a float32 scalar. */
  scalar(stem: string, value: number): string {
    return this.constant(stem, Float32Array.of(value), []);
  }

  /** Adds a vector of int64, as shapes and axes are given. */
  ints(stem: string, values: readonly number[]): string {
    return this.constant(stem, BigInt64Array.from(values, BigInt));
  }

  input(name: string, type: ElementType, shape?: Shape): string {
    const unique = this.unique(name);
    this.inputs.push(valueInfo(unique, type, shape));
    return unique;
  }

  /** Declares a value as output. `name` renames it with an Identity node. */
  output(value: string, type: ElementType, shape?: Shape, name?: string): void {
    const output = name === undefined || name === value ? value : this.node('Identity', [value], {}, { output: name });
    this.outputs.push(valueInfo(output, type, shape));
  }

  graph(): GraphProto {
    return {
      name: this.name,
      node: this.nodes,
      initializer: this.initializers,
      input: this.inputs,
      output: this.outputs,
      valueInfo: [],
    };
  }

  model(options: ModelOptions = {}): ModelProto {
    return {
      irVersion: defaultIrVersion,
      producerName: 'pawl',
      opsetImport: [
        { domain: '', version: options.opset ?? defaultOpset },
        ...Object.entries(options.domains ?? {}).map(([domain, version]) => ({ domain, version })),
      ],
      graph: this.graph(),
      metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    };
  }
}
