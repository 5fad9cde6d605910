import { wordOf, type LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';
import type { InferAnswer } from '../../call/infer-call.ts';
import { numberOfHalf } from '../../../codec/float16.ts';
import { shortestFloat32 } from '../../../codec/float32-text.ts';
import { notesOnRow } from '../../inference/inputs-notes.ts';
import { nextTurn, rowsPerTurn } from '../../turn.ts';

/** Rows that are written in one turn of the event loop at most. */
const mostRows = 128;

type Value = string | number | boolean | null;

/**
 * The JSON of the answer to a record, or to each of a list: the label in the target's own words, the probability of the positive class, or of each class by its label, where the
 * model gives them, quantiles by their levels, every other output by name; `request_id` is what a true label comes back with, `missing` names the columns that were taken as
 * missing, and `unknown` those whose category training did not see.
 */
export async function plainReply(
  { id, model, route, outputs, feeds, columns }: InferAnswer,
  list: boolean,
): Promise<Buffer | string> {
  const head = { model, version: route.version };
  const rows = Object.values(outputs)[0]?.shape[0] ?? 1;
  const predictionOf = (row: number): object => ({
    request_id: rows === 1 ? id : `${id}/${row}`,
    ...rowOf(outputs, rows, row, columns.labelSpace),
    ...notesOnRow(columns, feeds, row),
  });
  if (!list) return JSON.stringify({ ...head, ...predictionOf(0) });
  const sliceRows = Math.min(mostRows, rowsPerTurn(Object.keys(feeds).length));
  const parts: Buffer[] = [];
  let json = `${JSON.stringify(head).slice(0, -1)},"predictions":[`;
  for (let row = 0; row < rows; row++) {
    if (row > 0 && row % sliceRows === 0) {
      parts.push(Buffer.from(json));
      json = '';
      await nextTurn();
    }
    json += `${row === 0 ? '' : ','}${JSON.stringify(predictionOf(row))}`;
  }
  json += ']}';
  return parts.length === 0 ? json : Buffer.concat([...parts, Buffer.from(json)]);
}

function rowOf(
  outputs: InferAnswer['outputs'],
  rows: number,
  row: number,
  labelSpace: LabelSpace | null,
): Record<string, unknown> {
  const reply: Record<string, unknown> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    const values = rowValues(tensor, rows, row);
    if (name === 'probabilities' && values.length <= 2) {
      reply.probability = values.at(-1) ?? null;
      if (values.length === 2) reply.probabilities = { negative: values[0], positive: values[1] };
    } else if (
      name === 'probabilities' &&
      labelSpace?.kind === 'classes' &&
      values.length === labelSpace.classes.length
    )
      reply.probabilities = Object.fromEntries(labelSpace.classes.map(({ code }, k) => [code, values[k]]));
    else if (name === 'quantiles' && labelSpace?.kind === 'numbers' && values.length === labelSpace.levels?.length)
      reply.quantiles = Object.fromEntries(labelSpace.levels.map((level, k) => [level, values[k]]));
    else if (name === 'label' && values.length === 1 && labelSpace !== null)
      // A label that is none of the target's is shown as the model said it.
      reply[name] = wordOf(values[0], labelSpace) ?? values[0];
    else reply[name] = values.length === 1 ? values[0] : values;
  }
  return reply;
}

function rowValues({ type, data }: Tensor, rows: number, row: number): Value[] {
  const width = data.length / rows;
  const values: Value[] = [];
  for (let i = row * width; i < (row + 1) * width; i++) values.push(valueOf(type, data[i]!));
  return values;
}

function valueOf(type: Tensor['type'], value: string | number | bigint): Value {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (type === 'bool') return value !== 0;
  if (type === 'float16') return finite(numberOfHalf(value));
  return type === 'float32' ? finite(shortestFloat32(value)) : finite(value);
}

/** JSON has no word for NaN and the infinities. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
