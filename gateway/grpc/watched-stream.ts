import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ByteBudget, ConnectionBytes } from '../admission/byte-budget.ts';
import { prefixBytes } from './encode-response.ts';
import type { MessageAdmissions } from './message-admissions.ts';

/** What is looked at now and then, so that nothing needs a timer of its own. */
export interface Swept {
  /** @param now `performance.now()` */
  sweep(now: number): void;
}

interface Watching {
  readonly budget: ByteBudget;
  readonly receiveMs: number;
  readonly isStream: boolean;
  /** Null for calls that need none. */
  readonly admissions: MessageAdmissions | null;
}

type Written = (error?: Error | null) => void;

/**
 * Watches a stream whose messages `grpc-js` puts together: it keeps what came of one, and answers that are not read, without bound or
 * time-out. The stream is reset where messages take more memory than there is for them, where one does not become whole within
 * `receiveMs`, or where an answer is not read within it.
 */
export class WatchedStream implements Swept {
  readonly #stream: ServerHttp2Stream;
  readonly #budget: ByteBudget;
  readonly #connection: ConnectionBytes;
  readonly #receiveMs: number;
  readonly #isStream: boolean;
  readonly #admissions: MessageAdmissions | null;
  readonly #prefix = Buffer.alloc(prefixBytes);
  #prefixed = 0;
  /** Bytes that the message still lacks, and those that came. */
  #missing = 0;
  #received = 0;
  #since: number | null = null;
  /** Bytes of answers that have not left, and since when the first of them waits. */
  #unread = 0;
  #unreadSince = 0;
  #isClosed = false;

  /** `isStream`: whole messages are counted by who answers them; else the one counts until its answer. */
  constructor(stream: ServerHttp2Stream, { budget, receiveMs, isStream, admissions }: Watching) {
    this.#stream = stream;
    this.#isStream = isStream;
    this.#admissions = admissions;
    // A stream may be quiet for as long as it likes; a single call sends its message.
    this.#since = isStream ? null : performance.now();
    this.#budget = budget;
    this.#connection = budget.of(stream.session ?? stream);
    this.#receiveMs = receiveMs;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    const write = stream.write.bind(stream) as (chunk: Buffer, done: Written) => boolean;
    stream.write = ((chunk: Buffer, done?: Written) => {
      this.#count(chunk.length);
      return write(chunk, (error) => {
        this.#left(chunk.length);
        done?.(error);
      });
    }) as typeof stream.write;
    stream.once('close', () => this.#close());
  }

  sweep(now: number): void {
    if (this.#since !== null && now - this.#since > this.#receiveMs) this.#reset();
    else if (this.#unread > 0 && now - this.#unreadSince > this.#receiveMs)
      this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #take(chunk: Buffer): void {
    if (this.#isClosed) return;
    if (this.#isStream) this.#since ??= performance.now();
    try {
      this.#budget.take(this.#connection, chunk.length);
    } catch {
      this.#reset();
      return;
    }
    this.#received += chunk.length;
    for (let at = 0; at < chunk.length;) {
      if (this.#prefixed < prefixBytes) {
        const end = Math.min(chunk.length, at + prefixBytes - this.#prefixed);
        this.#prefix.set(chunk.subarray(at, end), this.#prefixed);
        this.#prefixed += end - at;
        at = end;
        if (this.#prefixed < prefixBytes) break;
        this.#missing = this.#prefix.readUInt32BE(1);
      }
      const part = Math.min(this.#missing, chunk.length - at);
      this.#missing -= part;
      at += part;
      if (this.#missing > 0) break;
      this.#prefixed = 0;
      this.#admissions?.end();
      const left = chunk.length - at;
      this.#since = left === 0 ? null : performance.now();
      if (this.#isStream) this.#forget(left);
    }
    if (this.#prefixed > 0) this.#admissions?.part();
  }

  #count(bytes: number): void {
    if (this.#isClosed) return;
    if (!this.#isStream) this.#forget();
    if (this.#unread === 0) this.#unreadSince = performance.now();
    this.#unread += bytes;
    this.#budget.add(this.#connection, bytes);
  }

  #left(bytes: number): void {
    if (this.#isClosed) return;
    this.#unread -= bytes;
    this.#unreadSince = performance.now();
    this.#budget.give(this.#connection, bytes);
  }

  /** Lets go of what came, but for the last bytes. */
  #forget(but = 0): void {
    this.#budget.give(this.#connection, this.#received - but);
    this.#received = but;
  }

  #close(): void {
    this.#isClosed = true;
    this.#forget();
    this.#budget.give(this.#connection, this.#unread);
    this.#unread = 0;
    this.#admissions?.close();
  }

  #reset(): void {
    this.#since = null;
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
