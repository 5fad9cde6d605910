import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { ask, createWorld, rowsOf, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
let gateway: Gateway;
beforeAll(async () => {
  world = await createWorld({ receive: 1000 });
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
  gateway = await world.gateway();
});
afterAll(() => world.close());

const open = (): Socket => {
  const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
};

/** All that comes until the other side ends. */
async function replyOf(socket: Socket): Promise<string> {
  let reply = '';
  socket.on('data', (chunk) => (reply += String(chunk)));
  await new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
  socket.destroy();
  return reply;
}

const body = JSON.stringify(rowsOf([1, 'a']));
const path = '/v2/models/tiny/infer';
const head = (length: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n${more}\r\n`;

describe('a connection', () => {
  it.each<[string, string]>([
    ['headers', `POST ${path} HTTP/1.1\r\nhost: x\r\nx-slow: `],
    ['body', `${head(100_000)}${body.slice(0, 10)}`],
  ])(
    'that sends its %s drop by drop is cut off, and keeps nobody waiting',
    async (_, start) => {
      const socket = open();
      socket.write(start);
      const drip = setInterval(() => socket.write('a'), 100);
      try {
        const reply = replyOf(socket);
        expect((await ask(gateway)).status).toBe(200);
        expect(await reply).toMatch(/^HTTP\/1.1 408 /);
      } finally {
        clearInterval(drip);
      }
      // Node looks for slow connections every 30 seconds.
    },
    90_000,
  );

  it('with more headers than are taken gets 431', async () => {
    const socket = open();
    socket.write(head(2, `x-large: ${'x'.repeat(100_000)}\r\n`));
    expect(await replyOf(socket)).toMatch(/^HTTP\/1.1 431 /);
  });

  it.each(['GET / HTTP/9.9\r\n\r\n', 'nonsense\r\n\r\n', head(-1), `${head(2)}{}{}`])(
    'that speaks no HTTP gets 400, or an answer to what was HTTP (%#)',
    async (text) => {
      const socket = open();
      socket.end(text);
      expect(await replyOf(socket)).toMatch(/^HTTP\/1.1 400 /);
    },
  );

  it.each<[string, (socket: Socket) => unknown]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.destroy()],
    ['closed by half', (socket) => socket.end()],
  ])('that is %s, at any point, leaves the gateway as it was', async (_, leave) => {
    const whole = `${head(body.length)}${body}`;
    const sockets = [];
    for (const length of [0, 5, 60, whole.length - 5, whole.length]) {
      const socket = open();
      sockets.push(socket);
      await new Promise((resolve) => socket.write(whole.slice(0, length), resolve));
      leave(socket);
    }
    expect((await ask(gateway)).status).toBe(200);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain('status="500"');
    for (const socket of sockets) socket.destroy();
  });

  it('may carry several requests at once, answered in their order', async () => {
    const socket = open();
    const last = `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(`${head(body.length)}${body}${head(1)}{${last}`);
    expect([...(await replyOf(socket)).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '400',
      '200',
    ]);
  });
});
