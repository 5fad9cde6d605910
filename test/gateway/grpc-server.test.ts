import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GrpcServer } from '../../gateway/grpc/call-context.ts';
import { startGrpc } from '../../gateway/grpc/server.ts';
import { HttpError } from '../../gateway/call/http-error.ts';
import { decoded, echoParts, echoRequest as message, encoded, type EchoParts } from './grpc-echo.ts';
import { patience } from '../support/patience.ts';

const soon = { timeout: patience(10_000) };

const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const streamPath = '/inference.GRPCInferenceService/ModelStreamInfer';
const asIs = (bytes: Buffer): Buffer => bytes;

let parts: EchoParts;
let server: GrpcServer;
let client: Client;

beforeEach(async () => {
  parts = echoParts();
  server = await startGrpc(parts, {
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 100_000,
    receiveMs: 30_000,
    fastPath: true,
  });
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await server.close(0);
});

interface Reply {
  readonly error: ServiceError | null;
  readonly value: Buffer | undefined;
  readonly headers: Metadata | undefined;
}

function ask(path: string, bytes: Buffer, metadata = new Metadata(), deadline?: number): Promise<Reply> {
  return new Promise((resolve) => {
    let headers: Metadata | undefined;
    const call = client.makeUnaryRequest(
      path,
      asIs,
      asIs,
      bytes,
      metadata,
      deadline === undefined ? {} : { deadline },
      (error, value) => resolve({ error, value, headers }),
    );
    call.once('metadata', (received: Metadata) => (headers = received));
  });
}

function gate(): { open: () => void } {
  let open = (): void => undefined;
  parts.gate = new Promise((resolve) => (open = () => resolve()));
  return { open };
}

describe('a call of ModelInfer', () => {
  it('brings its metadata, its address and its deadline to the gateway', async () => {
    const metadata = new Metadata();
    metadata.set('x-pawl-key', 'customer 7');
    metadata.set('traceparent', '00-1-2-01');
    metadata.add('many', 'a');
    metadata.add('many', 'b');
    metadata.set('data-bin', Buffer.from([1]));
    const before = performance.now();
    await ask(inferPath, message('a'), metadata, Date.now() + 60_000);
    const { header, deadline, caller } = parts.calls[0]!;
    expect(['x-pawl-key', 'traceparent', 'many', 'data-bin', 'none'].map(header)).toEqual([
      'customer 7',
      '00-1-2-01',
      'a, b',
      null,
      null,
    ]);
    expect(caller.name).toBe('127.0.0.1');
    expect(deadline! - before).toBeGreaterThan(30_000);
    expect(deadline! - before).toBeLessThan(120_000);
    await ask(inferPath, message('a'));
    expect(parts.calls[1]?.deadline).toBeNull();
  });

  it('ends when its deadline has passed, though the answer has not come', async () => {
    const { open } = gate();
    const { error } = await ask(inferPath, message('a'), new Metadata(), Date.now() + 300);
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    open();
    await vi.waitUntil(() => parts.left === parts.entered, soon);
  });

  it('is told when to try again', async () => {
    const { error } = await ask(inferPath, message('a', { parameters: { fail: { int64_param: 429 } } }));
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error?.metadata.get('retry-after')).toEqual(['7']);
    expect(parts.refusals).toEqual([{ reason: 'quota', status: 429 }]);
  });

  it('gets headers of the version even where that failed', async () => {
    const { error, headers } = await ask(inferPath, message('a', { parameters: { break: { bool_param: true } } }));
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'the version broke' });
    expect(headers?.getMap()).toMatchObject({ 'x-pawl-version': '3', 'x-pawl-arm': 'champion', 'x-request-id': 'a' });
  });

  it('is refused with words where its bytes are not a request, and leaves again', async () => {
    for (const bytes of [Buffer.from([0xff]), Buffer.from('{"inputs": []}')]) {
      const { error } = await ask(inferPath, bytes);
      expect(error?.code).toBe(status.INVALID_ARGUMENT);
      expect(error?.details).toContain('not protobuf');
    }
    expect(parts.left).toBe(2);
    expect(parts.entered).toBe(2);
  });

  it('gets an error message of any length and letters', async () => {
    parts.infer = () => Promise.reject(new HttpError(400, `\ud800 žš % ${'x'.repeat(100_000)}`));
    const { error } = await ask(inferPath, message('a'));
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.details.startsWith('\\ud800 žš % xxx')).toBe(true);
    parts.infer = () => Promise.reject(new TypeError('not one of ours'));
    expect((await ask(inferPath, message('a'))).error?.code).toBe(status.INTERNAL);
  });

  it('leaves an id out of the headers that they cannot carry', async () => {
    const { value, headers } = await ask(inferPath, message('ž\n'));
    expect(decoded('ModelInferResponse', value!).id).toBe('ž\n');
    expect(headers?.get('x-request-id')).toEqual([]);
  });
});

