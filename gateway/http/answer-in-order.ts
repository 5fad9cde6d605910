import type { Socket } from 'node:net';
import { nextTurn } from '../turn.ts';

/** Requests of a connection that may wait for the answers before theirs. */
const mostWaiting = 32;

interface Waiting {
  count: number;
  last: Promise<void>;
}

/**
 * Answers the requests of each connection one after the other, each in a turn of its own: Node's server reads all that one packet holds,
 * some two thousand, and would have all of them answered at once. A client that sends more ahead than a few is cut off.
 */
export class OneByOne {
  readonly #waiting = new WeakMap<Socket, Waiting>();

  /** `answer` never rejects. Resolves when it ended, or at once where the connection was cut off. */
  async take(socket: Socket, answer: () => Promise<void>): Promise<void> {
    if (socket.destroyed) return;
    let waiting = this.#waiting.get(socket);
    if (waiting === undefined) this.#waiting.set(socket, (waiting = { count: 0, last: Promise.resolve() }));
    if (waiting.count > mostWaiting) {
      socket.destroy();
      return;
    }
    const isFirst = waiting.count === 0;
    waiting.count += 1;
    const answered = isFirst ? answer() : this.#after(waiting.last, socket, answer);
    waiting.last = answered;
    await answered;
    waiting.count -= 1;
  }

  async #after(last: Promise<void>, socket: Socket, answer: () => Promise<void>): Promise<void> {
    await last;
    await nextTurn();
    if (!socket.destroyed) await answer();
  }
}
