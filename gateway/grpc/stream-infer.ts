import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import type { HeldBytes } from '../admission/byte-budget.ts';
import { encodeStreamResponse } from './encode-response.ts';
import { answerOne, contextOf, type CallContext } from './infer-calls.ts';
import type { EarlyAdmission, MessageAdmissions } from './message-admissions.ts';
import type { GrpcParts } from './call-context.ts';
import { detailsOf, sayableOf } from './status.ts';

/** Requests of one stream that are worked on at once, so that they can share a pass. */
const inFlight = 32;

/** A request, then its answer until it is read. */
interface Waiting {
  readonly held: HeldBytes;
  readonly answer: Promise<Buffer>;
}

/**
 * `ModelStreamInfer`: answers in the order of the requests; one that fails is answered with its error, and the stream goes on.
 * A client that does not read its answers is not read from, nor one whose requests and answers are a quarter of what its connection may
 * hold.
 */
export class InferStream {
  private readonly parts: GrpcParts;
  private readonly call: ServerDuplexStream<Buffer, Buffer>;
  private readonly hold: () => HeldBytes;
  private readonly admissions: MessageAdmissions | null;
  private readonly context: CallContext;
  private readonly answers: Waiting[] = [];
  private readonly held = new Set<HeldBytes>();
  private sending = false;
  private state: 'open' | 'read' | 'draining' | 'gone' = 'open';

  /** `hold` makes what a request of this stream's connection holds. */
  constructor(
    parts: GrpcParts,
    call: ServerDuplexStream<Buffer, Buffer>,
    hold: () => HeldBytes,
    admissions: MessageAdmissions | null,
  ) {
    this.admissions = admissions;
    this.parts = parts;
    this.hold = hold;
    this.call = call;
    const context = contextOf(call);
    // An id in the metadata would be that of every request of the stream; each has its own.
    this.context = { ...context, header: (name) => (name === 'x-request-id' ? null : context.header(name)) };
    call.on('data', (bytes: Buffer) => this.take(bytes));
    call.once('end', () => this.stop('read'));
    call.once('cancelled', () => this.leave());
    call.once('close', () => this.leave());
  }

  /** Answers what was read, then ends the stream, so that the client goes on elsewhere. */
  drain(): void {
    this.call.pause();
    this.stop('draining');
  }

  private take(bytes: Buffer): void {
    if (this.state !== 'open') return;
    const held = this.hold();
    this.held.add(held);
    this.answers.push({ held, answer: this.answer(bytes, held) });
    if (this.isFull()) this.call.pause();
    if (!this.sending) void this.send();
  }

  private isFull(): boolean {
    let bytes = 0;
    for (const held of this.held) bytes += held.bytes;
    return this.answers.length >= inFlight || bytes > this.parts.bytes.mostOfConnection / 4;
  }

  private async answer(bytes: Buffer, held: HeldBytes): Promise<Buffer> {
    const answer = await this.encoded(bytes, held);
    held.release();
    if (this.held.has(held)) held.add(answer.length);
    return answer;
  }

  /** Bytes of its own. */
  private async encoded(bytes: Buffer, held: HeldBytes): Promise<Buffer> {
    const admission = this.admissions?.take() ?? null;
    try {
      this.holdMessage(held, bytes.length, admission);
      const given = await answerOne(this.parts, bytes, this.context, admission);
      const said = given.answer.error === null ? given : { error: detailsOf(given.answer.error) };
      return Buffer.from(encodeStreamResponse(said));
    } catch (error) {
      return Buffer.from(encodeStreamResponse({ error: detailsOf(sayableOf(error)) }));
    }
  }

  /** Throws `HttpError` 429 or 503. */
  private holdMessage(held: HeldBytes, bytes: number, admission: EarlyAdmission): void {
    try {
      held.take(bytes);
    } catch (error) {
      this.admissions?.drop(admission);
      throw error;
    }
  }

  private readonly letGo = (held: HeldBytes): void => {
    held.release();
    this.held.delete(held);
    if (this.state === 'open' && this.call.isPaused() && !this.isFull()) this.call.resume();
  };

  private async send(): Promise<void> {
    this.sending = true;
    for (let first = this.answers[0]; first !== undefined; first = this.answers[0]) {
      const { held } = first;
      const answer = await first.answer;
      if (this.state === 'gone') return;
      if (!this.call.write(answer, () => this.letGo(held))) await this.drained();
      this.answers.shift();
      if (this.state === 'open' && this.call.isPaused() && !this.isFull()) this.call.resume();
    }
    this.sending = false;
    if (this.state === 'read' || this.state === 'draining') this.end(this.state);
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.call.off('drain', done);
        this.call.off('close', done);
        resolve();
      };
      this.call.once('drain', done);
      this.call.once('close', done);
    });
  }

  private stop(state: 'read' | 'draining'): void {
    if (this.state !== 'open') return;
    this.state = state;
    if (!this.sending) this.end(state);
  }

  private end(state: 'read' | 'draining'): void {
    this.state = 'gone';
    if (state === 'read') this.call.end();
    else
      this.call.emit('error', {
        code: status.UNAVAILABLE,
        details: 'the gateway shuts down: open the stream again',
      });
  }

  private leave(): void {
    this.state = 'gone';
    this.answers.length = 0;
    for (const held of this.held) held.release();
    this.held.clear();
  }
}
