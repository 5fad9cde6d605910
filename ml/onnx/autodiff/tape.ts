import type { GraphBuilder } from '../graph.ts';
import type { TapeShape } from './shapes.ts';

/** A value of the graph; `tracked` ones depend on a variable, and so have a gradient. */
export interface Value {
  readonly name: string;
  readonly shape: TapeShape;
  readonly tracked: boolean;
}

/** Adds the nodes for the gradient of the input at a position, given that of the output, and returns its name. */
export type Backward = (gradient: string, position: number) => string;

interface Entry {
  readonly output: Value;
  readonly inputs: readonly Value[];
  readonly backward: Backward;
}

/**
 * Reverse-mode differentiation (Griewank and Walther, "Evaluating Derivatives", 2nd ed., ch. 3) that writes standard ONNX
 * operators: each operation beside this file adds forward nodes, `gradients` adds the backward ones. All values are float32.
 */
export class Tape {
  /** Where the nodes go. */
  readonly graph: GraphBuilder;
  readonly #entries: Entry[] = [];

  constructor(graph: GraphBuilder) {
    this.graph = graph;
  }

  /** A value that gradients are asked for. */
  variable(name: string, shape: TapeShape): Value {
    return { name, shape, tracked: true };
  }

  /** A value without gradient: data, labels, indices. */
  given(name: string, shape: TapeShape): Value {
    return { name, shape, tracked: false };
  }

  /** Numbers without gradient. */
  constant(stem: string, values: readonly number[], shape: readonly number[]): Value {
    return this.given(this.graph.constant(stem, Float32Array.from(values), shape), shape);
  }

  /** Adds a node of one output, and remembers how gradients go back through it. */
  record(
    opType: string,
    inputs: readonly Value[],
    shape: TapeShape,
    backward: Backward,
    attributes: Parameters<GraphBuilder['node']>[2] = {},
  ): Value {
    const names = inputs.map((input) => input.name);
    return this.derive(this.graph.node(opType, names, attributes), inputs, shape, backward);
  }

  /** A value that nodes of the caller's computed from `inputs`, and how gradients go back through them. */
  derive(name: string, inputs: readonly Value[], shape: TapeShape, backward: Backward): Value {
    const output: Value = { name, shape, tracked: inputs.some((input) => input.tracked) };
    if (output.tracked) this.#entries.push({ output, inputs, backward });
    return output;
  }

  /**
   * Adds the nodes that compute the derivative of a scalar by each variable, and returns their outputs' names. Throws `RangeError` for a
   * loss that is not a scalar, or does not depend on a variable.
   */
  gradients(loss: Value, variables: readonly Value[]): string[] {
    if (loss.shape.length > 0)
      throw new RangeError(`"${loss.name}" is not a scalar: it has ${loss.shape.length} dimensions`);
    const found = new Map([[loss.name, this.graph.scalar('seed', 1)]]);
    for (const { output, inputs, backward } of this.#entries.toReversed()) {
      const gradient = found.get(output.name);
      if (gradient === undefined) continue;
      for (const [position, input] of inputs.entries()) {
        if (!input.tracked) continue;
        const part = backward(gradient, position);
        const before = found.get(input.name);
        found.set(input.name, before === undefined ? part : this.graph.node('Add', [before, part]));
      }
    }
    return variables.map((variable) => {
      const gradient = found.get(variable.name);
      if (gradient === undefined) throw new RangeError(`"${loss.name}" does not depend on "${variable.name}"`);
      return gradient;
    });
  }
}
