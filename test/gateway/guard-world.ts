import type { Deployment, GatewayGuardLimits } from '../../contracts/release/deployment.ts';
import { guardSlotSchema } from '../../contracts/evidence/gateway-guard.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { InferenceEngine, LoadedModel } from '../../ports/inference/port.ts';
import { ask, createWorld, until, type World } from './harness.ts';
import { failingModel, tinyModel } from './models.ts';

export const holder = 'release/tiny/1';

export const errorGuard: GatewayGuardLimits = { slots: 4, errors: { alpha: 0.001, ratio: 2 }, slow: null };

/** A canary that fails on every request that the champion answers. */
export const burningModel = (): Uint8Array => failingModel(10);

/** A champion, and a canary of these bytes with a fifth of the traffic, under the guard. */
export async function canaryWorld(canary: Uint8Array, guard: GatewayGuardLimits = errorGuard): Promise<World> {
  const world = await createWorld();
  await world.addVersion(tinyModel(0));
  await world.addVersion(canary);
  await world.deploy({ champion: 1, canary: { version: 2, share: 0.2 }, release: holder, guard });
  return world;
}

/** Runs `change` around each pass of the model of exactly these bytes. */
export function changedEngine(
  bytes: Uint8Array,
  change: (run: () => ReturnType<LoadedModel['run']>) => ReturnType<LoadedModel['run']>,
): InferenceEngine {
  const engine = createOnnxInference();
  return {
    ...engine,
    async load(model) {
      const loaded = await engine.load(model);
      if (Buffer.compare(model, bytes) !== 0) return loaded;
      return {
        signature: loaded.signature,
        feeds: (frame) => loaded.feeds(frame),
        run: (feeds) => change(() => loaded.run(feeds)),
        predict: (frame, positive) => loaded.predict(frame, positive),
        release: () => loaded.release(),
      };
    },
  };
}

/** Asks once per key, eight at a time; the versions that answered. */
export async function askKeys(gateway: Gateway, keys: readonly string[]): Promise<number[]> {
  const versions: number[] = [];
  for (let i = 0; i < keys.length; i += 8) {
    const replies = keys.slice(i, i + 8).map((key) => ask(gateway, undefined, { 'x-pawl-key': key }));
    for (const { headers } of await Promise.all(replies)) versions.push(Number(headers.get('x-pawl-version')));
  }
  return versions;
}

export const keysOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

/** Who holds which slot of the release. */
export async function slotsOf({ store }: World): Promise<string[]> {
  const held: string[] = [];
  for (const key of await store.listPointers('guards/tiny/')) {
    const pointer = await store.readPointer(key);
    if (pointer === null || pointer === 'unchanged') continue;
    held.push(guardSlotSchema.parse(JSON.parse(new TextDecoder().decode(pointer.value))).instance);
  }
  return held;
}

export async function metric(gateway: Gateway, name: string): Promise<number | null> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const value = new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1];
  return value === undefined ? null : Number(value);
}

export const judging = (gateway: Gateway): Promise<void> =>
  until('the gateway judges', async () => (await metric(gateway, 'pawl_gateway_guard_judging')) === 1);

export async function recordOf({ registry }: World): Promise<Deployment> {
  const record = await registry.currentDeployment('tiny');
  if (record === null) throw new Error('there is no record');
  return record;
}
