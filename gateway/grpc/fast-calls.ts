import type { Server } from '@grpc/grpc-js';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { FirstRequest } from './first-request.ts';
import { FewATurn } from './few-a-turn.ts';
import { headersAsHeader } from './infer-calls.ts';
import { LibraryCalls } from './library-calls.ts';
import { MessageAdmissions } from './message-admissions.ts';
import { OrdinaryCall, ordinaryTimeout, type CallParts, type OrdinaryParts } from './fast-call.ts';
import { WatchedStream, type Swept } from './watched-stream.ts';

const sweepMs = 1_000;
/** Calls that begin in one turn of the event loop: `grpc-js` takes a quarter of a millisecond for each, and an ordinary one a twentieth. */
const [mostOfLibrary, mostOrdinary] = [8, 24];

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...rest: unknown[]) => void;

/**
 * Answers ordinary calls of `path` straight from the HTTP/2 streams of a server that listens, and leaves all else to it: `grpc-js`
 * takes more CPU for a call than HTTP/2 and the model together. It hides its HTTP/2 servers; where they cannot be found, it
 * answers everything, and the result is false. `streamPath` is of calls that count their messages. `calls` gets those that are left to `grpc-js`.
 */
export function takeOrdinaryCalls(
  server: Server,
  { path, streamPath }: { readonly path: string; readonly streamPath: string },
  parts: OrdinaryParts,
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
  const ofLibrary = new FewATurn(mostOfLibrary);
  const answers = new FewATurn(mostOrdinary);
  const callParts: CallParts = { ...parts, start: (work) => answers.start(work) };
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
      const timeoutMs = ordinaryTimeout(path, headers);
      if (timeoutMs === null) {
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
        return;
      }
      const context = {
        header: headersAsHeader(headers),
        address: addressOf(stream.session as ServerHttp2Session | undefined),
        deadline: timeoutMs === Infinity ? null : performance.now() + timeoutMs,
      };
      const held = parts.bytes.hold(stream.session ?? stream);
      watch(stream, new OrdinaryCall(callParts, stream, context, held, timeoutMs));
    };
    http2.on('stream', take);
  }
  return true;
}
