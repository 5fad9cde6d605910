import { setImmediate } from 'node:timers/promises';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import { tensorTypes, type Signature } from '../../contracts/signature.ts';
import type { InferenceEngine, LoadedModel, Tensor, TensorData } from './port.ts';
import { readPredictions } from './read-predictions.ts';

/** Rows per pass: a pass blocks the event loop, for some 10 ms with this many. */
const chunkRows = 4096;

/** Runs models on ONNX Runtime's CPU provider in this process, with one thread per session. */
export function createOnnxInference(): InferenceEngine {
  return {
    async load(bytes) {
      const session = await openSession(bytes);
      try {
        return loadedModel(session, readSignature(session));
      } catch (error) {
        await session.release();
        throw error;
      }
    },
  };
}

async function openSession(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw invalidModel(`ONNX Runtime cannot load the model: ${(error as Error).message}`, error);
  }
}

function loadedModel(session: InferenceSession, signature: Signature): LoadedModel {
  const run = async (feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> => {
    const inputs = Object.entries(feeds).map(([name, { type, data, shape }]) => [name, ortTensor(type, data, shape)]);
    const outputs = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, ourTensor(name, tensor)]));
  };
  return {
    signature,
    feeds: (frame) => feedsOf(signature, frame, 0, frame.rowCount),
    run,
    async predict(frame, positive) {
      const positives = new Uint8Array(frame.rowCount);
      const probability = new Float64Array(frame.rowCount);
      for (let from = 0; from < frame.rowCount; from += chunkRows) {
        if (from > 0) await setImmediate();
        const to = Math.min(frame.rowCount, from + chunkRows);
        const feeds = feedsOf(signature, frame, from, to);
        const outputs = await run(feeds).catch((error: Error) => {
          throw invalidModel(`the model fails on rows of ${Object.keys(feeds).join(', ')}: ${error.message}`, error);
        });
        const chunk = readPredictions(outputs, to - from, positive);
        positives.set(chunk.positive, from);
        probability.set(chunk.probability, from);
      }
      return { positive: positives, probability };
    },
    release: () => session.release(),
  };
}

function readSignature(session: InferenceSession): Signature {
  const read = (values: readonly InferenceSession.ValueMetadata[], kind: string): Signature['inputs'] =>
    values.map((value) => {
      const type = tensorTypes.find((candidate) => value.isTensor && candidate === value.type);
      if (type) return { name: value.name, type };
      const found = value.isTensor ? `a tensor of ${value.type}` : 'no tensor (a sequence or map, as ZipMap makes)';
      throw invalidModel(
        `${kind} "${value.name}" of the model is ${found}: export it with tensors of ${tensorTypes.join(', ')} only`,
      );
    });
  return { inputs: read(session.inputMetadata, 'input'), outputs: read(session.outputMetadata, 'output') };
}

/** One tensor `[rows, 1]` per input. Throws `InvalidDataError` for a column that the frame lacks or the type cannot hold. */
function feedsOf(signature: Signature, frame: Frame, from: number, to: number): Record<string, Tensor> {
  return Object.fromEntries(
    signature.inputs.map(({ name, type }) => {
      const column = frame.columns[name];
      if (!column) throw invalidData(name, `is missing: the model takes ${type} "${name}"`);
      const data = type === 'string' ? texts(column, from, to) : numbers(name, type, column, from, to);
      return [name, { type, shape: [to - from, 1], data }];
    }),
  );
}

function texts(column: ColumnData, from: number, to: number): string[] {
  if (column.type === 'string') return column.values.slice(from, to);
  return Array.from(column.values.subarray(from, to), (value) => (Number.isNaN(value) ? '' : String(value)));
}

function numbers(
  name: string,
  type: Exclude<Tensor['type'], 'string'>,
  column: ColumnData,
  from: number,
  to: number,
): TensorData {
  const values =
    column.type === 'number'
      ? column.values.subarray(from, to)
      : Float64Array.from(column.values.slice(from, to), (text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (type === 'float32') return Float32Array.from(values);
  if (type === 'float64') return Float64Array.from(values);
  const odd = values.find((value) => !Number.isInteger(value));
  if (odd !== undefined) throw invalidData(name, `holds ${odd}, and ${type} has no such value`);
  if (type === 'int64') return BigInt64Array.from(values, BigInt);
  return type === 'int32' ? Int32Array.from(values) : Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
}

function ortTensor(type: Tensor['type'], data: TensorData, shape: readonly number[]): OrtTensor {
  return new OrtTensor(type, data, [...shape]);
}

function ourTensor(name: string, tensor: OrtTensor): Tensor {
  const type = tensorTypes.find((candidate) => candidate === tensor.type);
  if (!type) throw invalidModel(`output "${name}" of the model is a tensor of ${tensor.type}`);
  return { type, shape: tensor.dims, data: tensor.data as TensorData };
}

function invalidModel(message: string, cause?: unknown): PawlError {
  return new PawlError(errorTypes.invalidModel, message, {}, { cause });
}

function invalidData(column: string, reason: string): PawlError {
  return new PawlError(errorTypes.invalidData, `column "${column}" ${reason}`, { column });
}
