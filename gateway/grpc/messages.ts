import protobuf from 'protobufjs/light.js';

type Fields = Readonly<Record<string, readonly [type: string, id: number, rule?: 'repeated']>>;

const message = (fields: Fields, nested: Readonly<Record<string, protobuf.AnyNestedObject>> = {}): protobuf.IType => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [type, id, rule]]) => [
      name,
      rule === undefined ? { type, id } : { type, id, rule },
    ]),
  ),
  nested,
});

const named: Fields = { name: ['string', 1], version: ['string', 2] };

/**
 * Messages of `inference.GRPCInferenceService` beside those of inference itself, with the numbers of the Open Inference
 * Protocol and of its extensions for configuration, statistics and the model repository; and of `grpc.health.v1`.
 */
const inference = protobuf.Root.fromJSON({
  nested: {
    Empty: message({}),
    Live: message({ live: ['bool', 1] }),
    Ready: message({ ready: ['bool', 1] }),
    Named: message(named),
    ServerMetadata: message({ ...named, extensions: ['string', 3, 'repeated'] }),
    ModelMetadata: message(
      {
        name: ['string', 1],
        versions: ['string', 2, 'repeated'],
        platform: ['string', 3],
        inputs: ['TensorMetadata', 4, 'repeated'],
        outputs: ['TensorMetadata', 5, 'repeated'],
      },
      {
        TensorMetadata: message({
          name: ['string', 1],
          datatype: ['string', 2],
          shape: ['int64', 3, 'repeated'],
        }),
      },
    ),
    DataType: {
      values: {
        TYPE_INVALID: 0,
        TYPE_BOOL: 1,
        TYPE_UINT8: 2,
        TYPE_UINT16: 3,
        TYPE_UINT32: 4,
        TYPE_UINT64: 5,
        TYPE_INT8: 6,
        TYPE_INT16: 7,
        TYPE_INT32: 8,
        TYPE_INT64: 9,
        TYPE_FP16: 10,
        TYPE_FP32: 11,
        TYPE_FP64: 12,
        TYPE_STRING: 13,
        TYPE_BF16: 14,
      },
    },
    Reshape: message({ shape: ['int64', 1, 'repeated'] }),
    ConfigInput: message({
      name: ['string', 1],
      data_type: ['DataType', 2],
      dims: ['int64', 4, 'repeated'],
      reshape: ['Reshape', 5],
    }),
    ConfigOutput: message({
      name: ['string', 1],
      data_type: ['DataType', 2],
      dims: ['int64', 3, 'repeated'],
      reshape: ['Reshape', 5],
    }),
    SpecificVersions: message({ versions: ['int64', 1, 'repeated'] }),
    VersionPolicy: message({ specific: ['SpecificVersions', 3] }),
    ModelConfig: message({
      name: ['string', 1],
      platform: ['string', 2],
      version_policy: ['VersionPolicy', 3],
      max_batch_size: ['int32', 4],
      input: ['ConfigInput', 5, 'repeated'],
      output: ['ConfigOutput', 6, 'repeated'],
      dynamic_batching: ['Empty', 11],
      backend: ['string', 17],
    }),
    ModelConfigAnswer: message({ config: ['ModelConfig', 1] }),
    Duration: message({ count: ['uint64', 1], ns: ['uint64', 2] }),
    InferStatistics: message({
      success: ['Duration', 1],
      fail: ['Duration', 2],
      queue: ['Duration', 3],
      compute_input: ['Duration', 4],
      compute_infer: ['Duration', 5],
      compute_output: ['Duration', 6],
      cache_hit: ['Duration', 7],
      cache_miss: ['Duration', 8],
    }),
    ModelStatistics: message({
      ...named,
      last_inference: ['uint64', 3],
      inference_count: ['uint64', 4],
      execution_count: ['uint64', 5],
      inference_stats: ['InferStatistics', 6],
    }),
    Statistics: message({ model_stats: ['ModelStatistics', 1, 'repeated'] }),
    RepositoryQuestion: message({ repository_name: ['string', 1], ready: ['bool', 2] }),
    RepositoryEntry: message({ ...named, state: ['string', 3], reason: ['string', 4] }),
    Repository: message({ models: ['RepositoryEntry', 1, 'repeated'] }),
    HealthQuestion: message({ service: ['string', 1] }),
    Health: message({ status: ['int32', 1] }),
  },
});

const decoder =
  (name: string) =>
  (bytes: Buffer): Readonly<Record<string, unknown>> => {
    const type = inference.lookupType(name);
    return type.toObject(type.decode(bytes), { defaults: true });
  };

const encoder =
  (name: string) =>
  (value: object): Buffer => {
    const type = inference.lookupType(name);
    return Buffer.from(type.encode(type.fromObject(value)).finish());
  };

export { decoder, encoder };
