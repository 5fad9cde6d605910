import protobuf from 'protobufjs/light.js';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { onnxDescriptor } from './schema.ts';

/** Messages of onnx-ml.proto, with its field names in camel case. Repeated fields without `?` are always there after decoding. */
export interface ModelProto {
  irVersion: number;
  opsetImport: OperatorSetIdProto[];
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: number;
  docString?: string;
  graph: GraphProto;
  metadataProps?: StringStringEntryProto[];
  functions?: FunctionProto[];
}

export interface GraphProto {
  node: NodeProto[];
  name: string;
  initializer: TensorProto[];
  docString?: string;
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
  quantizationAnnotation?: TensorAnnotation[];
  sparseInitializer?: SparseTensorProto[];
  metadataProps?: StringStringEntryProto[];
}

export interface NodeProto {
  input: string[];
  output: string[];
  name?: string;
  opType: string;
  domain?: string;
  overload?: string;
  attribute: AttributeProto[];
  docString?: string;
  metadataProps?: StringStringEntryProto[];
}

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: bigint[];
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  tp?: TypeProto;
  typeProtos?: TypeProto[];
  sparseTensor?: SparseTensorProto;
  sparseTensors?: SparseTensorProto[];
  refAttrName?: string;
  docString?: string;
}

export interface TensorProto {
  dims: number[];
  dataType: number;
  name?: string;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  stringData?: Uint8Array[];
  int64Data?: bigint[];
  doubleData?: number[];
  uint64Data?: bigint[];
  externalData?: StringStringEntryProto[];
  /** 1: the values are in another file. */
  dataLocation?: number;
  docString?: string;
}

export interface SparseTensorProto {
  values?: TensorProto;
  indices?: TensorProto;
  dims: number[];
}

export interface ValueInfoProto {
  name: string;
  type?: TypeProto;
  docString?: string;
}

export interface TypeProto {
  tensorType?: TypeProtoTensor;
  sequenceType?: { elemType?: TypeProto };
  mapType?: { keyType: number; valueType?: TypeProto };
  optionalType?: { elemType?: TypeProto };
  sparseTensorType?: TypeProtoTensor;
  denotation?: string;
}

export interface TypeProtoTensor {
  elemType: number;
  shape?: { dim: Dimension[] };
}

/** A size, a symbol, or neither where nothing is known. */
export interface Dimension {
  dimValue?: number;
  dimParam?: string;
  denotation?: string;
}

export interface OperatorSetIdProto {
  domain?: string;
  version: number;
}

export interface StringStringEntryProto {
  key: string;
  value: string;
}

export interface TensorAnnotation {
  tensorName: string;
  quantParameterTensorNames: StringStringEntryProto[];
}

export interface FunctionProto {
  name: string;
  domain?: string;
  overload?: string;
  input: string[];
  output: string[];
  attribute: string[];
  attributeProto: AttributeProto[];
  node: NodeProto[];
  opsetImport: OperatorSetIdProto[];
  valueInfo?: ValueInfoProto[];
  docString?: string;
}

const root = protobuf.Root.fromJSON(onnxDescriptor);
const [modelType, graphType, tensorType] = ['ModelProto', 'GraphProto', 'TensorProto'].map((name) =>
  root.lookupType(name),
) as [protobuf.Type, protobuf.Type, protobuf.Type];

/**
 * Reads the bytes of an ONNX model. All messages of ONNX IR 14 are kept, also those without a type here; fields that a later
 * version of ONNX may add are dropped. Throws `InvalidModelError` for bytes that are not a model with a graph.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw invalidModel('the file is empty');
  try {
    const message = modelType.decode(bytes);
    const model = modelType.toObject(message, { longs: BigInt, arrays: true }) as Partial<ModelProto>;
    if (model.graph && model.irVersion !== undefined) return model as ModelProto;
  } catch (error) {
    throw invalidModel((error as Error).message, error);
  }
  throw invalidModel('it has no graph');
}

/** Writes the bytes of an ONNX model: equal models give equal bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  const { graph, ...rest } = model;
  if (graph?.initializer?.some(isLarge) !== true) return encoded(modelType, model);
  const graphParts = [
    encoded(graphType, { ...graph, initializer: [] }),
    ...graph.initializer.flatMap((tensor) => nested(fieldOf(graphType, 'initializer'), tensorParts(tensor))),
  ];
  return Buffer.concat([encoded(modelType, rest), ...nested(fieldOf(modelType, 'graph'), graphParts)]);
}

/** Weights of more bytes are put together once: the library moves them for each message that they lie in. */
const largeBytes = 1024 ** 2;
const isLarge = ({ rawData }: TensorProto): boolean => (rawData?.length ?? 0) >= largeBytes;

function tensorParts(tensor: TensorProto): Uint8Array[] {
  const { rawData, ...rest } = tensor;
  if (rawData === undefined || !isLarge(tensor)) return [encoded(tensorType, tensor)];
  return [encoded(tensorType, rest), ...nested(fieldOf(tensorType, 'rawData'), [rawData])];
}

const encoded = (type: protobuf.Type, message: object): Uint8Array =>
  type.encode(type.fromObject({ ...message })).finish();

const fieldOf = (type: protobuf.Type, name: string): number => type.fields[name]?.id ?? 0;

/** Wire type of fields with a length. */
const delimited = 2;

/** A field with a length, in parts. */
function nested(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, { length: of }) => sum + of, 0);
  const head = protobuf.Writer.create()
    .uint32((field << 3) | delimited)
    .uint32(length)
    .finish();
  return [head, ...parts];
}

function invalidModel(reason: string, cause?: unknown): PawlError {
  return new PawlError(
    errorTypes.invalidModel,
    `the bytes are not an ONNX model: ${reason}. Export the model again, and import the file that was written`,
    {},
    { cause },
  );
}
