import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { tensorTypes, type Signature, type Tensor, type TensorSpec } from '../../contracts/data/tensor.ts';

/** An ONNX Runtime session on the CPU, with one thread. */
export interface Session {
  readonly signature: Signature;
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Record<string, Tensor>>;
  readonly release: () => Promise<void>;
}

/** Of a model's bytes, or of a file. Throws `InvalidModelError`. */
export async function openSession(model: Uint8Array | string): Promise<Session> {
  const session = await createSession(model);
  try {
    const signature = readSignature(session);
    const inputs = signature.inputs.map(({ name }) => name);
    const outputs = signature.outputs.map(({ name }) => name);
    return {
      signature,
      async run(feeds) {
        const given: Record<string, OrtTensor> = {};
        for (const name of inputs) {
          const tensor = feeds[name];
          if (tensor !== undefined) given[name] = ortTensor(tensor);
        }
        const found = await session.run(given).catch((error: unknown) => {
          throw plainly(error);
        });
        const answers: Record<string, Tensor> = {};
        for (const name of outputs) {
          const tensor = found[name];
          if (tensor !== undefined) answers[name] = ourTensor(name, tensor);
        }
        return answers;
      },
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** What ONNX Runtime says of a node that failed, without the place in its own source that says so too. */
function plainly(error: unknown): unknown {
  const said = error instanceof Error ? error.message : '';
  const found =
    /running (\w+) node\. Name:'([^']*)' Status Message: (?:\S*onnxruntime\S*:\d+ .*? was false\. )?(.*)/s.exec(said);
  if (found === null) return error;
  const [, type = '', name = '', reason = ''] = found;
  return new Error(`node "${name}" (${type}): ${reason.trim()}`, { cause: error });
}

const options: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  // Fatal ones only: what fails is thrown, and need not be logged a second time.
  logSeverityLevel: 4,
};

async function createSession(model: Uint8Array | string): Promise<InferenceSession> {
  try {
    return await (typeof model === 'string'
      ? InferenceSession.create(model, options)
      : InferenceSession.create(model, options));
  } catch (error) {
    throw invalidModel(`ONNX Runtime cannot load the model: ${(error as Error).message}`, error);
  }
}

const known: ReadonlySet<string> = new Set(tensorTypes);

function readSignature(session: InferenceSession): Signature {
  const read = (values: readonly InferenceSession.ValueMetadata[], kind: string): TensorSpec[] =>
    values.map((value) => {
      if (value.isTensor && known.has(value.type))
        return {
          name: value.name,
          type: value.type as TensorSpec['type'],
          shape: value.shape.map((size) => (typeof size === 'number' ? size : null)),
          ...symbolsOf(value.shape),
        };
      const found = value.isTensor
        ? `a tensor of ${value.type}`
        : 'not a tensor but a sequence or map, as ZipMap makes (skl2onnx: zipmap=False)';
      throw invalidModel(
        `${kind} "${value.name}" of the model is ${found}: export it with tensors of ${tensorTypes.join(', ')} only`,
      );
    });
  return { inputs: read(session.inputMetadata, 'input'), outputs: read(session.outputMetadata, 'output') };
}

function symbolsOf(shape: readonly (number | string)[]): Pick<TensorSpec, 'symbols'> {
  const symbols = shape.map((size, axis) => (axis > 0 && typeof size === 'string' && size !== '' ? size : null));
  return symbols.some((symbol) => symbol !== null) ? { symbols } : {};
}

const ortTensor = ({ type, data, shape }: Tensor): OrtTensor =>
  new OrtTensor(type as 'float32', data as Float32Array, shape);

function ourTensor(name: string, tensor: OrtTensor): Tensor {
  if (!known.has(tensor.type)) throw invalidModel(`output "${name}" of the model is a tensor of ${tensor.type}`);
  return { type: tensor.type as Tensor['type'], shape: tensor.dims, data: tensor.data };
}

export function invalidModel(message: string, cause?: unknown): PawlError {
  return new PawlError(errorTypes.invalidModel, message, {}, { cause });
}
