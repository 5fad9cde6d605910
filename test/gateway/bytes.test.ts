import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream, type Settings } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { encoded } from './grpc-echo.ts';
import { ask, createWorld, until, type World } from './harness.ts';
import { matrixModel, tinyModel } from './models.ts';

let world: World;
const open: (Socket | ClientHttp2Session)[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) connection.destroy();
  await world.close();
});

async function gatewayOf(settings: Parameters<typeof createWorld>[0]): Promise<Gateway> {
  world = await createWorld(settings);
  for (const [model, bytes] of [
    ['tiny', tinyModel(0)],
    ['matrix', matrixModel()],
  ] as const) {
    await world.addVersion(bytes, model);
    await world.deploy({ champion: 1 }, model);
  }
  return world.gateway();
}

async function bytesInFlight({ url }: Gateway): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^pawl_bytes_in_flight(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
}

const kibi = 1024;
const path = '/inference.GRPCInferenceService/ModelInfer';

/** Prefix of a message of `bytes`, and the first `part` bytes of it. */
function partOf(bytes: number, part: number): Buffer {
  const sent = Buffer.alloc(5 + part);
  sent.writeUInt32BE(bytes, 1);
  return sent;
}

interface HalfCall {
  readonly stream: ClientHttp2Stream;
  /** Status of gRPC, or how the stream ended; null while it is open. */
  status: string | null;
}

/** Calls that send a part of their message, and wait. */
function halfCalls(gateway: Gateway, count: number, part: Buffer, headers: object = {}): HalfCall[] {
  const session = connectHttp2(`http://127.0.0.1:${gateway.grpc.port}`);
  session.on('error', () => {});
  open.push(session);
  return Array.from({ length: count }, () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const call: HalfCall = { stream, status: null };
    const says = (found: object): void => {
      call.status ??= (found as Record<string, string>)['grpc-status'] ?? null;
    };
    stream.on('response', says).on('trailers', says);
    stream.on('error', () => {});
    stream.on('close', () => (call.status ??= `reset ${stream.rstCode}`));
    stream.resume();
    stream.write(part);
    return call;
  });
}

describe('a client that never reads', () => {
  it('is not read from, holds up nobody, and gets every answer when it reads', async () => {
    const gateway = await gatewayOf({});
    const body = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [200, 8], data: Array.from({ length: 1_600 }, (_, i) => i / 7) }],
    });
    const request = Buffer.from(
      `POST /v2/models/matrix/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const socket = connect(gateway.port, '127.0.0.1');
    open.push(socket);
    socket.pause();
    const count = 1_500;
    for (let i = 0; i < count; i++) socket.write(request);
    let left = -1;
    await until('the gateway has stopped reading', async () => {
      const before = left;
      left = socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before === socket.writableLength;
    });
    // Buffers of the kernel take some megabytes of the 45.
    expect(left).toBeGreaterThan((count * request.length) / 2);
    expect((await ask(gateway)).status).toBe(200);
    let answers = 0;
    socket.on('data', (chunk: Buffer) => (answers += chunk.toString('latin1').split('HTTP/1.1 200 OK').length - 1));
    socket.resume();
    await until('all was answered', () => answers >= count - 20, 60_000);
  }, 90_000);
});

/** Messages of one stream to the model "matrix": 200 rows of 8 numbers. */
function matrixMessage(): Buffer {
  const message = encoded('ModelInferRequest', {
    model_name: 'matrix',
    inputs: [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [200, 8],
        contents: { fp32_contents: Array.from({ length: 1_600 }, (_, i) => i / 7) },
      },
    ],
  });
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** By default a connection that reads nothing of what is answered. */
function openSession(gateway: Gateway, settings: Settings = { initialWindowSize: 0 }): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${gateway.grpc.port}`, { settings });
  session.on('error', () => {});
  open.push(session);
  return session;
}

function deafCall(session: ClientHttp2Session, method: string, headers: object = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/inference.GRPCInferenceService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const call = { stream, isClosed: false };
  stream.on('error', () => {});
  stream.on('close', () => (call.isClosed = true));
  return call;
}

