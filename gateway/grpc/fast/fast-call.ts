import { status } from '@grpc/grpc-js';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { HeldBytes } from '../../admission/byte-budget.ts';
import { grpcTimeout } from '../../admission/deadline.ts';
import type { Caller } from '../../call/infer-call.ts';
import { encodeInferFrame, prefixBytes } from '../encode-response.ts';
import { headersAsHeader, type CallContext, type UnaryReply } from '../infer-calls.ts';
import type { EarlyAdmission } from '../message-admissions.ts';
import { FewATurn } from '../few-a-turn.ts';
import type { StreamParts, TakeStream } from '../take-streams.ts';
import type { Swept } from '../watched-stream.ts';
import { contentType, refusalOf, responseStatus, type Refusal, type Texts } from '../status.ts';

export interface FastCallParts extends StreamParts {
  /** Answers one `ModelInferRequest`; never rejects. */
  readonly answer: (bytes: Buffer, context: CallContext, admission: EarlyAdmission) => Promise<UnaryReply>;
  /** Counts a call that was not let in. */
  readonly refused: (error: unknown) => void;
  /** Largest message. */
  readonly maxBytes: number;
}

/** What a call needs, beside what is the same for all of them. */
interface CallParts extends FastCallParts {
  /** Begins at once, or in a later turn of the event loop where much begins in this one. */
  readonly start: (work: () => void) => void;
}

/** Calls that begin in one turn of the event loop, of some 50 microseconds each. */
const mostATurn = 24;

/**
 * Answers ordinary calls of `path` straight from their HTTP/2 streams: `grpc-js` takes more CPU for a call than HTTP/2 and the model
 * together. All else is left to it.
 */
export function fastCalls(path: string, parts: FastCallParts): TakeStream {
  const turn = new FewATurn(mostATurn);
  const callParts: CallParts = { ...parts, start: (work) => turn.start(work) };
  return (stream, headers, address) => {
    const timeoutMs = fastTimeout(path, headers);
    if (timeoutMs === null) return null;
    const context = {
      header: headersAsHeader(headers),
      address,
      deadline: timeoutMs === Infinity ? null : performance.now() + timeoutMs,
    };
    return new FastCall(callParts, stream, context, parts.bytes.hold(stream.session ?? stream), timeoutMs);
  };
}

const longestTimer = 2 ** 31 - 1;

/**
 * Milliseconds that a call of `ModelInfer` with nothing unusual about it has, `Infinity` where it does not say; null where it is
 * not such a call: `grpc-js` handles packed, foreign and faulty messages.
 */
