import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { tensorValues } from '../../ml/onnx/tensor.ts';
import { createRangeCollector, instrument, type ObservedRanges } from '../../ml/onnx/quantize/calibration.ts';

interface Parameter {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** A model, rows, and what onnxruntime.quantization made of them. */
export interface OracleCase {
  readonly name: string;
  readonly model: string;
  readonly input: string;
  readonly width: number;
  readonly calibration: readonly number[];
  readonly test: readonly number[];
  readonly outputs: Readonly<Record<'fp32' | 'dynamic' | 'static', Readonly<Record<string, readonly number[]>>>>;
  readonly dynamic: Readonly<Record<string, Parameter>>;
  readonly static: Readonly<Record<string, Parameter>>;
}

const fixture = new URL('../fixtures/quantize/models.json', import.meta.url);
export const oracleCases = (JSON.parse(readFileSync(fixture, 'utf8')) as { cases: OracleCase[] }).cases;

export const modelOf = ({ model }: OracleCase): ModelProto => decodeModel(Buffer.from(model, 'base64'));

export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown>;
}

/** Runs a model on rows of one float32 input; its float32 outputs, and others as they are. */
export async function run(
  model: ModelProto,
  values: readonly number[],
  shape: readonly number[],
): Promise<Record<string, Values>> {
  const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  try {
    const outputs = await session.run({
      [session.inputNames[0] ?? '']: new Tensor('float32', Float32Array.from(values), [...shape]),
    });
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
    );
  } finally {
    await session.release();
  }
}

export async function calibrate(
  model: ModelProto,
  values: readonly number[],
  shape: readonly number[],
  percentile?: number,
): Promise<ObservedRanges> {
  const instrumented = instrument(model);
  const collector = createRangeCollector(instrumented, percentile);
  collector.add(await run(instrumented.model, values, shape));
  return collector.ranges();
}

/** Shape and values of an initializer. */
export function initializer(model: ModelProto, name: string): { dims: readonly number[]; values: number[] } {
  const tensor = model.graph.initializer.find((candidate) => candidate.name === name);
  if (!tensor) throw new Error(`the model has no initializer "${name}"`);
  const { dims, data } = tensorValues(tensor);
  return { dims, values: Array.from(data, Number) };
}

export const operators = (model: ModelProto): string[] => model.graph.node.map(({ opType }) => opType);

export function meanError(one: ArrayLike<unknown>, other: readonly number[]): number {
  return other.reduce((sum, value, at) => sum + Math.abs(value - Number(one[at])), 0) / other.length;
}
