import { constants, type ServerHttp2Stream } from 'node:http2';
import type { HeldBytes } from '../admission/byte-budget.ts';
import { prefixBytes } from './encode-response.ts';

/** What is looked at now and then, so that nothing needs a timer of its own. */
export interface Swept {
  /** @param now `performance.now()` */
  sweep(now: number): void;
}

/**
 * Watches the messages of a stream that `grpc-js` puts together: it keeps what came of one without bound or time-out. The stream is
 * reset where they take more memory than there is for them, or where one does not become whole within `receiveMs`.
 */
export class UnfinishedMessages implements Swept {
  readonly #stream: ServerHttp2Stream;
  readonly #held: HeldBytes;
  readonly #receiveMs: number;
  readonly #prefix = Buffer.alloc(prefixBytes);
  #prefixed = 0;
  /** Bytes that the message still lacks. */
  #missing = 0;
  #since: number | null = null;

  constructor(stream: ServerHttp2Stream, held: HeldBytes, receiveMs: number) {
    this.#stream = stream;
    this.#held = held;
    this.#receiveMs = receiveMs;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.once('close', () => held.release());
  }

  sweep(now: number): void {
    if (this.#since !== null && now - this.#since > this.#receiveMs) this.#reset();
  }

  #take(chunk: Buffer): void {
    this.#since ??= performance.now();
    try {
      this.#held.take(chunk.length);
    } catch {
      this.#reset();
      return;
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#prefixed < prefixBytes) {
        const end = Math.min(chunk.length, at + prefixBytes - this.#prefixed);
        this.#prefix.set(chunk.subarray(at, end), this.#prefixed);
        this.#prefixed += end - at;
        at = end;
        if (this.#prefixed < prefixBytes) return;
        this.#missing = this.#prefix.readUInt32BE(1);
      }
      const part = Math.min(this.#missing, chunk.length - at);
      this.#missing -= part;
      at += part;
      if (this.#missing > 0) return;
      this.#prefixed = 0;
    }
    // Whole messages are with those who answer them, who are bounded by what is let in.
    this.#held.release();
    this.#since = null;
  }

  #reset(): void {
    this.#since = null;
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
