import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpError } from '../../gateway/call/http-error.ts';
import { packBody } from '../../gateway/protocol/pack-body.ts';
import { readBody } from '../../gateway/protocol/read-body.ts';

type BodyInit = NonNullable<RequestInit['body']>;

const maxBodyBytes = 100_000;
let server: Server;
let port = 0;
/** What `readBody` said, in the order of the requests. */
let outcomes: Promise<Buffer | HttpError>[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const outcome = readBody(request, { maxBodyBytes }).catch((error: unknown) => {
      if (error instanceof HttpError) return error;
      throw error;
    });
    outcomes.push(outcome);
    void outcome.then((result) => {
      if (!request.complete) drain(request);
      response.writeHead(result instanceof HttpError ? result.status : 200);
      response.end(result instanceof HttpError ? result.message : result);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const drain = (request: IncomingMessage): void => void request.resume();
const send = (body: BodyInit, encoding?: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: encoding === undefined ? {} : { 'content-encoding': encoding },
  });
const text = 'the body, é '.repeat(500);

describe('a body', () => {
  it.each<[string, BodyInit, string | undefined]>([
    ['plain', text, undefined],
    ['plain in chunks', new Blob([text]).stream(), undefined],
    ['identity', text, 'identity'],
    ['gzip', gzipSync(text), 'gzip'],
    ['gzip, in other letters', gzipSync(text), ' GZIP'],
    ['gzip in chunks', new Blob([gzipSync(text)]).stream(), 'gzip'],
    ['deflate with its header', deflateSync(text), 'deflate'],
    ['deflate without', deflateRawSync(text), 'deflate'],
  ])('comes through %s', async (_, body, encoding) => {
    const reply = await send(body, encoding);
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe(text);
  });

  it('may be empty', async () => {
    expect(await (await send('')).text()).toBe('');
  });

  const large = Buffer.alloc(10_000_000);
  it.each<[string, BodyInit, string | undefined]>([
    ['announced', Buffer.alloc(maxBodyBytes + 1), undefined],
    ['in chunks', new Blob([Buffer.alloc(maxBodyBytes + 1)]).stream(), undefined],
    ['only once unpacked from gzip', gzipSync(large), 'gzip'],
    ['only once unpacked from deflate', deflateSync(large), 'deflate'],
  ])('that is too large is refused with 413, %s', async (_, body, encoding) => {
    const reply = await send(body, encoding);
    expect(reply.status).toBe(413);
    expect(await reply.text()).toContain(`larger than ${maxBodyBytes} bytes`);
  });

  it.each<[string, Buffer, string]>([
    ['gzip', Buffer.from('this is not gzip'), 'gzip'],
    ['a gzip that is cut', gzipSync(text).subarray(0, -10), 'gzip'],
    ['a gzip with a wrong check sum', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8, 1)]), 'gzip'],
    ['deflate', Buffer.from('this is not deflate'), 'deflate'],
    ['nothing', Buffer.alloc(0), 'gzip'],
  ])('that is not %s is refused with 400', async (_, body, encoding) => {
    const reply = await send(body, encoding);
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain(`not valid ${encoding}`);
  });

  it('in an encoding that is not taken is refused with 415', async () => {
    expect((await send(brotliCompressSync(text), 'br')).status).toBe(415);
    expect((await send(gzipSync(gzipSync(text)), 'gzip, gzip')).status).toBe(415);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.destroy()],
    ['closed by half', (socket) => socket.end()],
  ])('whose connection is %s midway is given up', async (_, leave) => {
    outcomes = [];
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    await expect.poll(() => outcomes.length).toBe(1);
    leave(socket);
    expect(await outcomes[0]).toMatchObject({ status: 400, message: expect.stringContaining('went away') as string });
    socket.destroy();
  });
});

describe('an answer', () => {
  const small = 'x'.repeat(5000);
  const wide = 'x'.repeat(50_000);
  it.each([
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['gzip, deflate, br', 'gzip'],
    ['br;q=1, deflate;q=.8, gzip;q=.5', 'deflate'],
    ['*', 'gzip'],
  ])('is packed as "%s" asks', async (accepted, encoding) => {
    for (const body of [small, wide, Buffer.from(wide)]) {
      const packed = await packBody(body, accepted);
      expect(packed.encoding).toBe(encoding);
      const unpack = encoding === 'gzip' ? gunzipSync : inflateSync;
      expect(unpack(packed.body as Buffer).toString()).toBe(body.toString());
    }
  });

  it.each([
    ['gzip;q=0', wide],
    ['br', wide],
    ['identity', wide],
    ['', wide],
    ['gzip;q=x', wide],
    ['gzip', 'short'],
  ])('is left as it is for "%s" (%#)', async (accepted, body) => {
    expect(await packBody(body, accepted)).toEqual({ body, encoding: null });
  });
});
