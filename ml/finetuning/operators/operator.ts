import type { TapeShape } from '../../onnx/autodiff/shapes.ts';
import type { Tape, Value } from '../../onnx/autodiff/tape.ts';
import type { NodeProto } from '../../onnx/proto.ts';

/** A node of a graph from elsewhere, as it is written onto the tape. */
export interface NodeToRead {
  readonly tape: Tape;
  readonly node: NodeProto;
  /** By position; undefined where it is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Of its outputs, as a run of the graph showed them. */
  readonly shapes: readonly TapeShape[];
  /** What an input holds; undefined where it is left out. Throws `RangeError` where it depends on the rows. */
  readonly numbers: (position: number) => readonly number[] | undefined;
}

/** How an operator of ONNX is learnt through. */
export interface Operator {
  /** Its output, or all of several. Throws `RangeError` for a form that has no gradient here. */
  readonly read: (node: NodeToRead) => Value | readonly Value[];
  /** Inputs with a gradient. @default all */
  readonly through?: readonly number[];
  /** Inputs that are weights of a layer. @default none */
  readonly weights?: readonly number[];
  /** Weights are also the inputs that lie beside one that is learnt: those of so many elements or more. @default none */
  readonly besideFrom?: number;
  /** A weight is also the one of two inputs that makes the output larger than the other, as an embedding of numbers does. @default false */
  readonly widens?: boolean;
}

export type Operators = Readonly<Record<string, Operator>>;

/** An input that the operator must have. */
export function given({ inputs, node }: NodeToRead, position: number): Value {
  const value = inputs[position];
  if (value === undefined) throw new RangeError(`${node.opType} lacks its input ${position + 1}`);
  return value;
}
