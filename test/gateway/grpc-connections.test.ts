import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { createWorld, type World } from './harness.ts';
import { tinyModel } from './models.ts';

const receive = 400;

let world: World;
let gateway: Gateway;
beforeAll(async () => {
  world = await createWorld({ receive });
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
  gateway = await world.gateway();
});
afterAll(() => world.close());

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
const begun = Buffer.concat([preface, settings]);
/** The first frame of headers whose other frames do not come, and the start of a frame of 4 KB. */
const halfHeaders = Buffer.from([0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]);
const halfFrame = Buffer.from([0, 0x10, 0, 0, 0, 0, 0, 0, 0]);

describe('a connection of gRPC that brings no request', () => {
  it.each<[string, Buffer, Buffer]>([
    ['sends nothing', Buffer.alloc(0), Buffer.alloc(0)],
    ['stops in its preface', preface.subarray(0, 10), Buffer.alloc(0)],
    ['stops behind its preface', preface, Buffer.alloc(0)],
    ['pings again and again', begun, ping],
    ['sends settings again and again', begun, settings],
    ['begins a request and does not end its headers', Buffer.concat([begun, halfHeaders]), Buffer.alloc(0)],
    ['stops in a frame', Buffer.concat([begun, halfFrame]), Buffer.alloc(0)],
  ])('is ended where it %s', async (_, first, again) => {
    const socket = connect(gateway.grpc.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write(first);
    const drip = setInterval(() => socket.write(again), 50);
    await once(socket, 'close');
    clearInterval(drip);
  });

  it('is not ended once it has brought one', async () => {
    const session = connectHttp2(`http://127.0.0.1:${gateway.grpc.port}`);
    const live = async (): Promise<void> => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ServerLive',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.resume().end(Buffer.alloc(5));
      await once(stream, 'close');
    };
    await live();
    const other = connect(gateway.grpc.port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    // One that came later and asked nothing was ended meanwhile.
    await once(other, 'close');
    expect(session.closed).toBe(false);
    await live();
    session.close();
  });
});
