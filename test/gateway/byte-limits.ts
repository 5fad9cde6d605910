import type { Gateway } from '../../gateway/gateway.ts';
import type { World } from './harness.ts';
import { matrixModel, tinyModel } from './models.ts';

/** A gateway that serves "tiny", and "matrix", whose answers are as large as its requests. */
export async function gatewayIn(world: World): Promise<Gateway> {
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
