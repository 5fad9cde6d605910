import { InferenceSession, Tensor } from 'onnxruntime-node';
import { adaptImport } from '../../ml/onnx/adapt/adapt-import.ts';
import { encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { definitionsFor, type ToolCase } from './tool-models.ts';

export type Answers = Record<string, (number | string)[]>;

/** What ONNX Runtime answers, whole numbers as numbers. */
export async function answersOf(model: ModelProto, feeds: Record<string, Tensor>): Promise<Answers> {
  const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 });
  try {
    const found = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(found).map(([name, { data, type }]) => [
        name,
        type === 'string' ? [...(data as string[])] : Array.from(data as Iterable<number | bigint>, Number),
      ]),
    );
  } finally {
    await session.release();
  }
}

const numbersOf = (values: readonly (number | string | null)[]): number[] =>
  values.map((value) => (value === null ? Number.NaN : Number(value)));

export function tensorFor(
  type: 'float32' | 'float64' | 'string',
  values: readonly (number | string | null)[],
  dims: number[],
): Tensor {
  if (type === 'string')
    return new Tensor(
      'string',
      values.map((value) => String(value ?? '')),
      dims,
    );
  const numbers = numbersOf(values);
  return type === 'float64'
    ? new Tensor('float64', Float64Array.from(numbers), dims)
    : new Tensor('float32', Float32Array.from(numbers), dims);
}

/** A tensor `[rows, 1]` a column. */
export const columnsOf = ({ columns, rows }: ToolCase, type: 'float32' | 'float64'): Record<string, Tensor> =>
  Object.fromEntries(
    columns.map((name, i) => [
      name,
      tensorFor(
        name === 'plan' ? 'string' : type,
        rows.map((row) => row[i] ?? null),
        [rows.length, 1],
      ),
    ]),
  );

/** The adapted form of a model; throws where it has none. */
export function adapted(one: ToolCase, more: Parameters<typeof definitionsFor>[1] = {}): ModelProto {
  const { definition, dataset, space } = definitionsFor(one, more);
  const adaption = adaptImport(one.model, definition, dataset, space);
  if (adaption.kind !== 'adapted') throw new Error(JSON.stringify(adaption));
  return adaption.model;
}
