import type { Socket } from 'node:net';
import type { Admission } from '../../admission/admission.ts';
import type { ByteBudget, HeldBytes } from '../../admission/byte-budget.ts';
import type { Caller } from '../../call/infer-call.ts';
import type { Asked, InferMessage } from '../../call/infer-message.ts';
import { jsonReply, type HttpReply } from '../reply.ts';
import { readFastHead, type FastHead } from './parse-head.ts';
import { writeReply } from './write-reply.ts';

export interface FastParts {
  /** Answers a request; never rejects. */
  readonly answer: (message: InferMessage, asked: Asked) => Promise<HttpReply>;
  /** Of requests whose first bytes came. */
  readonly admission: Admission;
  readonly refuse: (error: unknown, header: InferMessage['header']) => HttpReply;
  readonly bytes: ByteBudget;
  /** Gives a connection to the whole HTTP server, at the start of a request. */
  readonly handOver: (socket: Socket) => void;
  readonly draining: () => boolean;
  /** Milliseconds that a connection may be idle, and that a request may take to come or an answer to be read. */
  readonly keepAliveMs: number;
  readonly receiveMs: number;
  /** Larger bodies are left to the whole server. */
  readonly maxBodyBytes: number;
}

/** What is read ahead while a request is being answered. */
const mostAhead = 64 * 1024;
/** Longer heads are extraordinary. */
const mostHead = 8 * 1024;
const nothing = Buffer.alloc(0);

/** One connection, for as long as it sends ordinary requests only. */
export class FastConnection {
  readonly #parts: FastParts;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => this.#end();
  readonly #onDrain = (): void => this.#drained();
  readonly #onClose: () => void;
  /** Bytes that came and are not answered: part of a request, or those behind the one that is being answered. */
  #ahead: Buffer = nothing;
  #busy = false;
  #ended = false;
  /** Who was let in, while the body of the request is on its way, and how much of it is there. */
  #admitted: Caller | null = null;
  #received = 0;
  #expected = 0;
  readonly #held: HeldBytes;
  /** The last head, which most clients send again and again. */
  #headText = '';
  #head: FastHead | null = null;
  /** `performance.now()` when bytes came last or an answer went, and when the request that is not whole began. */
  #touched = performance.now();
  #waitingSince: number | null = this.#touched;

