import { noColumns } from '../../gateway/models/served-columns.ts';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { Tensor, TensorData } from '../../contracts/data/tensor.ts';
import { ByteBudget } from '../../gateway/admission/byte-budget.ts';
import type { GrpcParts } from '../../gateway/grpc/call-context.ts';
import { HttpError, notFound } from '../../gateway/call/http-error.ts';
import type { InferCall } from '../../gateway/call/infer-call.ts';
import { typeOf } from './type-of.ts';

/** The protocol as its own library reads it: what the server's codec must agree with. */
export const protocol = protobuf.parse(
  readFileSync(new URL('../../gateway/grpc/inference.proto', import.meta.url), 'utf8'),
  { keepCase: true },
).root;

export function encoded(type: string, value: object): Buffer {
  const message = protocol.lookupType(`inference.${type}`);
  return Buffer.from(message.encode(message.fromObject(value)).finish());
}

/** A `ModelInferRequest` for the model `echo`. */
export const echoRequest = (id: string, more: object = {}): Buffer =>
  encoded('ModelInferRequest', {
    model_name: 'echo',
    id,
    inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [1] } }],
    ...more,
  });

export function decoded(type: string, bytes: Uint8Array): Record<string, unknown> {
  const message = protocol.lookupType(`inference.${type}`);
  return message.toObject(message.decode(bytes), { longs: String, enums: String, defaults: true, oneofs: false });
}

export interface EchoParts extends GrpcParts {
  readonly calls: InferCall[];
  entered: number;
  left: number;
  readonly refusals: { reason: string; status: number }[];
  /** Answers wait for it. */
  gate: Promise<void> | null;
}

/**
 * A model `echo` whose outputs are its inputs. The parameter `fail` with an HTTP status makes it throw, `break` makes the version
 * fail; the token `Bearer nobody` is refused.
 */
export function echoParts(): EchoParts {
  const named = (name: string): void => {
    if (name !== 'echo') throw notFound(`there is no model "${name}"`);
  };
  const parts: EchoParts = {
    instance: 'test',
    texts: { texts: Infinity, bytes: Infinity },
    bytes: new ByteBudget({ connection: 2 ** 25, process: 2 ** 28 }),
    report: () => {},
    calls: [],
    refusals: [],
    entered: 0,
    left: 0,
    gate: null,
    admission: {
      admit(header, address) {
        if (header('authorization') === 'Bearer nobody') throw new HttpError(401, 'nobody has this token');
        parts.entered += 1;
        return { name: address, operator: false, labeller: false, known: false, priority: 'normal' };
      },
      leave() {
        parts.left += 1;
      },
    },
    async infer(call) {
      this.calls.push(call);
      if (this.gate !== null) await this.gate;
      named(call.model);
      const { tensors, parameters, outputs, id } = call.request;
      if (typeof parameters.fail === 'number')
        throw new HttpError(parameters.fail, `failed with ${parameters.fail}`, { headers: { 'retry-after': '7' } });
      const error = parameters.break === true ? 'the version broke' : null;
      const wanted = outputs === null ? [...tensors.keys()] : outputs.map(({ name }) => name);
      const given: Record<string, Tensor> = {};
      for (const name of wanted) {
        const tensor = tensors.get(name);
        if (tensor === undefined) throw new HttpError(400, `there is no output "${name}"`);
        given[name] = { type: typeOf[tensor.datatype], shape: tensor.shape, data: tensor.data as TensorData };
      }
      return {
        id: call.header('x-request-id') ?? id ?? 'made',
        model: call.model,
        route: { version: call.version ?? 3, arm: 'champion', share: 0, counts: true },
        status: error === null ? 200 : 500,
        error,
        outputs: error === null ? given : {},
        cached: false,
        feeds: {},
        columns: noColumns,
      };
    },
    refused(_model, reason, status) {
      this.refusals.push({ reason, status });
    },
    server: () => ({ name: 'echo server', version: '2', extensions: ['statistics'] }),
    async model(name) {
      named(name);
      const tensor = { name: 'x', datatype: 'FP32', shape: [-1, 4] };
      return { name, versions: ['3'], platform: 'none', inputs: [tensor], outputs: [tensor] };
    },
    async config(name) {
      named(name);
      const tensor = { name: 'x', data_type: 'TYPE_FP32', dims: [4] };
      return {
        name,
        platform: 'none',
        backend: 'echo',
        version_policy: { specific: { versions: [3] } },
        max_batch_size: 64,
        input: [tensor],
        output: [{ ...tensor, dims: [1], reshape: { shape: [] } }],
        dynamic_batching: {},
      };
    },
    live: () => true,
    ready: () => true,
    async modelReady(name, version) {
      named(name);
      return version === null || version === 3;
    },
    statistics(name) {
      if (name !== null) named(name);
      const none = { count: 0, ns: 0 };
      return [
        {
          name: 'echo',
          version: '3',
          last_inference: 1_790_000_000_123,
          inference_count: 5,
          execution_count: 2,
          inference_stats: {
            success: { count: 2, ns: 9_007_199_254_740_991 },
            fail: none,
            queue: none,
            compute_input: none,
            compute_infer: { count: 2, ns: 1_500 },
            compute_output: none,
            cache_hit: none,
            cache_miss: none,
          },
        },
      ];
    },
    repository: () => [
      { name: 'echo', version: '3', state: 'READY', reason: '' },
      { name: 'cold', version: '', state: 'UNAVAILABLE', reason: 'not in memory' },
    ],
  };
  return parts;
}
