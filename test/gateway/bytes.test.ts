import { connect as connectHttp2, type ClientHttp2Stream } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { bytesInFlight, gatewayOf, kibi, open } from './byte-limits.ts';
import { ask, until } from './harness.ts';

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

/** Sum of a metric over its labels, or over those that hold `label`. */
async function sumOf({ url }: Gateway, metric: string, label = ''): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  const found = lines.filter((line) => new RegExp(`^${metric}[ {]`).test(line) && line.includes(label));
  return found.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
const requestsInFlight = (gateway: Gateway): Promise<number> => sumOf(gateway, 'pawl_requests_in_flight');

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

  it.each([
    ['the fast path', {}],
    ['the library of gRPC', { 'grpc-encoding': 'gzip' }],
  ])('ends in time where nothing comes of it, by %s', async (_, headers) => {
    const gateway = await gatewayOf({ receive: 1_000 });
    const calls = halfCalls(gateway, 5, Buffer.alloc(0), headers);
    await until('all have ended', () => calls.every(({ status }) => status !== null));
  });

  it('costs its quota and its place from the first bytes on, by gRPC and by the fast path of HTTP', async () => {
    const gateway = await gatewayOf({
      quota: { rate: 0.01, burst: 500 },
      shed: { target: 250, interval: 1_000, maxInFlight: 100 },
    });
    const calls = halfCalls(gateway, 8, partOf(50_000, 10));
    await until('some are refused', () => calls.filter(({ status }) => status === '8').length === 3);
    expect(await requestsInFlight(gateway)).toBe(5);
    const socket = connect(gateway.port, '127.0.0.1');
    open.push(socket);
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.write('POST /v2/models/tiny/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n{');
    await until('it is refused', () => said.startsWith('HTTP/1.1 429 '));
    for (const { stream } of calls) stream.close();
    await until('they have left', async () => (await requestsInFlight(gateway)) === 0);
  });

  it.each([
    ['packed', path, { 'grpc-encoding': 'gzip' }],
    ['of a stream', '/inference.GRPCInferenceService/ModelStreamInfer', {}],
  ])('costs its quota and its place from the first bytes on where it is %s', async (_, at, headers) => {
    const gateway = await gatewayOf({
      quota: { rate: 0.01, burst: 500 },
      shed: { target: 250, interval: 1_000, maxInFlight: 100 },
    });
    const calls = halfCalls(gateway, 8, partOf(20, 10), { ...headers, ':path': at });
    await until('five have their place, and no more have', async () => (await requestsInFlight(gateway)) === 5);
    expect((await ask(gateway)).status).toBe(429);
    // A message that was let in by its first part is answered, here with what is wrong with it; the others are refused.
    for (const { stream } of calls) stream.end(Buffer.alloc(10));
    await until('all have ended', () => calls.every(({ status }) => status !== null));
    await until('they have left', async () => (await requestsInFlight(gateway)) === 0);
    expect(await sumOf(gateway, 'pawl_refused_total', 'reason="quota"')).toBe(1 + 3);
  });

  it('gives its place back where its client leaves before it is whole', async () => {
    const gateway = await gatewayOf({});
    const calls = halfCalls(gateway, 4, partOf(1_000, 10), { 'grpc-encoding': 'gzip' });
    await until('all have their place', async () => (await requestsInFlight(gateway)) === 4);
    for (const { stream } of calls) stream.close();
    await until('they have left', async () => (await requestsInFlight(gateway)) === 0);
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