  /** `onGone` hears when the connection was closed or handed over. */
  constructor(parts: FastParts, socket: Socket, onGone: (connection: FastConnection) => void) {
    this.#parts = parts;
    this.#socket = socket;
    this.#address = socket.remoteAddress ?? '';
    this.#held = parts.bytes.hold(socket);
    this.#onClose = () => {
      this.#forget();
      onGone(this);
    };
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  /** Closes what waits for nothing; says 408 to what sends too slowly. To be called now and then. */
  sweep(now: number): void {
    const { keepAliveMs, receiveMs } = this.#parts;
    if (this.#busy) return;
    if (this.#socket.writableNeedDrain) {
      if (now - this.#touched > receiveMs) this.#socket.destroy();
    } else if (this.#waitingSince !== null && now - this.#waitingSince > receiveMs) {
      if (this.#received > 0 || this.#ahead.length > 0) writeReply(this.#socket, late, null);
      this.#socket.destroySoon();
    } else if (now - this.#touched > keepAliveMs) {
      // What nobody read in all that time, nobody will.
      if (this.#socket.writableLength > 0) this.#socket.destroy();
      else this.#socket.destroySoon();
    }
  }

  closeIfIdle(): void {
    if (!this.#busy && this.#ahead.length === 0 && this.#expected === 0) this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#touched = performance.now();
    if (this.#expected > 0) {
      this.#fill(chunk);
      return;
    }
    if (this.#ahead.length > 0) this.#ahead = Buffer.concat([this.#ahead, chunk]);
    else this.#ahead = chunk;
    if (this.#busy) {
      if (this.#ahead.length > mostAhead) this.#socket.pause();
    } else this.#next();
  }

  /** More of a request that is not whole: into room for all of it, in pieces of any size. */
  #fill(chunk: Buffer): void {
    const missing = this.#expected - this.#received;
    this.#ahead.set(missing < chunk.length ? chunk.subarray(0, missing) : chunk, this.#received);
    this.#received += Math.min(missing, chunk.length);
    if (this.#received < this.#expected) return;
    this.#ahead = missing < chunk.length ? Buffer.concat([this.#ahead, chunk.subarray(missing)]) : this.#ahead;
    this.#received = 0;
    this.#expected = 0;
    this.#next();
  }

  /** Waits for the rest of a request of `length` bytes; it counts from now on. */
  #await(bytes: Buffer, length: number, head: FastHead): void {
    try {
      this.#held.take(length);
      this.#admitted = this.#parts.admission.admit(head.header, this.#address);
    } catch (error) {
      this.#held.release();
      // Its body still comes, and nobody reads it.
      this.#ahead = nothing;
      writeReply(this.#socket, this.#parts.refuse(error, head.header), null);
      this.#socket.removeListener('data', this.#onData);
      this.#socket.resume();
      this.#socket.end();
      return;
    }
    this.#ahead = Buffer.allocUnsafe(length);
    this.#ahead.set(bytes);
    this.#received = bytes.length;
    this.#expected = length;
    this.#waitingSince ??= this.#touched;
  }

  /** Lets go of what a request holds that is not whole. */
  #forget(): void {
    this.#held.release();
    if (this.#admitted === null) return;
    this.#admitted = null;
    this.#parts.admission.leave();
  }

  /** Begins with the next request where it is whole. */
  #next(): void {
    if (this.#busy || this.#ahead.length === 0 || this.#expected > 0 || this.#socket.destroyed) return;
    if (this.#socket.writableNeedDrain) return;
    const bytes = this.#ahead;
    const headEnd = bytes.indexOf('\r\n\r\n');
    const head = headEnd < 0 || headEnd > mostHead ? null : this.#headOf(bytes.toString('latin1', 0, headEnd));
    if (head === null) {
      this.#handOver();
      return;
    }
    const start = headEnd + 4;
    const end = start + head.length;
    if (bytes.length < end) {
      if (this.#ended) this.#socket.end();
      else this.#await(bytes, end, head);
      return;
    }
    this.#waitingSince = null;
    const admitted = this.#admitted;
    this.#admitted = null;
    this.#ahead = bytes.length === end ? nothing : bytes.subarray(end);
    this.#busy = true;
    try {
      if (this.#held.bytes === 0) this.#held.take(end);
    } catch (error) {
      setImmediate(() => this.#reply(this.#parts.refuse(error, head.header)));
      return;
    }
    const { header, asked } = head;
    void this.#answer(
      { header, address: this.#address, started: this.#touched, body: bytes.subarray(start, end), admitted },
      asked,
    );
  }

  async #answer(message: InferMessage, asked: Asked): Promise<void> {
    this.#reply(await this.#parts.answer(message, asked));
  }

  #reply(reply: HttpReply): void {
    this.#busy = false;
    this.#touched = performance.now();
    this.#held.release();
    if (this.#socket.destroyed) return;
    const last = this.#parts.draining() || (this.#ended && this.#ahead.length === 0);
    writeReply(this.#socket, reply, last ? null : this.#parts.keepAliveMs / 1_000);
    if (last) {
      this.#socket.end();
      return;
    }
    if (this.#socket.writableNeedDrain) {
      // Who does not read its answers is not read from either.
      this.#held.add(this.#socket.writableLength);
      this.#socket.pause();
      return;
    }
    if (this.#ahead.length === 0) return;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#next();
  }

  #drained(): void {
    this.#held.release();
    this.#touched = performance.now();
    if (this.#busy || this.#socket.destroyed) return;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#next();
  }

  #headOf(text: string): FastHead | null {
    if (text === this.#headText) return this.#head;
    this.#headText = text;
    this.#head = readFastHead(text, this.#parts.maxBodyBytes);
    return this.#head;
  }

  #handOver(): void {
    const socket = this.#socket;
    socket.removeListener('data', this.#onData);
    socket.removeListener('end', this.#onEnd);
    socket.removeListener('drain', this.#onDrain);
    socket.removeListener('error', ignore);
    socket.removeListener('close', this.#onClose);
    this.#onClose();
    socket.pause();
    socket.unshift(this.#ahead);
    this.#ahead = nothing;
    this.#parts.handOver(socket);
    socket.resume();
  }

  #end(): void {
    this.#ended = true;
    if (!this.#busy) this.#socket.end();
  }
}

const ignore = (): void => undefined;
const late = jsonReply(408, { error: 'the request did not come in time' });
