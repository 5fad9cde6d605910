import { Tensor as OrtTensor } from 'onnxruntime-node';
import type { Tensor, TensorData } from '../../../contracts/data/tensor.ts';
import { dataName, rowsModel } from '../../../ml/finetuning/graphs.ts';
import type { TuningPlan } from '../../../ml/finetuning/plan.ts';
import { declaredInputs } from '../../../ml/onnx/adapt/declared.ts';
import { encodeModel, type ModelProto } from '../../../ml/onnx/proto.ts';
import { openSession } from '../../inference/session.ts';
import type { ModelRows } from '../messages.ts';
import type { Feeds } from '../network/feeds.ts';

const rowsPerCall = 4096;

/** What the model is given for some rows. */
export function feedsOf(model: ModelProto, { inputs }: ModelRows, rows: readonly number[]): Record<string, Tensor> {
  return Object.fromEntries(
    declaredInputs(model).flatMap(({ name }, at) => {
      const tensor = inputs[at];
      return tensor === undefined
        ? []
        : [[name, { type: tensor.type, shape: [rows.length, 1], data: taken(tensor.data, rows) }] as const];
    }),
  );
}

function taken(data: TensorData, rows: readonly number[]): TensorData {
  if (Array.isArray(data)) return rows.map((row) => (data as readonly string[])[row] ?? '');
  const values = (data as Float32Array).slice(0, rows.length);
  for (const [at, row] of rows.entries()) values[at] = (data as Float32Array)[row]!;
  return values;
}

/** The row data of a plan for all rows, in chunks. */
export async function dataOf(plan: TuningPlan, rows: ModelRows): Promise<Feeds> {
  const session = await openSession(encodeModel(rowsModel(plan)));
  const found = new Map<string, Float32Array>();
  try {
    for (let from = 0; from < rows.rows; from += rowsPerCall) {
      const count = Math.min(rowsPerCall, rows.rows - from);
      const chunk = Array.from({ length: count }, (_, at) => from + at);
      const made = await session.run(feedsOf(plan.model, rows, chunk));
      for (const [at, { shape }] of plan.data.entries()) {
        const width = shape.reduce((product, size) => product * size, 1);
        const values = made[dataName(at)]?.data as Float32Array;
        const all = found.get(dataName(at)) ?? emptyLike(values, rows.rows * width);
        all.set(values, from * width);
        found.set(dataName(at), all);
      }
    }
  } finally {
    await session.release();
  }
  return Object.fromEntries(
    plan.data.map(({ type, shape }, at) => [
      dataName(at),
      new OrtTensor(type as 'float32', found.get(dataName(at))!, [rows.rows, ...shape]),
    ]),
  );
}

const emptyLike = (values: Float32Array, length: number): Float32Array =>
  new (values.constructor as Float32ArrayConstructor)(length);
