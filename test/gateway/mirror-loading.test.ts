import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { ask, createWorld, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
let gateway: Gateway;
/** Lets the shadow be loaded, or fail. */
let endLoad: (error?: Error) => void;

const engine = createOnnxInference();
/** Shadows run in a process of their own: their load waits for `endLoad`. */
function slowShadow(): InferenceEngine {
  const load = new Promise<void>((resolve, reject) => {
    endLoad = (error) => (error === undefined ? resolve() : reject(error));
  });
  load.catch(() => undefined);
  return {
    load: (...of) => engine.load(...of),
    loadConfined: async (...of) => {
      await load;
      return engine.loadConfined(...of);
    },
  };
}

async function shadowed(queue: number): Promise<void> {
  world = await createWorld({ shadowQueue: queue });
  await world.addVersion(tinyModel(0));
  await world.addVersion(tinyModel(-3));
  await world.deploy({ champion: 1 });
  gateway = await world.gateway('one', { inference: slowShadow() });
  const { seq } = await world.deploy({ shadow: { version: 2, sample: 1 }, release: 'release/tiny/1' });
  await until('the record is in force', async () =>
    new RegExp(`^pawl_deployment_seq\\{model="tiny"\\} ${seq}$`, 'm').test(await metrics()),
  );
}

const metrics = async (): Promise<string> => (await fetch(`${gateway.url}/metrics`)).text();
const count = async (pattern: RegExp): Promise<number> => Number(pattern.exec(await metrics())?.[1] ?? 0);
const mirrored = (): Promise<number> => count(/^pawl_mirrored_total\{.*outcome="ok".*\} (\d+)$/m);
const dropped = (reason: string): Promise<number> =>
  count(new RegExp(`^pawl_mirror_dropped_total\\{.*reason="${reason}"\\} (\\d+)$`, 'm'));

async function askTimes(times: number): Promise<void> {
  const replies = await Promise.all(Array.from({ length: times }, () => ask(gateway)));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
}

describe('mirrored requests of a version that is being loaded', () => {
  beforeEach(() => shadowed(40));
  afterEach(() => {
    endLoad();
    return world.close();
  });

  it('wait for it and are answered', async () => {
    await askTimes(10);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await dropped('not loaded')).toBe(0);
    endLoad();
    await until('all are answered', async () => (await mirrored()) === 10);
    expect(await dropped('not loaded')).toBe(0);
  });

  it('are dropped beyond half of the queue, which is left to other versions, and counted', async () => {
    await askTimes(50);
    await until('the others are dropped', async () => (await dropped('not loaded')) === 30);
    endLoad();
    await until('those that waited are answered', async () => (await mirrored()) === 20);
  });

  it('are dropped where the load fails', async () => {
    await askTimes(5);
    endLoad(new Error('the disk is broken'));
    await until('all are dropped', async () => (await dropped('not loaded')) === 5);
  });

  it('do not hold up the end of the gateway', async () => {
    await askTimes(5);
    const closed = gateway.close();
    setTimeout(endLoad, 1_000);
    await closed;
    const rows = await world.logged();
    expect(rows.filter(({ kind }) => kind === 'mirror')).toHaveLength(5);
  });
});
