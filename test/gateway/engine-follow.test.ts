import { chmod, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../config/schema.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { Follower } from '../../gateway/models/follower.ts';
import type { Serving } from '../../gateway/models/followed-model.ts';
import type { EnginePorts } from '../../gateway/models/load-version.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import type { Pass } from '../../gateway/models/served-version.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';
import { createWorld, until, type World } from './harness.ts';
import { probabilityOf, tinyModel } from './models.ts';
import { patience } from '../support/patience.ts';

const engine = createOnnxInference();
const worlds: World[] = [];
const followers: Follower[] = [];
afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.close()));
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function worldWith(settings: Partial<Config['gateway']> = {}): Promise<World> {
  const world = await createWorld(settings);
  worlds.push(world);
  return world;
}

function followerOf(world: World, ports: Partial<EnginePorts> = {}): Follower {
  const { store, registry, config } = world;
  const follower = new Follower({
    store,
    registry,
    inference: engine,
    settings: config.gateway,
    report: () => {},
    ...ports,
  });
  followers.push(follower);
  return follower;
}

/** An engine that counts what it loads. */
function counting(): { inference: InferenceEngine; loads: () => number } {
  let loads = 0;
  return {
    loads: () => loads,
    inference: {
      ...engine,
      load: (bytes) => {
        loads += 1;
        return engine.load(bytes);
      },
    },
  };
}

const person: Feeds = {
  age: { type: 'float32', shape: [1, 1], data: Float32Array.of(10) },
  sector: { type: 'string', shape: [1, 1], data: ['a'] },
};
const championOf = ({ record, versions }: Serving): Promise<Pass> =>
  versions.get(record.champion ?? 0)!.run(person, 1, 'normal');
const probability = async (serving: Serving): Promise<number> =>
  Number((await championOf(serving)).outputs.probabilities!.data[1]);

const models = (most: Partial<Config['gateway']['models']>): Config['gateway']['models'] => ({
  memory: 2 ** 31,
  hot: 50,
  isolateBytes: 2 ** 24,
  pass: 10_000,
  load: 60_000,
  processMemory: 2 ** 31,
  ...most,
});

/** `layers` square layers of 2,300: 21 MB each. */
function largeModel(layers: number): Uint8Array {
  const width = 2_300;
  const graph = new GraphBuilder('large');
  let x = graph.input('x', 'float32', ['batch', width]);
  for (let layer = 0; layer < layers; layer++) {
    const weights = graph.constant(`w${layer}`, new Float32Array(width * width).fill(1e-3), [width, width]);
    x = graph.node('Relu', [graph.node('MatMul', [x, weights])]);
  }
  graph.output(x, 'float32', ['batch', width], 'y');
  return encodeModel(graph.model());
}

describe('a large model', () => {
  it('loads and runs while small requests are answered', { timeout: patience(300_000) }, async () => {
    const world = await worldWith();
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    let answered = 0;
    let whileLoading = 0;
    const inference: InferenceEngine = {
      ...engine,
      async loadConfined(...asked) {
        const before = answered;
        const loaded = await engine.loadConfined(...asked);
        whileLoading = answered - before;
        return loaded;
      },
    };
    const follower = followerOf(world, { inference });
    await follower.start();
    const load = { stopped: false };
    const client = (async () => {
      while (!load.stopped) {
        await championOf(follower.serving('tiny')!);
        answered += 1;
      }
    })();
    const bytes = largeModel(5);
    expect(bytes.byteLength).toBeGreaterThan(100e6);
    await world.addVersion(bytes, 'large');
    await world.deploy({ champion: 1 }, 'large');
    await until('the large model serves', () => (follower.serving('large') ?? null) !== null, 200_000);
    // Where loading blocked the event loop, at most the requests of a turn or two would have been answered.
    expect(whileLoading).toBeGreaterThan(20);
    const before = answered;
    const rows = 200;
    const x = { type: 'float32' as const, shape: [rows, 2_300], data: new Float32Array(rows * 2_300).fill(1) };
    const { outputs } = await follower.serving('large')!.versions.get(1)!.run({ x }, rows, 'normal');
    expect(outputs.y!.shape).toEqual([rows, 2_300]);
    expect(outputs.y!.data[0]).toBeCloseTo(2.3 ** 5, 1);
    expect(answered - before).toBeGreaterThan(20);
    expect(x.data).toHaveLength(rows * 2_300);
    load.stopped = true;
    await client;
  });
});

