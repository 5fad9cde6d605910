import type { Metadata } from '@grpc/grpc-js';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { MessageAdmissions } from './message-admissions.ts';

/** What is known of a call that `grpc-js` answers, beside what it tells its handlers. */
export interface LibraryCall {
  /** Its session, which holds the bytes of its calls. */
  readonly connection: object;
  /** Null for calls that need none. */
  readonly admissions: MessageAdmissions | null;
}

/** Ours alone: what a client sends under this name is replaced. */
const idHeader = 'x-pawl-stream';

/** Calls that are left to `grpc-js`. It shows handlers no stream, so that a header names it. */
export class LibraryCalls {
  readonly #open = new Map<string, LibraryCall>();
  #last = 0;

  /** Before the library gets `headers`; forgotten when the stream is closed. */
  add(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, call: LibraryCall): void {
    const id = String((this.#last += 1));
    headers[idHeader] = id;
    this.#open.set(id, call);
    stream.once('close', () => this.#open.delete(id));
  }

  of({ metadata }: { readonly metadata: Metadata }): LibraryCall | undefined {
    return this.#open.get(String(metadata.get(idHeader)[0]));
  }
}
