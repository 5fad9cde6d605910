import type { Caller } from './infer-call.ts';

export interface Asked {
  readonly model: string;
  readonly version: number | null;
}

/** A request for a prediction, whoever read it from its socket. */
export interface InferMessage {
  /** A request header by its lower-case name; null where there is none, or an empty one. */
  readonly header: (name: string) => string | null;
  /** Of the other end of the connection. */
  readonly address: string;
  /** `performance.now()` at the arrival. */
  readonly started: number;
  /** The body, unpacked, or what reads it; that throws `HttpError`. */
  readonly body: Buffer | (() => Promise<Buffer>);
  /** Who was let in when the first bytes came. @default it is let in now */
  readonly admitted?: Caller | null;
}