describe('bytes', () => {
  it('that are not those of the digest are never served', async () => {
    const world = await worldWith();
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    const follower = followerOf(world);
    await follower.start();
    await world.addVersion(tinyModel(1));
    const { candidate } = await world.registry.version('tiny', 2);
    const path = await world.store.fetchFile(candidate.model);
    await chmod(path, 0o644);
    await writeFile(path, tinyModel(7));
    await world.deploy({ champion: 2, previous: 1 });
    await until('it is said', () => follower.health().status === 'degraded');
    expect(follower.health().reasons.join()).toMatch(/tiny@2 could not be loaded/);
    const serving = follower.serving('tiny')!;
    expect(serving.record.champion).toBe(1);
    expect(await probability(serving)).toBeCloseTo(probabilityOf(10, 1, 0), 5);
  });
});

describe('more models than fit into memory', () => {
  const names = ['a', 'b', 'c'];
  async function deployed(hot: number): Promise<World> {
    const world = await worldWith({ models: models({ hot }) });
    for (const [bias, name] of names.entries()) {
      await world.addVersion(tinyModel(bias), name);
      await world.deploy({ champion: 1 }, name);
    }
    return world;
  }
  const inMemory = (follower: Follower): string[] =>
    names.filter((name) => follower.serving(name) !== null && follower.serving(name) !== undefined);

  it('begin with those that changed last, and a release comes first', async () => {
    const world = await deployed(2);
    await world.deploy({ release: 'release/a' }, 'a');
    await world.deploy({}, 'b');
    const follower = followerOf(world);
    await follower.start();
    expect(follower.models().toSorted()).toEqual(names);
    expect(inMemory(follower)).toEqual(['a', 'b']);
    expect(follower.health().status).toBe('ready');
  });

  it('are loaded by their first request, let go when others are asked, and loaded again', async () => {
    const world = await deployed(1);
    const { inference, loads } = counting();
    const follower = followerOf(world, { inference });
    await follower.start();
    for (const [i, name] of [...names, ...names].entries()) {
      expect(await probability(await follower.ensure(name))).toBeCloseTo(probabilityOf(10, 1, i % 3), 5);
      await until('only one is in memory', () => inMemory(follower).length === 1);
      expect(inMemory(follower)).toEqual([name]);
    }
    // "c" was in memory from the start on.
    expect(loads()).toBe(1 + names.length * 2);
  });

  it('are loaded once for several first requests', async () => {
    const world = await deployed(1);
    const { inference, loads } = counting();
    const follower = followerOf(world, { inference });
    await follower.start();
    const before = loads();
    const servings = await Promise.all(Array.from({ length: 10 }, () => follower.ensure('a')));
    expect(loads() - before).toBe(1);
    expect(await Promise.all(servings.map(probability))).toHaveLength(10);
  });

  it('are all answered when all are asked at the same time', async () => {
    const follower = followerOf(await deployed(1));
    await follower.start();
    const answers = await Promise.all(names.map((name) => follower.ensure(name).then(probability)));
    for (const [bias, answer] of answers.entries()) expect(answer).toBeCloseTo(probabilityOf(10, 1, bias), 5);
    await until('only one is in memory', () => inMemory(follower).length === 1);
  });

  it('never lose a version that a release looks at', async () => {
    const world = await deployed(1);
    await world.deploy({ release: 'release/a' }, 'a');
    const follower = followerOf(world);
    await follower.start();
    await follower.ensure('b');
    await follower.ensure('c');
    await until('the others made room', () => inMemory(follower).length === 2);
    expect(inMemory(follower)).toEqual(['a', 'c']);
  });
});

