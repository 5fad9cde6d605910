import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import { patience } from '../support/patience.ts';

/** Sends bytes from a thread of its own, so that the client does not work in the loop that is watched. */
export interface OtherThread {
  /** What comes back over a new connection, as latin-1 text, up to the end of the connection or of the first answer. */
  send(port: number, bytes: Buffer): Promise<string>;
  /** Status of gRPC and its message after unary calls of `path` with one message, all at once. @param calls @default 1 */
  call(port: number, path: string, message: Buffer, calls?: number): Promise<string>;
  close(): Promise<void>;
}

const program = `
const { connect } = require('node:net');
const http2 = require('node:http2');
const { parentPort } = require('node:worker_threads');
const whole = (text) => {
  const head = text.indexOf('\\r\\n\\r\\n');
  if (head < 0) return false;
  const [, length] = /content-length: (\\d+)/i.exec(text.slice(0, head)) ?? [];
  return length !== undefined && text.length >= head + 4 + Number(length);
};
parentPort.on('message', ({ id, port, path, bytes, calls }) => {
  let text = '';
  const done = () => parentPort.postMessage({ id, text: text.slice(0, 4000) });
  if (path !== undefined) {
    const session = http2.connect('http://127.0.0.1:' + port);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(bytes.length, 1);
    let open = calls;
    const begin = () => {
      const stream = session.request({ ':path': path, ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' });
      const says = (headers) => {
        if (headers['grpc-status'] !== undefined) text += headers['grpc-status'] + ' ' + (headers['grpc-message'] ?? '');
      };
      stream.on('response', says).on('trailers', says).on('error', () => {});
      stream.on('close', () => {
        open -= 1;
        if (open === 0) { session.close(); done(); }
      });
      stream.resume();
      stream.end(Buffer.concat([prefix, bytes]));
    };
    for (let i = 0; i < calls; i += 1) begin();
    return;
  }
  const socket = connect(port, '127.0.0.1');
  const end = () => { socket.destroy(); done(); };
  const parts = [];
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (whole(text)) end();
  }).on('error', end).on('end', end);
  socket.write(bytes);
});
`;

export function otherThread(): OtherThread {
  const worker = new Worker(program, { eval: true });
  const waiting = new Map<number, (text: string) => void>();
  let asked = 0;
  worker.on('message', ({ id, text }: { id: number; text: string }) => {
    waiting.get(id)?.(text);
    waiting.delete(id);
  });
  const ask = (what: object): Promise<string> =>
    new Promise((resolve) => {
      const id = asked++;
      waiting.set(id, resolve);
      // A thread's port has no origin.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage({ ...what, id });
    });
  return {
    send: (port, bytes) => ask({ port, bytes }),
    call: (port, path, bytes, calls = 1) => ask({ port, path, bytes, calls }),
    async close() {
      const ended = once(worker, 'exit');
      await worker.terminate();
      await ended.catch(() => undefined);
    },
  };
}

/**
 * What a call gives, and the longest turn of the event loop meanwhile, in milliseconds: of the clock or of the process's CPU, whichever
 * is less. The clock goes on while others have the core, and other threads of the process use CPU; a turn takes no longer than either.
 */
export async function longestTurn<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  let ms = 0;
  let last = performance.now();
  let used = process.cpuUsage();
  let ended = false;
  const turn = (): void => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(used);
    ms = Math.max(ms, Math.min(now - last, (user + system) / 1_000));
    last = now;
    used = process.cpuUsage();
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    return { result: await work(), ms: await new Promise((resolve) => setImmediate(() => resolve(ms))) };
  } finally {
    ended = true;
  }
}

/** A POST of HTTP/1.1; `more` are further headers. */
export const message = (path: string, body: Buffer | string, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n`),
    Buffer.from(body),
  ]);

/** No input may keep the event loop, and with it everybody else, for longer. */
const mostMs = patience(5);
/** A turn is long for what else runs on the machine, too, and for code that is not compiled yet: one short try acquits. */
const tries = 60;

/** Asks until one try has no turn that is too long. */
export async function expectShortTurns(work: () => Promise<string>, answer: string): Promise<void> {
  let least = Infinity;
  for (let i = 0; i < tries && least > mostMs; i++) {
    const { result, ms } = await longestTurn(work);
    expect(result.slice(0, answer.length)).toBe(answer);
    least = Math.min(least, ms);
  }
  expect(least).toBeLessThan(mostMs);
}
