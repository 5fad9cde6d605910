import type { Server } from '@grpc/grpc-js';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { FirstRequest } from './first-request.ts';
import { FewATurn } from './few-a-turn.ts';
import { headersAsHeader } from './infer-calls.ts';
import { LibraryCalls } from './library-calls.ts';
import { MessageAdmissions } from './message-admissions.ts';
import type { Admission } from '../admission/admission.ts';
import type { ByteBudget } from '../admission/byte-budget.ts';
import { WatchedStream, type Swept } from './watched-stream.ts';

const sweepMs = 1_000;
/** Calls that begin in one turn of the event loop: `grpc-js` takes a quarter of a millisecond for each. */
const mostATurn = 8;

export interface StreamParts {
  /** Of calls whose message is not whole. */
  readonly admission: Admission;
  readonly bytes: ByteBudget;
  /** Milliseconds within which a message must be whole, and an answer be read. */
  readonly receiveMs: number;
}

/** Answers a stream by itself, without `grpc-js`; null where it leaves the stream to it. */
export type TakeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, address: string) => Swept | null;

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...rest: unknown[]) => void;

/**
 * Watches the HTTP/2 streams of a server that listens, and bounds what they hold and how long they last, which `grpc-js` does not.
 * It hides its HTTP/2 servers; where they cannot be found, nothing is watched, and the result is false. `streamPath` is of calls that
 * count their messages. `calls` gets those that are left to `grpc-js`, `fast` is asked for each stream first.
 */
export function takeStreams(
  server: Server,
  { path, streamPath }: { readonly path: string; readonly streamPath: string },
  parts: StreamParts,
  fast: TakeStream | null,
  calls = new LibraryCalls(),
): boolean {
  const hidden: unknown = Reflect.get(server, 'http2Servers');
  const servers = hidden instanceof Map ? [...(hidden as Map<Http2Server, unknown>).keys()] : [];
  const addresses = new WeakMap<ServerHttp2Session, string>();
  const addressOf = (session: ServerHttp2Session | undefined): string => {
    if (session === undefined) return '';
    let address = addresses.get(session);
    if (address === undefined) addresses.set(session, (address = session.socket.remoteAddress ?? ''));
    return address;
  };
  const watched = new Set<Swept>();
  const ofLibrary = new FewATurn(mostATurn);
  if (servers.length === 0) return false;
  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const call of watched) call.sweep(now);
    },
    Math.min(sweepMs, parts.receiveMs),
  );
  timer.unref();
  const watch = (stream: ServerHttp2Stream, call: Swept): void => {
    watched.add(call);
    stream.once('close', () => watched.delete(call));
  };
  const admissionsOf = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): MessageAdmissions => {
    const header = headersAsHeader(headers);
    const address = addressOf(stream.session as ServerHttp2Session | undefined);
    return new MessageAdmissions(
      () => parts.admission.admit(header, address),
      () => parts.admission.leave(),
    );
  };
  const waiting = new WeakMap<ServerHttp2Session, FirstRequest>();
  const came = (session: ServerHttp2Session | undefined): void => {
    const first = session === undefined ? undefined : waiting.get(session);
    if (first !== undefined) watched.delete(first);
  };
  for (const http2 of servers) {
    http2.once('close', () => clearInterval(timer));
    http2.on('session', (session) => {
      const first = new FirstRequest(session, parts.receiveMs);
      waiting.set(session, first);
      watched.add(first);
      session.once('close', () => watched.delete(first));
    });
    const others = http2.listeners('stream') as OnStream[];
    http2.removeAllListeners('stream');
    const take: OnStream = (stream, headers, ...rest) => {
      came(stream.session as ServerHttp2Session | undefined);
      const taken = fast?.(stream, headers, addressOf(stream.session as ServerHttp2Session | undefined)) ?? null;
      if (taken !== null) {
        watch(stream, taken);
        return;
      }
      // It may be reset before its turn.
      stream.on('error', () => undefined);
      ofLibrary.start(() => {
        if (stream.destroyed) return;
        const isStream = headers[':path'] === streamPath;
        const admissions = isStream || headers[':path'] === path ? admissionsOf(stream, headers) : null;
        const { bytes: budget, receiveMs } = parts;
        watch(stream, new WatchedStream(stream, { budget, receiveMs, isStream, admissions }));
        calls.add(stream, headers, { connection: stream.session ?? stream, admissions });
        for (const other of others) other.call(http2, stream, headers, ...rest);
      });
    };
    http2.on('stream', take);
  }
  return true;
}
