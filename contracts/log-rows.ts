import type { FeedbackEntry, LogEntry, LogRow, MirrorEntry, PredictionEntry } from './prediction-log.ts';
import type { Tensor } from './tensor.ts';

/** One row per row of a request or of a mirrored copy, with ids `<id>/<row>` where it has several; one per feedback. */
export function rowsOf(entry: LogEntry): LogRow[] {
  if (entry.kind === 'feedback') return [feedbackRow(entry)];
  if (entry.rows === 1) return [answerRow(entry, 0, entry.id)];
  return Array.from({ length: entry.rows }, (_, row) => answerRow(entry, row, `${entry.id}/${row}`));
}

function feedbackRow({ kind, id, at, model, instance, label, value }: FeedbackEntry): LogRow {
  return {
    kind,
    id,
    request: id,
    key: null,
    at,
    model,
    version: null,
    arm: null,
    share: null,
    seq: null,
    release: null,
    instance,
    ms: null,
    model_ms: null,
    error: null,
    label: label === null ? null : String(label),
    probability: null,
    value,
    inputs: null,
    outputs: null,
  };
}

function answerRow(entry: PredictionEntry | MirrorEntry, row: number, id: string): LogRow {
  const { kind, at, model, version, seq, release, instance, ms, error, rows, outputs } = entry;
  const prediction = entry.kind === 'prediction' ? entry : null;
  return {
    kind,
    id,
    request: entry.id,
    key: prediction === null ? null : prediction.key,
    at,
    model,
    version,
    arm: prediction === null ? null : prediction.arm,
    share: prediction === null ? null : prediction.share,
    seq,
    release,
    instance,
    ms,
    model_ms: prediction === null ? null : prediction.modelMs,
    error,
    label: labelOf(outputs['label'], row, rows),
    probability: probabilityOf(outputs['probabilities'], row, rows),
    value: null,
    inputs: prediction === null ? null : rowJson(prediction.inputs, row, rows),
    outputs: rowJson(outputs, row, rows),
  };
}

/** Text of the output `label`; null where there is none, or none that is finite. */
function labelOf(tensor: Tensor | undefined, row: number, rows: number): string | null {
  if (tensor === undefined || tensor.data.length !== rows) return null;
  const value = valueAt(tensor, row);
  return value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? null : String(value);
}

/** Of the positive class: the second of `[rows, 2]`, the one of `[rows, 1]`. */
function probabilityOf(tensor: Tensor | undefined, row: number, rows: number): number | null {
  if (tensor === undefined) return null;
  const width = tensor.data.length / rows;
  if (width !== 1 && width !== 2) return null;
  const value = valueAt(tensor, row * width + width - 1);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** JSON object of a row's values by tensor; null for one that does not have a like number of values for each row. */
function rowJson(tensors: Readonly<Record<string, Tensor>>, row: number, rows: number): string {
  let json = '';
  // Tensors by name are plain records; this loop makes no list of their entries.
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor === undefined) continue;
    json += `${json === '' ? '{' : ','}${nameJson(name)}${rowValues(tensor, row, rows)}`;
  }
  return json === '' ? '{}' : `${json}}`;
}

function rowValues(tensor: Tensor, row: number, rows: number): string {
  const width = tensor.data.length / rows;
  if (width === 1) return valueJson(valueAt(tensor, row));
  if (!Number.isInteger(width)) return 'null';
  let list = '';
  for (let i = row * width; i < (row + 1) * width; i += 1)
    list += `${list === '' ? '' : ','}${valueJson(valueAt(tensor, i))}`;
  return `[${list}]`;
}

type Value = string | number | bigint | undefined;

/** Floats as the shortest decimal that is the same float: 0.1 rather than 0.10000000149011612. */
function valueAt({ type, data }: Tensor, i: number): Value {
  const value = data[i];
  if (type === 'float32') return typeof value === 'number' ? shortest(value) : value;
  if (type === 'float16') return typeof value === 'number' ? shortest(fromHalf(value)) : value;
  return value;
}

function valueJson(value: Value): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === undefined) return 'null';
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? String(value) : `"${value}"`;
}

const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/**
 * A decimal of seven to nine digits that is the same float32, where the value itself would take seventeen. Scaled to a
 * whole number and divided by a power of ten that a double holds exactly, so the quotient is the double nearest to the decimal.
 */
function shortest(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  const least = 6 - Math.floor(Math.log10(Math.abs(value)));
  for (let digits = least; digits <= least + 2; digits += 1) {
    const power = powersOfTen[digits];
    if (power === undefined) return value;
    const short = Math.round(value * power) / power;
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** Value of the bit pattern of a half (IEEE 754 binary16). */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const names = new Map<string, string>();

/** A tensor's name as a JSON key; a model has few, and they are asked for with every row. */
function nameJson(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= 10_000) names.clear();
  const json = `${JSON.stringify(name)}:`;
  names.set(name, json);
  return json;
}
