import type { Http2Session } from 'node:http2';
import type { Swept } from './watched-stream.ts';

/** Ends a connection that brings no request within `receiveMs`, even if it sends other frames: HTTP/2 has no such limit of its own. */
export class FirstRequest implements Swept {
  readonly #session: Http2Session;
  readonly #receiveMs: number;
  readonly #since = performance.now();

  constructor(session: Http2Session, receiveMs: number) {
    this.#session = session;
    this.#receiveMs = receiveMs;
  }

  sweep(now: number): void {
    if (now - this.#since > this.#receiveMs) this.#session.destroy();
  }
}
