import { Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByteBudget } from '../../gateway/admission/byte-budget.ts';
import type { Caller } from '../../gateway/call/infer-call.ts';
import { fastCalls, fastTimeout } from '../../gateway/grpc/fast/fast-call.ts';
import { takeStreams } from '../../gateway/grpc/take-streams.ts';
import type { GrpcServer } from '../../gateway/grpc/call-context.ts';
import { startGrpc } from '../../gateway/grpc/server.ts';
import { decoded, echoParts, echoRequest as request, type EchoParts } from './grpc-echo.ts';
import { patience } from '../support/patience.ts';

const soon = { timeout: patience(10_000) };

const path = '/inference.GRPCInferenceService/ModelInfer';
const usual = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
/** What makes `grpc-js` answer a call whose messages are not packed all the same. */
const byLibrary = { 'grpc-encoding': 'gzip' };
const maxBodyBytes = 100_000;

function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

let parts: EchoParts;
let server: GrpcServer;
let session: ClientHttp2Session;

beforeEach(async () => {
  parts = echoParts();
  server = await startGrpc(parts, { host: '127.0.0.1', port: 0, maxBodyBytes, receiveMs: 30_000, fastPath: true });
  session = connect(`http://127.0.0.1:${server.port}`);
});
afterEach(async () => {
  session.destroy();
  await server.close(0);
});

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Those of the headers where there are no others. */
  readonly trailers: IncomingHttpHeaders;
}

async function told(stream: ClientHttp2Stream): Promise<Told> {
  const chunks: Buffer[] = [];
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | null = null;
  stream.on('response', (found) => (headers = found));
  stream.on('trailers', (found) => (trailers = found));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => stream.end());
  stream.on('error', () => undefined);
  await once(stream, 'close');
  return { headers, body: Buffer.concat(chunks), trailers: trailers ?? headers };
}

/** Sends the pieces in turn; ends the request unless told not to. */
async function call(pieces: readonly Buffer[], headers: object = {}, ends = true): Promise<Told> {
  const stream = session.request({ ...usual, ...headers });
  const answer = told(stream);
  for (const piece of pieces) await new Promise<void>((resolve) => stream.write(piece, () => resolve()));
  if (ends) stream.end();
  return answer;
}

describe('which calls are ordinary', () => {
  it.each([
    ['', {}, Infinity],
    ['with a timeout', { 'grpc-timeout': '1500m' }, 1_500],
    ['with the longest timeout', { 'grpc-timeout': '99999999H' }, 99_999_999 * 3_600_000],
    ['that says it is not packed', { 'grpc-encoding': 'identity' }, Infinity],
    ['of protobuf', { 'content-type': 'application/grpc+proto' }, Infinity],
    ['that is packed', byLibrary, null],
    ['of another method', { ':path': `${path}2` }, null],
    ['that is not a POST', { ':method': 'GET' }, null],
    ['of JSON', { 'content-type': 'application/grpc+json' }, null],
    ['of no type', { 'content-type': undefined }, null],
    ['with a timeout without unit', { 'grpc-timeout': '10' }, null],
    ['with a timeout of nine digits', { 'grpc-timeout': '123456789S' }, null],
  ])('a call %s', (_, more, expected) => {
    expect(fastTimeout(path, { ...usual, ...more })).toBe(expected);
  });
});

