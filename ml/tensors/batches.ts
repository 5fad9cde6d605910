import type { Feeds, Signature, Tensor, TensorData } from '../../contracts/data/tensor.ts';

type Numbers = Exclude<TensorData, readonly string[]>;

/** Whether two requests differ in nothing but the number of their rows, so that they fit into one batch. */
export function sameRows(signature: Signature, a: Feeds, b: Feeds): boolean {
  for (const { name } of signature.inputs) {
    const [first, second] = [a[name]?.shape, b[name]?.shape];
    if (first === undefined || second === undefined || first.length !== second.length) return false;
    for (let axis = 1; axis < first.length; axis++) if (first[axis] !== second[axis]) return false;
  }
  return true;
}

/** The rows of several requests as those of one, input by input. */
export function joinFeeds(signature: Signature, requests: readonly Feeds[], rows: number): Feeds {
  const joined: Record<string, Tensor> = {};
  for (const { name, type } of signature.inputs) {
    const tensors = requests.map((feeds) => feeds[name]).filter((tensor) => tensor !== undefined);
    const [first] = tensors;
    if (first === undefined) continue;
    joined[name] = { type, shape: [rows, ...first.shape.slice(1)], data: joinData(tensors) };
  }
  return joined;
}

function joinData(tensors: readonly Tensor[]): TensorData {
  const [first] = tensors;
  if (first === undefined || !ArrayBuffer.isView(first.data))
    return tensors.flatMap(({ data }) => data as readonly string[]);
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const Kind = first.data.constructor as new (length: number) => Numbers;
  const joined = new Kind(length);
  let at = 0;
  for (const { data } of tensors) {
    // One kind of array per input: the signature's.
    joined.set(data as never, at);
    at += data.length;
  }
  return joined;
}

/** Rows `from` to `to` of a batch's outputs: views, not copies. Null where an output has not one row per row of the batch. */
export function rowsOfOutputs(
  outputs: Readonly<Record<string, Tensor>>,
  rows: number,
  from: number,
  to: number,
): Record<string, Tensor> | null {
  const part: Record<string, Tensor> = {};
  for (const name in outputs) {
    const tensor = outputs[name];
    if (tensor === undefined) continue;
    const { type, shape, data } = tensor;
    if (shape[0] !== rows) return null;
    const width = data.length / rows;
    const [begin, end] = [from * width, to * width];
    part[name] = {
      type,
      shape: [to - from, ...shape.slice(1)],
      data: ArrayBuffer.isView(data) ? data.subarray(begin, end) : data.slice(begin, end),
    };
  }
  return part;
}
