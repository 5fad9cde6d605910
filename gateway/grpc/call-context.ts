import type { TextLimits } from '../protocol/value-limits.ts';
import type { Admission } from '../admission/admission.ts';
import type { ByteBudget } from '../admission/byte-budget.ts';
import type { InferAnswer, InferCall } from '../call/infer-call.ts';
import type { RefusalCounter } from '../call/note-refusal.ts';
import type { Report } from '../warnings.ts';
import type { ModelStatistics } from '../inference/statistics.ts';

/** What gRPC asks of the gateway. Every error is an `HttpError`. */
export interface GrpcParts extends RefusalCounter {
  readonly instance: string;
  /** Of a request at most. */
  readonly texts: TextLimits;
  readonly bytes: ByteBudget;
  /** Of inference requests. */
  readonly admission: Admission;
  infer(call: InferCall): Promise<InferAnswer>;
  /** Takes what went wrong that nobody foresaw. */
  readonly report: Report;
  /** These four answer in the protocol's own words, as REST does: names of fields, `TYPE_FP32` for an enum. */
  server(): object;
  model(name: string, version: number | null): Promise<object>;
  config(name: string, version: number | null): Promise<object>;
  repository(): readonly { readonly state: string }[];
  live(): boolean;
  ready(): boolean;
  modelReady(name: string, version: number | null): Promise<boolean>;
  /** Null is every model, every version. */
  statistics(model: string | null, version: number | null): readonly ModelStatistics[];
}

export interface GrpcOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Largest message, packed and unpacked. */
  readonly maxBodyBytes: number;
  /** Milliseconds within which a message must be whole, and an answer be read. */
  readonly receiveMs: number;
  /** Whether ordinary calls are answered without `grpc-js`. */
  readonly fastPath: boolean;
}

export interface GrpcServer {
  readonly address: string;
  readonly port: number;
  /** Takes no new call, waits at most `drainMs` for those in flight, then ends them. */
  close(drainMs: number): Promise<void>;
}