describe('a gRPC client that sends and never reads', () => {
  const limits = { connection: 512 * kibi, process: 900 * kibi };

  it('is not read from by a stream that holds a quarter of its connection, and is ended in time', async () => {
    const gateway = await gatewayOf({ bytes: limits, receive: 2_000 });
    const { stream, isClosed } = deafCall(openSession(gateway), 'ModelStreamInfer');
    expect(isClosed).toBe(false);
    const message = matrixMessage();
    const count = 400;
    for (let i = 0; i < count; i += 1) stream.write(message);
    await until('it is full', async () => (await bytesInFlight(gateway)) > limits.connection / 4);
    let most = 0;
    await until('it has ended', async () => {
      most = Math.max(most, await bytesInFlight(gateway));
      return stream.closed;
    });
    // What came of the next message before it stopped reading is a window of HTTP/2 at most.
    expect(most).toBeLessThan(limits.connection / 2);
    expect((await ask(gateway)).status).toBe(200);
    await until('nothing is held', async () => (await bytesInFlight(gateway)) === 0);
  });

  it('is not ended where it does read, though its messages never end where its packets do', async () => {
    const gateway = await gatewayOf({ receive: 300 });
    const { stream } = deafCall(openSession(gateway, {}), 'ModelStreamInfer');
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
    const message = matrixMessage();
    stream.write(message.subarray(0, 100));
    for (let i = 0; i < 30; i += 1) {
      const before = bytes;
      stream.write(Buffer.concat([message.subarray(100), message.subarray(0, 100)]));
      await until('it is answered', () => bytes >= before + 6_000 || stream.closed);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(stream.closed).toBe(false);
  });

  it('has no more requests answered than its connection may hold, by any number of streams', async () => {
    const gateway = await gatewayOf({ bytes: limits, receive: 2_000 });
    const session = openSession(gateway);
    const calls = Array.from({ length: 60 }, () => deafCall(session, 'ModelStreamInfer'));
    const message = matrixMessage();
    for (const { stream } of calls) for (let i = 0; i < 20; i += 1) stream.write(message);
    let most = 0;
    await until('all have ended', async () => {
      most = Math.max(most, await bytesInFlight(gateway));
      return calls.every(({ isClosed }) => isClosed);
    });
    expect(most).toBeGreaterThan(limits.connection / 2);
    // Answers of requests that were let in are not refused any more.
    expect(most).toBeLessThan(2 * limits.connection);
    expect((await ask(gateway)).status).toBe(200);
    await until('nothing is held', async () => (await bytesInFlight(gateway)) === 0);
  });

  it.each([
    ['by the fast path', {}],
    ['by the library of gRPC', { 'grpc-timeout': '10S', 'grpc-encoding': 'gzip' }],
  ])('has no more single calls answered than its connection may hold, %s', async (_, headers) => {
    const gateway = await gatewayOf({ bytes: limits, receive: 2_000 });
    const session = openSession(gateway);
    const calls = Array.from({ length: 200 }, () => deafCall(session, 'ModelInfer', headers));
    for (const { stream } of calls) stream.end(matrixMessage());
    let most = 0;
    await until('all have ended', async () => {
      most = Math.max(most, await bytesInFlight(gateway));
      return calls.every(({ isClosed }) => isClosed);
    });
    expect(most).toBeGreaterThan(limits.connection / 2);
    expect(most).toBeLessThan(2 * limits.connection);
    expect((await ask(gateway)).status).toBe(200);
    await until('nothing is held', async () => (await bytesInFlight(gateway)) === 0);
  });
});

describe('an HTTP client that never reads', () => {
  it.each([
    ['by the fast path', '/v2/models/matrix/infer'],
    ['by the server of Node', '/metrics'],
  ])(
    'is ended in time, %s',
    async (_, path) => {
      const gateway = await gatewayOf({ receive: 1_500 });
      const body = JSON.stringify({
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [200, 8], data: Array.from({ length: 1_600 }, (_, i) => i / 7) },
        ],
      });
      const request = Buffer.from(
        path === '/metrics'
          ? 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'
          : `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      const socket = connect(gateway.port, '127.0.0.1');
      open.push(socket);
      let isGone = false;
      socket.on('error', () => (isGone = true)).on('close', () => (isGone = true));
      socket.pause();
      const feed = (): void => {
        let isTaken = true;
        while (isTaken && !socket.destroyed) isTaken = socket.write(request);
      };
      socket.on('drain', feed);
      feed();
      await until('it is cut off', () => isGone, 30_000);
      expect((await ask(gateway)).status).toBe(200);
      await until('nothing is held', async () => (await bytesInFlight(gateway)) === 0);
    },
    60_000,
  );
});

describe('a body that is not whole', () => {
  it('counts in the bytes that a connection may hold by gRPC, and comes in time or never', async () => {
    const gateway = await gatewayOf({ bytes: { connection: 512 * kibi, process: 900 * kibi }, receive: 1_500 });
    const calls = halfCalls(gateway, 20, partOf(1_000 * kibi, 60 * kibi));
    await until('some are refused', () => calls.some(({ status }) => status === '8'));
    expect(await bytesInFlight(gateway)).toBeLessThanOrEqual(512 * kibi);
    expect((await ask(gateway)).status).toBe(200);
    await until('all have ended', () => calls.every(({ status }) => status !== null));
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(['4', '8']));
    await until('nothing is held', async () => (await bytesInFlight(gateway)) === 0);
  });

  it('counts for all connections of a process together', async () => {
    const gateway = await gatewayOf({ bytes: { connection: 512 * kibi, process: 600 * kibi }, receive: 3_000 });
    const first = halfCalls(gateway, 6, partOf(1_000 * kibi, 60 * kibi));
    await until('they are there', async () => (await bytesInFlight(gateway)) > 350 * kibi);
    const second = halfCalls(gateway, 6, partOf(1_000 * kibi, 60 * kibi));
    await until('some are refused', () => second.some(({ status }) => status === '14'));
    expect(first.every(({ status }) => status === null)).toBe(true);
    expect(await bytesInFlight(gateway)).toBeLessThanOrEqual(600 * kibi);
  });

  it('is reset where the library of gRPC puts it together', async () => {
    const gateway = await gatewayOf({ bytes: { connection: 512 * kibi, process: 900 * kibi }, receive: 1_500 });
    const calls = halfCalls(gateway, 20, partOf(1_000 * kibi, 60 * kibi), { 'grpc-encoding': 'gzip' });
    await until('some are reset', () => calls.some(({ status }) => status !== null));
    expect(await bytesInFlight(gateway)).toBeLessThanOrEqual(512 * kibi);
    await until('all have ended', () => calls.every(({ status }) => status !== null));
    await until('nothing is held', async () => (await bytesInFlight(gateway)) === 0);
  });

  it('costs its quota and its place from the first bytes on, by gRPC and by the fast path of HTTP', async () => {
    const gateway = await gatewayOf({
      quota: { rate: 0.01, burst: 500 },
      shed: { target: 250, interval: 1_000, maxInFlight: 100 },
    });
    const calls = halfCalls(gateway, 8, partOf(50_000, 10));
    await until('some are refused', () => calls.filter(({ status }) => status === '8').length === 3);
    const inFlight = async (): Promise<number> =>
      Number(
        /^pawl_requests_in_flight(?:\{[^}]*\})? (\d+)/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1],
      );
    expect(await inFlight()).toBe(5);
    const socket = connect(gateway.port, '127.0.0.1');
    open.push(socket);
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.write('POST /v2/models/tiny/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n{');
    await until('it is refused', () => said.startsWith('HTTP/1.1 429 '));
    for (const { stream } of calls) stream.close();
    await until('they have left', async () => (await inFlight()) === 0);
  });

  it('is refused where all bodies together are too much for the process, by HTTP', async () => {
    const gateway = await gatewayOf({ bytes: { connection: 400 * kibi, process: 500 * kibi } });
    const start = (bytes: number): Socket => {
      const socket = connect(gateway.port, '127.0.0.1');
      open.push(socket);
      socket.write(`POST /predict/tiny HTTP/1.1\r\nhost: x\r\ncontent-length: ${400 * kibi}\r\n\r\n`);
      socket.write(Buffer.alloc(bytes, 0x20));
      return socket;
    };
    start(300 * kibi);
    await until('it is there', async () => (await bytesInFlight(gateway)) >= 300 * kibi);
    const second = start(300 * kibi);
    let said = '';
    second.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until('it is refused', () => said.startsWith('HTTP/1.1 503 '));
    expect(said).toContain('bytes of requests and answers');
    await until('it holds nothing', async () => (await bytesInFlight(gateway)) <= 300 * kibi);
  });
});
