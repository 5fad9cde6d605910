import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { initializerOf } from '../onnx/lookups.ts';
import type { ModelProto, NodeProto } from '../onnx/proto.ts';
import type { TapeShape } from '../onnx/autodiff/shapes.ts';
import { elementTypes, tensorValues } from '../onnx/tensor.ts';

/** Rows of the two runs that show how values depend on the number of rows. */
export const probeRows = [3, 5] as const;

/** A value of a run: numbers only of a small one. */
export interface SeenValue {
  readonly type: string;
  readonly dims: readonly number[];
  readonly numbers: readonly number[] | null;
}

/** What two runs of a graph, on other numbers of rows, say of a value. */
export interface Fact {
  readonly type: string;
  /** `batch`, or a multiple of it such as `2 batch`, for sizes that follow the number of rows. */
  readonly shape: TapeShape;
  /** What it holds in each run; null where that differs, or is much. */
  readonly numbers: readonly number[] | null;
}

/** Values of more elements are not looked into. */
export const mostNumbers = 64;

/** The model with every value that `nodes` make as an output, so that a run shows them. */
export function probingModel(model: ModelProto, nodes: readonly NodeProto[]): ModelProto {
  const names = nodes.flatMap(({ output }) => output.filter((name) => name !== ''));
  return { ...model, graph: { ...model.graph, node: [...nodes], output: names.map((name) => ({ name })) } };
}

/** Of a value by the runs on `probeRows`. Throws `InvalidModelError` for a shape that does not follow the number of rows. */
export function factOf(name: string, few: SeenValue, many: SeenValue): Fact {
  const shape = few.dims.map((size, axis) => {
    const other = many.dims[axis];
    if (size === other) return size;
    const times = size / probeRows[0];
    if (other === times * probeRows[1]) return times === 1 ? 'batch' : `${times} batch`;
    throw new PawlError(
      errorTypes.invalidModel,
      `the value "${name}" of the model has shape [${few.dims.join(', ')}] for ${probeRows[0]} rows and [${many.dims.join(', ')}] for ${probeRows[1]}, which does not follow their number: export the model with shapes that do`,
      { value: name },
    );
  });
  const isSame =
    few.numbers?.length === many.numbers?.length && few.numbers?.every((n, at) => n === many.numbers?.[at]);
  return { type: few.type, shape, numbers: isSame === true ? few.numbers : null };
}

/** Of an initializer. */
export function factOfWeight({ graph }: Pick<ModelProto, 'graph'>, name: string): Fact | null {
  const tensor = initializerOf(graph, name);
  if (tensor === undefined) return null;
  const { dims, dataType } = tensor;
  const [type = 'other'] = Object.entries(elementTypes).flatMap(([name, number]) =>
    number === dataType ? [name] : [],
  );
  const size = dims.reduce((product, dim) => product * dim, 1);
  const isRead = type !== 'other' && type !== 'string' && size <= mostNumbers;
  return { type, shape: dims, numbers: isRead ? Array.from(tensorValues(tensor).data, Number) : null };
}
