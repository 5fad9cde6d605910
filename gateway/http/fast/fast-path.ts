import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FastConnection, type FastParts } from './connection.ts';

const sweepMs = 1_000;

/**
 * Answers ordinary inference requests straight from their sockets. Node's HTTP server takes some 45 microseconds of CPU for a request,
 * its streams and objects, a bare socket 14. A connection whose next request is anything but ordinary (see `readFastHead`) is handed
 * over to that server with all its bytes, and stays there.
 */
export class FastPath {
  readonly #parts: FastParts;
  readonly #connections = new Set<FastConnection>();
  readonly #timer: NodeJS.Timeout;
  readonly #inFlight = { count: 0 };

  constructor(parts: FastParts) {
    this.#parts = {
      ...parts,
      answer: async (message, asked) => {
        this.#inFlight.count += 1;
        try {
          return await parts.answer(message, asked);
        } finally {
          this.#inFlight.count -= 1;
        }
      },
    };
    this.#timer = setInterval(() => this.#sweep(), Math.min(sweepMs, parts.receiveMs));
    this.#timer.unref();
  }

  get size(): number {
    return this.#connections.size;
  }

  take(socket: Socket): void {
    const connection = new FastConnection(this.#parts, socket, (gone) => this.#connections.delete(gone));
    this.#connections.add(connection);
  }

  closeIdle(): void {
    for (const connection of this.#connections) connection.closeIfIdle();
  }

  closeAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Ends when nothing is being answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#inFlight.count > 0) await delay(5);
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.sweep(now);
  }
}
