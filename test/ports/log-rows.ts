import { numberOfHalf } from '../../codec/float16.ts';
import type { LogEntry, LogRow } from '../../contracts/serving/prediction-log.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** The rows that an entry should become, made the plain way. */
export function rowsOf(entry: LogEntry): LogRow[] {
  const { kind, id, at, model, instance } = entry;
  const shared = { kind, id, request: id, at, model, instance };
  const none = {
    key: null,
    arm: null,
    share: null,
    model_ms: null,
    value: null,
    source: null,
    asked: null,
    inputs: null,
  };
  if (entry.kind === 'feedback') {
    const { label, value } = entry;
    const missing = {
      version: null,
      seq: null,
      release: null,
      ms: null,
      error: null,
      probability: null,
      outputs: null,
    };
    return [
      {
        ...shared,
        ...none,
        ...missing,
        label: label === null ? null : String(label),
        value,
        source: entry.source ?? null,
        ...(entry.asked === undefined ? {} : { key: entry.asked.key, asked: entry.asked.time }),
      },
    ];
  }
  const { version, seq, release, ms, error, rows, outputs } = entry;
  return Array.from({ length: rows }, (_, row) => ({
    ...shared,
    ...none,
    id: rows === 1 ? id : `${id}/${row}`,
    version,
    seq,
    release,
    ms,
    error,
    label: textOf(only(outputs['label'], row, rows)),
    probability: probabilityOf(outputs['probabilities'], row, rows),
    outputs: jsonOf(outputs, row, rows),
    ...(entry.kind === 'mirror'
      ? {}
      : {
          key: entry.key,
          arm: entry.arm,
          share: entry.share,
          model_ms: entry.modelMs,
          inputs: jsonOf(entry.inputs, row, rows),
        }),
  }));
}

type Value = string | number | bigint | null;

/** The row's values; null where they do not divide among the rows. */
function valuesOf(tensor: Tensor, row: number, rows: number): Value[] | null {
  const width = tensor.data.length / rows;
  if (!Number.isInteger(width)) return null;
  return Array.from(tensor.data.slice(row * width, (row + 1) * width) as Iterable<Value>, (value) => {
    if (typeof value !== 'number') return value;
    if (tensor.type === 'float32') return shortest(value);
    return tensor.type === 'float16' ? shortest(numberOfHalf(value)) : value;
  });
}

const only = (tensor: Tensor | undefined, row: number, rows: number): Value => {
  const values = tensor === undefined ? null : valuesOf(tensor, row, rows);
  return values?.length === 1 ? (values[0] ?? null) : null;
};

const isNone = (value: Value): value is null =>
  value === null || (typeof value === 'number' && !Number.isFinite(value));

const textOf = (value: Value): string | null => (isNone(value) ? null : String(value));

function probabilityOf(tensor: Tensor | undefined, row: number, rows: number): number | null {
  const values = tensor === undefined ? null : valuesOf(tensor, row, rows);
  const value = values !== null && values.length <= 2 ? values.at(-1) : null;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function jsonOf(tensors: Tensors, row: number, rows: number): string {
  const values = Object.entries(tensors).map(([name, tensor]) => {
    const list = valuesOf(tensor, row, rows);
    return [name, list?.length === 1 ? list[0] : list];
  });
  const plain = (_: string, value: unknown): unknown => {
    if (typeof value !== 'bigint') return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  };
  return JSON.stringify(Object.fromEntries(values), plain);
}

/** The decimal of fewest digits that is the same float32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 10; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
