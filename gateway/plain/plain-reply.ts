import type { Tensor } from '../../contracts/tensor.ts';
import type { InferAnswer } from '../infer-call.ts';
import { numbersOfHalves } from '../../contracts/float16.ts';

type Value = string | number | boolean | null;

/**
 * The answer to a record, or to each of a list: the label, the probability of the positive class and of each class where the model gives
 * them, every other output by name; `request_id` is what a true label comes back with.
 */
export function plainReply({ id, model, route, outputs }: InferAnswer, list: boolean): object {
  const head = { model, version: route.version };
  const rows = Object.values(outputs)[0]?.shape[0] ?? 1;
  const predictions = Array.from({ length: rows }, (_, row) => ({
    request_id: rows === 1 ? id : `${id}/${row}`,
    ...rowOf(outputs, rows, row),
  }));
  return list ? { ...head, predictions } : { ...head, ...predictions[0] };
}

function rowOf(outputs: InferAnswer['outputs'], rows: number, row: number): Record<string, unknown> {
  const reply: Record<string, unknown> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    const values = rowValues(tensor, rows, row);
    if (name === 'probabilities' && values.length <= 2) {
      reply.probability = values.at(-1) ?? null;
      if (values.length === 2) reply.probabilities = { negative: values[0], positive: values[1] };
    } else reply[name] = values.length === 1 ? values[0] : values;
  }
  return reply;
}

function rowValues({ type, data }: Tensor, rows: number, row: number): Value[] {
  const width = data.length / rows;
  const part = data.slice(row * width, (row + 1) * width);
  if (type === 'float16') return Array.from(numbersOfHalves(part as Uint16Array), finite);
  return Array.from(part as ArrayLike<string | number | bigint>, (value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    return type === 'bool' ? value !== 0 : type === 'float32' ? finite(Number(value.toPrecision(8))) : finite(value);
  });
}

/** JSON has no word for NaN and the infinities. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
