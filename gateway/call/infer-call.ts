import type { Priority } from '../../config/gateway-schema.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import type { ServedColumns } from '../models/served-columns.ts';
import type { Split } from '../routing/split.ts';
import type { InferRequest } from './infer-request.ts';

/** Who asks. */
export interface Caller {
  /** Name of the client whose token was shown, else the address. */
  readonly name: string;
  readonly operator: boolean;
  readonly labeller: boolean;
  /** A token was shown. */
  readonly known: boolean;
  readonly priority: Priority;
}

/** One inference request and what came with it, by REST, gRPC or the plain form. */
export interface InferCall {
  readonly model: string;
  /** Named in the path; null leaves it to the deployment record. */
  readonly version: number | null;
  readonly request: InferRequest;
  readonly caller: Caller;
  /** A request header or gRPC metadata by its lower-case name. */
  readonly header: (name: string) => string | null;
  /** `performance.now()` and `Date.now()` at the arrival. */
  readonly started: number;
  readonly at: number;
  /** `performance.now()` after which the transport itself gives up; absent where it says nothing. */
  readonly deadline?: number | null;
}

/** What a version said, or why it failed. A request that no version was asked for throws `HttpError` instead. */
export interface InferAnswer {
  readonly id: string;
  readonly model: string;
  readonly route: Route;
  /** 200, or the HTTP status of the failure. */
  readonly status: number;
  readonly error: string | null;
  /** Only those that were asked for, in that order. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly cached: boolean;
  /** What the model was given, and how the version's dataset reads it; for notes on what was missing. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly columns: ServedColumns;
}

/** The version that answers a request. */
export interface Route extends Split {
  /** The sticky split chose it: only then does the request count as evidence of a release, and may be mirrored. */
  readonly counts: boolean;
}
