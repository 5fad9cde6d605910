import type { Config } from '../../config/schema.ts';
import { HttpError } from '../call/http-error.ts';

/** Bytes of requests and answers that are in memory, by connection and in all. */
export class ByteBudget {
  readonly #most: Config['gateway']['bytes'];
  readonly #byConnection = new WeakMap<object, ConnectionBytes>();
  #inFlight = 0;

  constructor(most: Config['gateway']['bytes']) {
    this.#most = most;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get mostOfConnection(): number {
    return this.#most.connection;
  }

  /** Of a connection: its socket, or its session. */
  of(connection: object): ConnectionBytes {
    let bytes = this.#byConnection.get(connection);
    if (bytes === undefined) {
      bytes = { held: 0 };
      this.#byConnection.set(connection, bytes);
    }
    return bytes;
  }

  /** Bytes that are held for one request until `release`. */
  hold(connection: object): HeldBytes {
    return new HeldBytes(this, this.of(connection));
  }

  /** Throws `HttpError` 503 where the process holds too much, 429 where the connection does. */
  take(connection: ConnectionBytes, bytes: number): void {
    const { connection: byConnection, process } = this.#most;
    if (this.#inFlight + bytes > process)
      throw new HttpError(
        503,
        `the gateway is overloaded: it holds ${this.#inFlight} bytes of requests and answers, and ${process} are allowed. Try again later`,
        { headers: { 'retry-after': '1' } },
      );
    if (connection.held + bytes > byConnection)
      throw new HttpError(
        429,
        `the connection has ${connection.held} bytes of requests and unread answers in flight, and ${byConnection} are allowed: read the answers, or open another`,
        { headers: { 'retry-after': '1' } },
      );
    this.add(connection, bytes);
  }

  /** Counts what cannot be refused any more: an answer. */
  add(connection: ConnectionBytes, bytes: number): void {
    connection.held += bytes;
    this.#inFlight += bytes;
  }

  give(connection: ConnectionBytes, bytes: number): void {
    connection.held -= bytes;
    this.#inFlight -= bytes;
  }
}

export interface ConnectionBytes {
  held: number;
}

/** What one request holds; given back as a whole. */
export class HeldBytes {
  readonly #budget: ByteBudget;
  readonly #connection: ConnectionBytes;
  #bytes = 0;

  constructor(budget: ByteBudget, connection: ConnectionBytes) {
    this.#budget = budget;
    this.#connection = connection;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws `HttpError` 429 or 503. */
  take(bytes: number): void {
    this.#budget.take(this.#connection, bytes);
    this.#bytes += bytes;
  }

  /** Of an answer, which cannot be refused any more. */
  add(bytes: number): void {
    this.#budget.add(this.#connection, bytes);
    this.#bytes += bytes;
  }

  release(): void {
    this.#budget.give(this.#connection, this.#bytes);
    this.#bytes = 0;
  }
}
