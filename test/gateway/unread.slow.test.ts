import { connect as connectHttp2, type ClientHttp2Session, type Settings } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { bytesInFlight, gatewayOf, kibi, open } from './byte-limits.ts';
import { encoded } from './grpc-echo.ts';
import { ask, until } from './harness.ts';
import { patience } from '../support/patience.ts';

describe('a client that never reads', () => {
  it(
    'is not read from, holds up nobody, and gets every answer when it reads',
    { timeout: patience(90_000) },
    async () => {
      const gateway = await gatewayOf({});
      const body = JSON.stringify({
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [200, 8], data: Array.from({ length: 1_600 }, (_, i) => i / 7) },
        ],
      });
      const request = Buffer.from(
        `POST /v2/models/matrix/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      const socket = connect(gateway.port, '127.0.0.1');
      open.push(socket);
      socket.pause();
      const count = 800;
      for (let i = 0; i < count; i++) socket.write(request);
      let left = -1;
      await until('the gateway has stopped reading', async () => {
        const before = left;
        left = socket.writableLength;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return before === socket.writableLength;
      });
      // Buffers of the kernel take some megabytes of the 24.
      expect(left).toBeGreaterThan((count * request.length) / 2);
      expect((await ask(gateway)).status).toBe(200);
      let answers = 0;
      socket.on('data', (chunk: Buffer) => (answers += chunk.toString('latin1').split('HTTP/1.1 200 OK').length - 1));
      socket.resume();
      await until('all was answered', () => answers >= count - 20, 60_000);
    },
  );
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

/** The most bytes in flight that were seen until all calls had ended. */
async function mostUntilEnded(gateway: Gateway, calls: readonly { readonly isClosed: boolean }[]): Promise<number> {
  let most = 0;
  await until('all have ended', async () => {
    most = Math.max(most, await bytesInFlight(gateway));
    return calls.every(({ isClosed }) => isClosed);
  });
  return most;
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
    const most = await mostUntilEnded(gateway, calls);
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
    const most = await mostUntilEnded(gateway, calls);
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