describe('an ordinary call', () => {
  it('is answered as the library would', async () => {
    const metadata = {
      'x-request-id': 'a',
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
      tracestate: 'v=1',
    };
    const [ours, library] = await Promise.all([
      call([framed(request('b'))], metadata),
      call([framed(request('b'))], { ...metadata, ...byLibrary }),
    ]);
    // Only the library says it.
    expect([ours, library].map(({ headers }) => headers['grpc-encoding'])).toEqual([undefined, 'identity']);
    expect(ours.body).toEqual(library.body);
    expect(decoded('ModelInferResponse', ours.body.subarray(5))).toMatchObject({
      model_name: 'echo',
      model_version: '3',
    });
    const { date: _, 'grpc-accept-encoding': __, 'grpc-encoding': ___, traceparent: trace, ...said } = library.headers;
    expect(ours.headers).toMatchObject(said);
    expect(ours.headers.traceparent?.slice(0, 35)).toBe(trace?.slice(0, 35));
    expect([ours.trailers['grpc-status'], library.trailers['grpc-status']]).toEqual(['0', '0']);
  });

  it('repeats the id and the trace of a request that is refused, as the library does', async () => {
    const given = { 'x-request-id': 'mine-7', traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
    const refused = [framed(request('q', { parameters: { fail: { int64_param: 429 } } }))];
    for (const more of [{}, byLibrary]) {
      const { trailers } = await call(refused, { ...given, ...more });
      expect(trailers).toMatchObject({ 'grpc-status': '8', 'retry-after': '7', 'x-request-id': 'mine-7' });
      expect(trailers.traceparent).toMatch(/^00-1{32}-(?!2{16})[0-9a-f]{16}-01$/);
    }
  });

  const whole = framed(request('x'));
  const large = framed(request('y', { parameters: { pad: { string_param: 'p'.repeat(maxBodyBytes) } } }));
  it.each<[string, Buffer[], object?]>([
    ['in single bytes', [...whole].map((byte) => Buffer.from([byte]))],
    ['whose length comes in two pieces', [whole.subarray(0, 3), whole.subarray(3)]],
    ['of several frames', [framed(request('z', { parameters: { pad: { string_param: 'p'.repeat(90_000) } } }))]],
    ['that is too large', [large]],
    ['that says it is larger than it may be', [Buffer.from([0, 255, 255, 255, 255, 1])]],
    ['that is not protobuf', [framed(Buffer.from('{"inputs": []}'))]],
    ['of nothing', [framed(Buffer.alloc(0))]],
    ['without a message', []],
    ['that the gateway refuses', [framed(request('q', { parameters: { fail: { int64_param: 429 } } }))]],
    ['whose version fails', [framed(request('w', { parameters: { break: { bool_param: true } } }))]],
    ['with an odd timeout', [whole], { 'grpc-timeout': 'soon' }],
    ['of too little time', [], { 'grpc-timeout': '50m' }],
  ])('%s ends with the status that the library gives', async (_, pieces, headers = {}) => {
    const ends = !('grpc-timeout' in headers);
    const ours = await call(pieces, headers, ends);
    const library = await call(pieces, { ...headers, ...byLibrary }, ends);
    const of = ({ trailers, headers: { ':status': http } }: Told): unknown[] => [http, trailers['grpc-status']];
    expect(of(ours)).toEqual(of(library));
    expect(ours.trailers['retry-after']).toBe(library.trailers['retry-after']);
    await vi.waitUntil(() => parts.left === parts.entered, soon);
  });

  it('of half a message, of two, or of one that is packed in no known way is refused', async () => {
    const half = await call([whole.subarray(0, whole.length - 1)]);
    const two = await call([whole, whole]);
    const packed = await call([framed(request('p'), 1)]);
    expect([half, two, packed].map(({ trailers }) => Number(trailers['grpc-status']))).toEqual([
      status.UNIMPLEMENTED,
      status.UNIMPLEMENTED,
      status.INTERNAL,
    ]);
    // Half a message counts while more of it may come.
    expect([parts.entered, parts.left]).toEqual([1, 1]);
  });

  it('whose client leaves is not answered, and lets go of its place', async () => {
    let open = (): void => undefined;
    parts.gate = new Promise((resolve) => (open = resolve));
    const stream = session.request(usual);
    stream.on('error', () => undefined);
    stream.end(whole);
    await vi.waitUntil(() => parts.calls.length === 1, soon);
    stream.close(8);
    open();
    await vi.waitUntil(() => parts.left === 1, soon);
    expect((await call([whole])).trailers['grpc-status']).toBe('0');
  });

  it('does not go through the library', async () => {
    const bare = new Server();
    const seen: string[] = [];
    const library: handleUnaryCall<Buffer, Buffer> = (_, callback) => callback(null, Buffer.from('library'));
    bare.register(path, library, same, same, 'unary');
    expect(takeStreams(bare, { path, streamPath: '' }, open, null)).toBe(false);
    const port = await new Promise<number>((resolve) => {
      bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound));
    });
    const answer = (bytes: Buffer) => {
      seen.push(bytes.toString());
      return Promise.resolve({
        headers: null,
        given: null,
        refusal: { code: status.ABORTED, details: 'seen', trailers: {} },
      });
    };
    expect(
      takeStreams(bare, { path, streamPath: '' }, open, fastCalls(path, { ...open, answer, maxBytes: 1_000 })),
    ).toBe(true);
    session.destroy();
    session = connect(`http://127.0.0.1:${port}`);
    expect((await call([framed(Buffer.from('ours'))])).trailers['grpc-message']).toBe('seen');
    expect((await call([framed(Buffer.from('packed'))], byLibrary)).body.subarray(5).toString()).toBe('library');
    expect(seen).toEqual(['ours']);
    bare.forceShutdown();
  });
});

/** Lets everybody in. */
const open = {
  admission: {
    admit: (): Caller => ({ name: 'x', operator: false, labeller: false, known: false, priority: 'normal' }),
    leave: () => {},
  },
  refused: () => {},
  bytes: new ByteBudget({ connection: 2 ** 25, process: 2 ** 28 }),
  receiveMs: 30_000,
};

const same = (bytes: Buffer): Buffer => bytes;
