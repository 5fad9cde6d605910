import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import type { StreamAnswer } from './encode-response.ts';
import { answerOne, contextOf, type CallContext } from './infer-calls.ts';
import type { GrpcParts } from './parts.ts';
import { detailsOf, sayableOf } from './status.ts';

/** Requests of one stream that are worked on at once, so that they can share a pass. */
const inFlight = 32;

/**
 * `ModelStreamInfer`: answers in the order of the requests; one that fails is answered with its error, and the stream goes on.
 * A client that does not read its answers is not read from.
 */
export class InferStream {
  private readonly parts: GrpcParts;
  private readonly call: ServerDuplexStream<Buffer, StreamAnswer>;
  private readonly context: CallContext;
  private readonly answers: Promise<StreamAnswer>[] = [];
  private sending = false;
  private state: 'open' | 'read' | 'draining' | 'gone' = 'open';

  constructor(parts: GrpcParts, call: ServerDuplexStream<Buffer, StreamAnswer>) {
    this.parts = parts;
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
    this.answers.push(this.answer(bytes));
    if (this.answers.length >= inFlight) this.call.pause();
    if (!this.sending) void this.send();
  }

  private async answer(bytes: Buffer): Promise<StreamAnswer> {
    try {
      const given = await answerOne(this.parts, bytes, this.context);
      return given.answer.error === null ? given : { error: detailsOf(given.answer.error) };
    } catch (error) {
      return { error: detailsOf(sayableOf(error)) };
    }
  }

  private async send(): Promise<void> {
    this.sending = true;
    for (let first = this.answers[0]; first !== undefined; first = this.answers[0]) {
      const answer = await first;
      if (this.state === 'gone') return;
      if (!this.call.write(answer)) await this.drained();
      void this.answers.shift();
      if (this.state === 'open' && this.call.isPaused()) this.call.resume();
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
  }
}