describe('a thousand models', () => {
  it('cost the store what the five in memory cost', async () => {
    const world = await worldWith({ models: models({ hot: 5 }), follow: 10 });
    await world.addVersion(tinyModel(0));
    const record = await world.deploy({ champion: 1 });
    const version = await world.registry.version('tiny', 1);
    const asked = new Map<string, number>();
    const registry: EnginePorts['registry'] = {
      models: async () => Array.from({ length: 1_000 }, (_, i) => `m${i}`),
      async deployment(model, unless) {
        asked.set(model, (asked.get(model) ?? 0) + 1);
        const at = new Date(Date.parse(record.at) + Number(model.slice(1))).toISOString();
        return unless === '1' ? 'unchanged' : { record: { ...record, model, at } satisfies Deployment, token: '1' };
      },
      version: async (model) => ({ ...version, model }),
      differencesOf: (of) => world.registry.differencesOf(of),
      // A thousand records of one.
      isAsWritten: async () => true,
      wasPutBack: async () => false,
      statesSince: async (state) => [state],
      approval: (_, run, evidence) => world.registry.approval('tiny', run, evidence),
    };
    const { inference, loads } = counting();
    const follower = followerOf(world, { registry, inference });
    await follower.start();
    expect(loads()).toBe(5);
    expect(follower.size).toBe(1_000);
    asked.clear();
    await until('records were read ten times', () => (asked.get('m999') ?? 0) >= 10);
    expect([...asked.keys()].toSorted()).toEqual(['m995', 'm996', 'm997', 'm998', 'm999']);
    await follower.ensure('m7');
    expect(loads()).toBe(6);
    await until('another made room', () => follower.serving('m995') === null);
    asked.clear();
    await until('records were read again', () => (asked.get('m7') ?? 0) >= 3);
    expect(asked.size).toBe(5);
  });
});

describe('a request for a model', () => {
  it('that there is not is told so, and one that has no version yet too', async () => {
    const world = await worldWith();
    await world.addVersion(tinyModel(0));
    const follower = followerOf(world);
    await follower.start();
    await expect(follower.ensure('nobody')).rejects.toMatchObject({ status: 404 });
    await expect(follower.ensure('tiny')).rejects.toMatchObject({ status: 503 });
  });

  it('that was just registered and deployed is answered at once', async () => {
    const world = await worldWith({ follow: 60_000 });
    const follower = followerOf(world);
    await follower.start();
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    await until('it is listed', async () => {
      const found = await follower.ensure('tiny').catch(() => null);
      return found !== null && (await probability(found)) > 0;
    });
  });
});

it('serves by the definition of the version, but for what this gateway does otherwise', async () => {
  const world = await worldWith({ serving: { tiny: { maxBatch: 7 } } });
  await world.addVersion(tinyModel(0), 'tiny', { ack: 'fsync', key: 'sector', maxBatch: 32 });
  await world.deploy({ champion: 1 });
  const follower = followerOf(world);
  await follower.start();
  expect(follower.serving('tiny')!.versions.get(1)!.policy).toMatchObject({ ack: 'fsync', key: 'sector', maxBatch: 7 });
});

it('keeps answering on a version that is taken out of service under load', async () => {
  const world = await worldWith();
  for (const bias of [0, 1, 2]) await world.addVersion(tinyModel(bias));
  await world.deploy({ champion: 1 });
  const follower = followerOf(world);
  await follower.start();
  const load = { stopped: false };
  let answered = 0;
  const client = async (): Promise<void> => {
    while (!load.stopped) {
      const serving = follower.serving('tiny')!;
      const wanted = probabilityOf(10, 1, serving.record.champion! - 1);
      expect(await probability(serving)).toBeCloseTo(wanted, 5);
      answered += 1;
    }
  };
  const clients = Array.from({ length: 32 }, client);
  // Version 1 is named no more by the third record: it is released while requests are on it.
  for (const champion of [2, 3, 1, 2]) {
    await world.deploy({ champion, previous: null });
    await until(`${champion} serves`, () => follower.serving('tiny')!.record.champion === champion);
    const before = answered;
    await until('it answers', () => answered > before + 100);
  }
  load.stopped = true;
  await Promise.all(clients);
  expect(follower.health()).toEqual({ status: 'ready', reasons: [] });
});
