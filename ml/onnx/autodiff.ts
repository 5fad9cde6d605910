import type { GraphBuilder } from './graph.ts';

/** Sizes, or a symbol for one that only the run knows; equal symbols are equal sizes. */
export type TapeShape = readonly (number | string)[];

/** A value of the graph; `tracked` ones depend on a variable, and so have a gradient. */
export interface Value {
  readonly name: string;
  readonly shape: TapeShape;
  readonly tracked: boolean;
}

interface Entry {
  readonly output: Value;
  readonly inputs: readonly Value[];
  /** Adds the nodes for the gradient of the input at this position, given that of the output. */
  readonly backward: (gradient: string, position: number) => string;
}

/**
 * Reverse-mode differentiation (Griewank and Walther, "Evaluating Derivatives", 2nd ed., ch. 3) that writes standard ONNX
 * operators: each call adds the forward node, `gradients` adds the backward ones. All values are float32.
 */
export class Tape {
  readonly #graph: GraphBuilder;
  readonly #entries: Entry[] = [];

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
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
    return this.given(this.#graph.constant(stem, Float32Array.from(values), shape), shape);
  }

  /** `x w + b` for x `[n, k]`, w `[k, m]` and b `[m]`. */
  gemm(x: Value, w: Value, b: Value): Value {
    return this.#record('Gemm', [x, w, b], [x.shape[0] ?? 1, w.shape[1] ?? 1], (gradient, position) => {
      if (position === 0) return this.#graph.node('Gemm', [gradient, w.name], { transB: { int: 1 } });
      if (position === 1) return this.#graph.node('Gemm', [x.name, gradient], { transA: { int: 1 } });
      return this.#sum(gradient, [0], false);
    });
  }

  add(a: Value, b: Value): Value {
    const shape = broadcast(a.shape, b.shape);
    return this.#record('Add', [a, b], shape, (gradient, position) =>
      this.#shrink(gradient, shape, position === 0 ? a.shape : b.shape),
    );
  }

  subtract(a: Value, b: Value): Value {
    const shape = broadcast(a.shape, b.shape);
    return this.#record('Sub', [a, b], shape, (gradient, position) => {
      if (position === 0) return this.#shrink(gradient, shape, a.shape);
      return this.#shrink(this.#graph.node('Neg', [gradient]), shape, b.shape);
    });
  }

  multiply(a: Value, b: Value): Value {
    const shape = broadcast(a.shape, b.shape);
    return this.#record('Mul', [a, b], shape, (gradient, position) => {
      const [self, other] = position === 0 ? [a, b] : [b, a];
      return this.#shrink(this.#graph.node('Mul', [gradient, other.name]), shape, self.shape);
    });
  }

  relu(x: Value): Value {
    const y = this.#record('Relu', [x], x.shape, (gradient) => {
      const zero = this.#graph.scalar('zero', 0);
      return this.#graph.node('Where', [this.#graph.node('Greater', [y.name, zero]), gradient, zero]);
    });
    return y;
  }

  sigmoid(x: Value): Value {
    const y = this.#record('Sigmoid', [x], x.shape, (gradient) => {
      const rest = this.#graph.node('Sub', [this.#graph.scalar('one', 1), y.name]);
      return this.#graph.node('Mul', [gradient, this.#graph.node('Mul', [y.name, rest])]);
    });
    return y;
  }

  /** `log(1 + exp(x))`, whose derivative is the sigmoid. */
  softplus(x: Value): Value {
    return this.#record('Softplus', [x], x.shape, (gradient) =>
      this.#graph.node('Mul', [gradient, this.#graph.node('Sigmoid', [x.name])]),
    );
  }

  /** `log(sum_k exp(x_k))` of each row of `[n, k]`, as `[n, 1]`; its derivative is the softmax. */
  logSumExp(x: Value): Value {
    const axes = this.given(this.#graph.ints('axes', [1]), [1]);
    const backward = (gradient: string) =>
      this.#graph.node('Mul', [gradient, this.#graph.node('Softmax', [x.name], { axis: { int: 1 } })]);
    return this.#record('ReduceLogSumExp', [x, axes], [x.shape[0] ?? 1, 1], backward, { keepdims: { int: 1 } });
  }

  /** Indices `[n, 1]`, as floats, to `[n, width]` with a 1 in the column of each. */
  oneHot(indices: Value, width: number): Value {
    const columns = this.#graph.constant(
      'columns',
      Float32Array.from({ length: width }, (_, i) => i),
      [1, width],
    );
    const isOwn = this.#graph.node('Equal', [indices.name, columns]);
    return this.given(this.#graph.node('Cast', [isOwn], { to: { int: 1 } }), [indices.shape[0] ?? 1, width]);
  }

  /** Columns side by side: `[n, k1], [n, k2], ...` to `[n, k1 + k2 + ...]`; the widths must be known. */
  concat(parts: readonly Value[]): Value {
    const widths = parts.map((part) => Number(part.shape[1]));
    const starts = widths.map((_, index) => widths.slice(0, index).reduce((sum, width) => sum + width, 0));
    const total = widths.reduce((sum, width) => sum + width, 0);
    const attributes = { axis: { int: 1 } };
    const shape = [parts[0]?.shape[0] ?? 1, total];
    const slice = (gradient: string, position: number): string => {
      const start = starts[position] ?? 0;
      const bounds = [start, start + (widths[position] ?? 0), 1].map((value) => this.#graph.ints('bound', [value]));
      return this.#graph.node('Slice', [gradient, ...bounds]);
    };
    return this.#record('Concat', parts, shape, slice, attributes);
  }

  /**
   * Rows of a table: table `[v, d]` by int64 indices of any shape gives `[...indices, d]`. The gradient adds up in `ScatterND`, whose
   * order is fixed on one thread of the CPU but not on a GPU.
   */
  gather(table: Value, indices: Value): Value {
    const width = table.shape[1] ?? 1;
    return this.#record('Gather', [table, indices], [...indices.shape, width], (gradient) => {
      const graph = this.#graph;
      const rows = graph.node('Unsqueeze', [indices.name, graph.ints('axes', [-1])]);
      const zeros = graph.node('ConstantOfShape', [graph.ints('shape', table.shape.map(Number))]);
      return graph.node('ScatterND', [zeros, rows, gradient], { reduction: { string: 'add' } });
    });
  }

  /** The same values in another shape, at most one of whose sizes is unknown. */
  reshape(x: Value, shape: TapeShape): Value {
    const sizes = (wanted: TapeShape) =>
      this.#graph.ints(
        'shape',
        wanted.map((size) => (typeof size === 'number' ? size : -1)),
      );
    const name = sizes(shape);
    return this.#record('Reshape', [x, this.given(name, [shape.length])], shape, (gradient) =>
      this.#graph.node('Reshape', [gradient, sizes(x.shape)]),
    );
  }

  /** Sum of all values, a scalar. */
  sum(x: Value): Value {
    const backward = (gradient: string) => this.#graph.node('Expand', [gradient, this.#graph.node('Shape', [x.name])]);
    return this.#record('ReduceSum', [x], [], backward, { keepdims: { int: 0 } });
  }

  /** Adds the nodes that compute the derivative of a scalar by each variable, and returns their outputs' names. */
  gradients(loss: Value, variables: readonly Value[]): string[] {
    if (loss.shape.length > 0)
      throw new RangeError(`"${loss.name}" is not a scalar: it has ${loss.shape.length} dimensions`);
    const found = new Map([[loss.name, this.#graph.scalar('seed', 1)]]);
    for (const { output, inputs, backward } of this.#entries.toReversed()) {
      const gradient = found.get(output.name);
      if (gradient === undefined) continue;
      for (const [position, input] of inputs.entries()) {
        if (!input.tracked) continue;
        const part = backward(gradient, position);
        const before = found.get(input.name);
        found.set(input.name, before === undefined ? part : this.#graph.node('Add', [before, part]));
      }
    }
    return variables.map((variable) => {
      const gradient = found.get(variable.name);
      if (gradient === undefined) throw new RangeError(`"${loss.name}" does not depend on "${variable.name}"`);
      return gradient;
    });
  }

  #record(
    opType: string,
    inputs: readonly Value[],
    shape: TapeShape,
    backward: Entry['backward'],
    attributes: Parameters<GraphBuilder['node']>[2] = {},
  ): Value {
    const names = inputs.map((input) => input.name);
    const name = this.#graph.node(opType, names, attributes);
    const output: Value = { name, shape, tracked: inputs.some((input) => input.tracked) };
    if (output.tracked) this.#entries.push({ output, inputs, backward });
    return output;
  }

  /** Sums a gradient over the axes along which its operand was repeated. */
  #shrink(gradient: string, from: TapeShape, to: TapeShape): string {
    const extra = from.length - to.length;
    const leading = Array.from({ length: extra }, (_, axis) => axis);
    const repeated = to.flatMap((size, axis) => (size === 1 && from[axis + extra] !== 1 ? [axis + extra] : []));
    const kept = repeated.length > 0 ? this.#sum(gradient, repeated, true) : gradient;
    return leading.length > 0 ? this.#sum(kept, leading, false) : kept;
  }

  #sum(value: string, axes: readonly number[], keep: boolean): string {
    return this.#graph.node('ReduceSum', [value, this.#graph.ints('axes', axes)], { keepdims: { int: keep ? 1 : 0 } });
  }
}

function broadcast(a: TapeShape, b: TapeShape): TapeShape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left = 1, right = 1] = [a[axis - rank + a.length], b[axis - rank + b.length]];
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not go together`);
    }
    return left === 1 ? right : left;
  });
}
