import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { createWorld, type World } from './harness.ts';
import { matrixModel, tinyModel } from './models.ts';

let world: World;
/** Connections that are closed after each test. */
export const open: (Socket | ClientHttp2Session)[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) connection.destroy();
  await world.close();
});

export const kibi = 1024;

/** A gateway that serves "tiny", and "matrix", whose answers are as large as its requests; it ends after the test. */
export async function gatewayOf(settings: Parameters<typeof createWorld>[0]): Promise<Gateway> {
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

/** Bytes of requests and answers that the gateway says it holds. */
export async function bytesInFlight({ url }: Gateway): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^pawl_bytes_in_flight(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
}