export function fastTimeout(path: string, headers: IncomingHttpHeaders): number | null {
  if (headers[':path'] !== path || headers[':method'] !== 'POST') return null;
  const type = headers['content-type'];
  if (type !== 'application/grpc' && type !== 'application/grpc+proto') return null;
  const encoding = headers['grpc-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return null;
  const timeout = headers['grpc-timeout'];
  if (timeout === undefined) return Infinity;
  return typeof timeout === 'string' ? grpcTimeout(timeout) : null;
}

/** One unary call, from its first byte to its last. */
class FastCall implements Swept {
  readonly #parts: CallParts;
  readonly #stream: ServerHttp2Stream;
  readonly #context: CallContext;
  readonly #timer: NodeJS.Timeout | null = null;
  /** What came: the first `#received` bytes. */
  #bytes = nothing;
  #received = 0;
  /** Who was let in while the message was on its way. */
  #admitted: Caller | null = null;
  readonly #held: HeldBytes;
  /** `performance.now()` of the beginning, then of the end. */
  #since = performance.now();
  #state: 'reading' | 'answering' | 'ended' = 'reading';

  constructor(parts: CallParts, stream: ServerHttp2Stream, context: CallContext, held: HeldBytes, timeoutMs: number) {
    this.#parts = parts;
    this.#stream = stream;
    this.#context = context;
    this.#held = held;
    stream.on('error', ignore);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.#read());
    stream.on('close', () => {
      this.#end();
      this.#held.release();
    });
    if (timeoutMs <= longestTimer) this.#timer = setTimeout(() => this.#refuse(late), timeoutMs);
  }

  /** Ends what waits for its client: for a message that does not become whole, or for an answer to be read. */
  sweep(now: number): void {
    if (this.#state === 'reading' && now - this.#since > this.#parts.receiveMs) this.#refuse(slow);
    else if (this.#state === 'ended' && now - this.#since > this.#parts.receiveMs)
      this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #take(chunk: Buffer): void {
    if (this.#state !== 'reading') return;
    const before = this.#received;
    this.#received += chunk.length;
    // Nearly always the first is all.
    if (before === 0) this.#bytes = chunk;
    else {
      this.#bytes = withRoom(this.#bytes, before, this.#received);
      this.#bytes.set(chunk, before);
    }
    if (this.#received < prefixBytes) return;
    const size = this.#bytes.readUInt32BE(1);
    if (this.#bytes[0] !== 0) this.#refuse(packed);
    else if (size > this.#parts.maxBytes) this.#refuse(tooLarge(size, this.#parts.maxBytes));
    else if (this.#received > prefixBytes + size) this.#refuse(notOne);
    else this.#count(chunk.length, this.#received < prefixBytes + size);
  }

  /** A message counts from its first bytes on; one that is not whole is let in by them. */
  #count(bytes: number, isPart: boolean): void {
    try {
      this.#held.take(bytes);
      if (isPart) this.#admitted ??= this.#parts.admission.admit(this.#context.header, this.#context.address);
    } catch (error) {
      this.#parts.refused(error);
      this.#refuse(refusalOf(error, this.#context.header));
    }
  }

  #read(): void {
    if (this.#state !== 'reading') return;
    this.#state = 'answering';
    const message = this.#bytes.subarray(prefixBytes, this.#received);
    const isWhole = this.#received >= prefixBytes && message.length >= this.#bytes.readUInt32BE(1);
    this.#parts.start(() => {
      // Its client may be gone by now, or its deadline.
      if (this.#state !== 'answering') return;
      if (isWhole) void this.#answer(message);
      else this.#refuse(notOne);
    });
  }

  async #answer(bytes: Buffer): Promise<void> {
    const admission = this.#admitted === null ? null : { caller: this.#admitted };
    this.#admitted = null;
    const { headers, given, refusal } = await this.#parts.answer(bytes, this.#context, admission);
    if (given === null) {
      this.#refuse(refusal, headers);
      return;
    }
    let frame: Buffer;
    try {
      frame = encodeInferFrame(given);
    } catch (error) {
      this.#refuse(refusalOf(error, this.#context.header));
      return;
    }
    if (!this.#end()) return;
    const stream = this.#stream;
    // Until the stream is closed, nobody has read it.
    this.#held.add(frame.length);
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', sayOk);
    stream.end(frame);
  }

  #refuse({ code, details, trailers }: Refusal, headers: Texts | null = null): void {
    if (!this.#end()) return;
    const stream = this.#stream;
    const last = { 'grpc-status': String(code), 'grpc-message': encodeURI(details), ...trailers };
    if (headers === null) {
      stream.respond({ ':status': responseStatus, 'content-type': contentType, ...last }, { endStream: true });
      return;
    }
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(last));
    stream.end();
  }

  /** False where the call had ended, or its client is gone. */
  #end(): boolean {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#state === 'ended') return false;
    this.#state = 'ended';
    this.#since = performance.now();
    this.#bytes = nothing;
    this.#held.release();
    if (this.#admitted !== null) {
      this.#admitted = null;
      this.#parts.admission.leave();
    }
    return !this.#stream.destroyed && !this.#stream.closed;
  }
}

const nothing: Buffer = Buffer.alloc(0);

/** The first `used` of the bytes with room for `needed`; room is doubled, so pieces of any size are cheap. */
function withRoom(bytes: Buffer, used: number, needed: number): Buffer {
  if (needed <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(needed, 2 * bytes.length));
  larger.set(bytes.subarray(0, used));
  return larger;
}

const ok = { 'grpc-status': '0' };

const refused = (code: status, details: string): Refusal => ({ code, details, trailers: {} });
const late = refused(status.DEADLINE_EXCEEDED, 'Deadline exceeded');
const slow = refused(status.DEADLINE_EXCEEDED, 'the message did not come in time');
const packed = refused(status.INTERNAL, 'the message says that it is packed, and no grpc-encoding says how');
const notOne = refused(status.UNIMPLEMENTED, 'a call of ModelInfer takes one whole message');
const tooLarge = (size: number, most: number): Refusal =>
  refused(status.RESOURCE_EXHAUSTED, `Received message larger than max (${size} vs ${most})`);

function sayOk(this: ServerHttp2Stream): void {
  this.sendTrailers(ok);
}

const ignore = (): void => undefined;