describe('a stream', () => {
  const open = (): ReturnType<typeof client.makeBidiStreamRequest<Buffer, Buffer>> =>
    client.makeBidiStreamRequest(streamPath, asIs, asIs, new Metadata());

  it('reads no more from a client than it may work on at once', async () => {
    const { open: openGate } = gate();
    const call = open();
    const ids: unknown[] = [];
    call.on('data', (bytes: Buffer) =>
      ids.push((decoded('ModelStreamInferResponse', bytes).infer_response as { id: string }).id),
    );
    for (let i = 0; i < 200; i++) call.write(message(String(i)));
    call.end();
    await vi.waitUntil(() => parts.calls.length >= 32, soon);
    // Everything else that it would read, it would have read before it answers this.
    await ask('/inference.GRPCInferenceService/ServerLive', Buffer.alloc(0));
    expect(parts.calls.length).toBe(32);
    openGate();
    await new Promise((resolve) => call.once('end', resolve));
    expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    expect(parts.left).toBe(200);
  });

  it('answers garbage with an error and goes on', async () => {
    const call = open();
    const said: unknown[] = [];
    call.on('data', (bytes: Buffer) => said.push(decoded('ModelStreamInferResponse', bytes)));
    call.write(Buffer.from([0xff]));
    call.write(message('b'));
    call.end();
    await new Promise((resolve) => call.once('end', resolve));
    expect(said).toMatchObject([
      { error_message: expect.stringContaining('not protobuf') as string },
      { error_message: '', infer_response: { id: 'b' } },
    ]);
  });

  it('that its client cancels asks for nothing more', async () => {
    const { open: openGate } = gate();
    const call = open();
    call.on('error', () => undefined);
    for (let i = 0; i < 100; i++) call.write(message(String(i)));
    await vi.waitUntil(() => parts.calls.length >= 32, soon);
    call.cancel();
    await new Promise((resolve) => call.once('status', resolve));
    await ask('/inference.GRPCInferenceService/ServerLive', Buffer.alloc(0));
    openGate();
    await vi.waitUntil(() => parts.left === parts.entered, soon);
    expect(parts.calls.length).toBe(32);
  });
});

describe('a server that closes', () => {
  it('answers what is in flight, ends its streams, and takes no more', async () => {
    const { open } = gate();
    const call = client.makeBidiStreamRequest<Buffer, Buffer>(streamPath, asIs, asIs, new Metadata());
    const answers: Buffer[] = [];
    call.on('data', (bytes: Buffer) => answers.push(bytes));
    const failed = new Promise<ServiceError>((resolve) => call.once('error', resolve));
    call.write(message('streamed'));
    const unary = ask(inferPath, message('unary'));
    await vi.waitUntil(() => parts.calls.length === 2, soon);
    const closed = server.close(60_000);
    open();
    expect((await unary).error).toBeNull();
    expect((await failed).code).toBe(status.UNAVAILABLE);
    expect(answers.length).toBe(1);
    await closed;
    expect((await ask(inferPath, message('late'))).error?.code).toBe(status.UNAVAILABLE);
  });

  it('waits no longer than it was told to', async () => {
    gate();
    const unary = ask(inferPath, message('stuck'));
    await vi.waitUntil(() => parts.calls.length === 1, soon);
    await server.close(50);
    expect((await unary).error).not.toBeNull();
  });
});

describe('the server', () => {
  it("says by gRPC's own health service whether it is ready", async () => {
    const check = (service: string): Promise<Reply> => {
      const name = Buffer.from(service);
      return ask(
        '/grpc.health.v1.Health/Check',
        name.length === 0 ? name : Buffer.concat([Buffer.from([10, name.length]), name]),
      );
    };
    expect((await check('')).value).toEqual(Buffer.from([8, 1]));
    expect((await check('inference.GRPCInferenceService')).value).toEqual(Buffer.from([8, 1]));
    expect((await check('other')).error?.code).toBe(status.NOT_FOUND);
    parts.ready = () => false;
    expect((await check('')).value).toEqual(Buffer.from([8, 2]));
  });

  it('lists only what is ready where that is asked for', async () => {
    const path = '/inference.GRPCInferenceService/RepositoryIndex';
    const { value } = await ask(path, encoded('RepositoryIndexRequest', { ready: true }));
    expect(decoded('RepositoryIndexResponse', value!).models).toMatchObject([{ name: 'echo', version: '3' }]);
  });

  it('names the port that it cannot have', async () => {
    const second = startGrpc(parts, {
      host: '127.0.0.1',
      port: server.port,
      maxBodyBytes: 1,
      receiveMs: 30_000,
      fastPath: true,
    });
    await expect(second).rejects.toMatchObject({
      message: expect.stringContaining(`gRPC cannot listen on 127.0.0.1:${server.port}`) as string,
      code: 'EADDRINUSE',
    });
  });
});
