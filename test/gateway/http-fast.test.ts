import { constantFrom, array, assert, asyncProperty, property, record, string } from 'fast-check';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { readFastHead } from '../../gateway/http/fast/parse-head.ts';
import { createWorld, rowsOf, type World } from './harness.ts';
import { tinyModel } from './models.ts';

const path = '/v2/models/tiny/infer';
const body = (sector: string): string => JSON.stringify({ ...rowsOf([1, sector]), id: sector });
const requestOf = (text: string | Buffer, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\nhost: x\r\n${more}content-length: ${Buffer.from(text).length}\r\n\r\n`),
    Buffer.from(text),
  ]);

describe('the fast path of ordinary requests', () => {
  let world: World;
  let gateway: Gateway;
  beforeAll(async () => {
    world = await createWorld({ receive: 1_500 });
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    gateway = await world.gateway();
  });
  afterAll(() => world.close());

  const open = (): Socket => connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });

  /** Ids of the answers in the order in which they come, once there are so many. */
  async function idsOf(socket: Socket, count: number): Promise<string[]> {
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      text += chunk.toString();
      const ids = [...text.matchAll(/"id":"([^"]*)"/g)].map(([, id]) => id ?? '');
      if (ids.length >= count && text.endsWith('}')) return ids;
    }
    throw new Error(`the connection ended after: ${text}`);
  }

  it('answers pipelined requests in their order', async () => {
    const socket = open();
    const ids = Array.from({ length: 30 }, (_, i) => `id-${i}`);
    socket.write(Buffer.concat(ids.map((id) => requestOf(body(id)))));
    expect(await idsOf(socket, ids.length)).toEqual(ids);
    socket.destroy();
  });

  it('answers requests that come in any pieces', async () => {
    const whole = Buffer.concat(['a', 'b', 'c'].map((id) => requestOf(body(id))));
    await assert(
      asyncProperty(
        array(constantFrom(...Array.from({ length: whole.length }, (_, i) => i)), { maxLength: 5 }),
        async (cuts) => {
          const socket = open();
          socket.setNoDelay(true);
          const answers = idsOf(socket, 3);
          let from = 0;
          for (const to of [...cuts.toSorted((a, b) => a - b), whole.length]) {
            if (to > from) socket.write(whole.subarray(from, to));
            from = Math.max(from, to);
            await delay(2);
          }
          expect(await answers).toEqual(['a', 'b', 'c']);
          socket.destroy();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('hands a connection over with its bytes when a request is anything but ordinary', async () => {
    const socket = open();
    const chunked = `POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${body('b').length.toString(16)}\r\n${body('b')}\r\n0\r\n\r\n`;
    const packed = requestOf(gzipSync(body('c')), 'content-encoding: gzip\r\n');
    const large = requestOf(body('d').padEnd(300_000));
    socket.write(Buffer.concat([requestOf(body('a')), Buffer.from(chunked), packed, large, requestOf(body('e'))]));
    expect(await idsOf(socket, 5)).toEqual(['a', 'b', 'c', 'd', 'e']);
    socket.destroy();
  });

  it('answers a client that has closed its side, and ends', async () => {
    const socket = open();
    socket.end(requestOf(body('last')));
    expect(await idsOf(socket, 1)).toEqual(['last']);
    await once(socket.resume(), 'end');
    socket.destroy();
  });

  it('says 408 to a body that does not come, after bytes that did', async () => {
    const socket = open();
    const whole = requestOf(body('a'));
    socket.write(whole);
    await idsOf(socket, 1);
    socket.write(whole.subarray(0, whole.length - 1));
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('refuses as the protocol says, and goes on', async () => {
    const socket = open();
    socket.write(Buffer.concat([requestOf('{"inputs":[]}'), requestOf(body('b'))]));
    let text = '';
    while (!text.includes('"id":"b"')) text += String((await once(socket, 'data'))[0]);
    expect(text).toMatch(/^HTTP\/1\.1 400 [^]*\{"error":"[^]*HTTP\/1\.1 200 /);
    expect(text).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/i);
    socket.destroy();
  });
});

describe('an ordinary head', () => {
  const name = constantFrom(
    'host',
    'Content-Length',
    'content-length',
    'connection',
    'transfer-encoding',
    'x-a',
    'X-B',
    'x a',
    '',
  );
  const value = constantFrom(
    'x',
    '3',
    '03',
    '+3',
    '3, 3',
    'keep-alive',
    'close',
    'chunked',
    '',
    ' x ',
    'a\tb',
    'a\u0001b',
    'é',
  );
  const line = constantFrom(': ', ':', ' : ', ' ');
  const first = constantFrom(
    'POST /v2/models/m/infer HTTP/1.1',
    'POST /v2/models/m/versions/2/infer HTTP/1.1',
    'POST /v2/models/m/versions/02/infer HTTP/1.1',
    'POST  /v2/models/m/infer HTTP/1.1',
    'POST /v2/models/m/infer HTTP/1.0',
    'GET /v2/models/m/infer HTTP/1.1',
  );

  it("is read as Node's server reads it, wherever it is taken at all", async () => {
    const heard: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
    const server = createServer((request, response) => {
      heard.push({ url: request.url ?? '', headers: request.headers });
      request.resume();
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let taken = 0;
    try {
      await assert(
        asyncProperty(first, array(record({ name, line, value }), { maxLength: 3 }), async (start, lines) => {
          const text = [
            start,
            'host: h',
            'content-length: 3',
            ...lines.map((one) => one.name + one.line + one.value),
          ].join('\r\n');
          const head = readFastHead(text, 100);
          if (head === null) return;
          taken += 1;
          heard.length = 0;
          const socket = connect(port, '127.0.0.1');
          socket.end(`${text}\r\n\r\n${'x'.repeat(head.length)}`, 'latin1');
          await once(socket.resume(), 'close');
          expect(heard).toHaveLength(1);
          const { model, version } = head.asked;
          expect(heard[0]!.url).toBe(`/v2/models/${model}${version === null ? '' : `/versions/${version}`}/infer`);
          for (const [key, said] of Object.entries(heard[0]!.headers)) expect(head.header(key)).toBe(said || null);
          expect(Number(heard[0]!.headers['content-length'])).toBe(head.length);
        }),
        { numRuns: 400 },
      );
    } finally {
      server.close();
    }
    expect(taken).toBeGreaterThan(10);
  });

  it('is none with two lengths, no host, another coding, or a connection that closes', () => {
    const start = 'POST /v2/models/m/infer HTTP/1.1';
    for (const lines of [
      ['host: h', 'content-length: 3', 'Content-Length: 3'],
      ['content-length: 3'],
      ['host: h', 'content-length: 3', 'transfer-encoding: chunked'],
      ['host: h', 'content-length: 3', 'connection: close'],
      ['host: h', 'content-length: 3', 'expect: 100-continue'],
      ['host: h', 'content-length: 101'],
      ['host: h', 'content-length: 0x3'],
      ['host: h', 'content-length: 3', ' folded'],
      ['host: h'],
    ])
      expect(readFastHead([start, ...lines].join('\r\n'), 100)).toBeNull();
    expect(readFastHead([start, 'host: h', 'content-length: 100'].join('\r\n'), 100)?.length).toBe(100);
  });

  it('never has a header with a line break in it', () => {
    assert(
      property(array(string({ unit: 'binary-ascii' })), (lines) => {
        const head = readFastHead(
          ['POST /v2/models/m/infer HTTP/1.1', 'host: h', 'content-length: 1', ...lines].join('\r\n'),
          9,
        );
        for (const line of lines) expect(head?.header(line.split(':')[0]!.toLowerCase()) ?? '').not.toMatch(/[\r\n]/);
      }),
    );
  });
});
