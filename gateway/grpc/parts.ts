import type { TextLimits } from '../protocol/value-room.ts';
import type { ByteBudget } from '../admission/byte-budget.ts';
import type { Caller, InferAnswer, InferCall } from '../call/infer-call.ts';
import type { Report } from '../warnings.ts';
import type { ModelStatistics } from '../inference/statistics.ts';

type Header = (name: string) => string | null;

/** What gRPC asks of the gateway. Every error is an `HttpError`. */
export interface GrpcParts {
  readonly instance: string;
  /** Of a request at most. */
  readonly texts: TextLimits;
  readonly bytes: ByteBudget;
  /** Lets one inference request in, by its token, its quota and the load; `leave` follows once it is answered or gone. */
  admit(header: Header, address: string): Caller;
  leave(): void;
  infer(call: InferCall): Promise<InferAnswer>;
  /** Takes what went wrong that nobody foresaw. */
  readonly report: Report;
  /** Counts an inference request that no version was asked for; `model` is empty where it is not known. */
  refused(model: string, reason: string, status: number): void;
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
