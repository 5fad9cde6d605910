import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { workflowTypes } from '../../contracts/names.ts';
import type { RetrainRequest } from '../../contracts/run/run.ts';
import { createRandom } from '../../ml/random.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { startPlatform, type Platform } from '../../workers/supervise.ts';
import { patience } from '../support/patience.ts';
import { temporaryConfig } from '../support/temporal.ts';
import { decide, resultOf, until } from './scene.ts';

const sizes = ['small', 'middle', 'large'] as const;

interface House {
  readonly id: number;
  readonly area: number;
  readonly town: string;
  readonly price: number;
  readonly size: (typeof sizes)[number];
}

/** Houses whose price is 2 a square metre and 60 in the north, give or take 15, and whose size is by their area, but for one in ten. */
function houses(count: number, seed: number): House[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, id) => {
    const area = 40 + random.integer(160);
    const town = random.next() < 0.4 ? 'north' : 'south';
    const usual = area < 80 ? 'small' : area < 140 ? 'middle' : 'large';
    return {
      id: id + 1,
      area,
      town,
      price: 2 * area + (town === 'north' ? 60 : 0) + 15 * random.normal(),
      size: random.next() < 0.1 ? sizes[random.integer(3)]! : usual,
    };
  });
}

const tasks = {
  regression: { target: 'price', carried: 'size', bad: /accuracy is worse .*canary's mean error \d+.*champion's \d+/ },
  multiclass: { target: 'size', carried: 'price', bad: /accuracy is worse .*canary right on/ },
} as const;

const columnsOf = (target: 'price' | 'size') => ({
  id: { type: 'integer', kind: 'key' },
  area: { type: 'integer', kind: 'numeric' },
  town: { type: 'string', kind: 'categorical', allowed: ['north', 'south'] },
  price: { type: 'number', kind: target === 'price' ? 'target' : 'carried' },
  size: { type: 'string', kind: target === 'size' ? 'target' : 'carried', allowed: [...sizes] },
});

async function writeProject(folder: string, target: 'price' | 'size'): Promise<void> {
  const data = join(folder, 'datasets', 'houses');
  await mkdir(data, { recursive: true });
  await mkdir(join(folder, 'models'));
  const rows = houses(3_000, 1).map(({ id, area, town, price, size }) => [id, area, town, price, size].join(','));
  await writeFile(join(data, 'houses.csv'), `id,area,town,price,size\n${rows.join('\n')}\n`);
  await writeFile(
    join(data, 'dataset.yaml'),
    stringify({
      dataset: 'houses',
      source: 'houses.csv',
      licence: 'none',
      provenance: 'made up',
      key: 'id',
      target,
      columns: columnsOf(target),
    }),
  );
  await writeFile(
    join(folder, 'models', 'house.yaml'),
    stringify({
      model: 'house',
      dataset: 'houses',
      features: ['area', 'town'],
      seed: 7,
      trainer: { kind: 'onnx', hidden: [16], epochs: 30, batchSize: 64, learningRate: 0.01 },
      // No gate stops the bad successor: it is the release that finds it.
      quality: { require: 'freshness', resamples: 100, margins: target === 'price' ? { mae: 1_000 } : { logLoss: 10 } },
      optimize: { variants: ['dynamicInt8'], batchSizes: [1], minSpeedup: 1_000 },
      staging: { rate: 50, duration: '1s', maxP99Ms: 5_000 },
      approval: { deadline: '1h' },
      release: {
        shadow: { sample: 1, minRequests: 30, duration: '2s' },
        steps: [0.5],
        stepDuration: '2s',
        minStepRequests: 10,
        minLabels: 100,
        labels: { maturity: '3s' },
        promotion: { metrics: { accuracy: { margin: 0.1 } } },
        bake: '2s',
        deadline: '2m',
        analyzeEvery: '500ms',
        guards: { accuracyLoss: 0.05, slowMs: 5_000 },
      },
    }),
  );
  const file = { ports: { temporal: 0, ui: 0, gateway: 0, gatewayGrpc: 0 }, gateway: { log: { sealEvery: '500ms' } } };
  await writeFile(join(folder, 'temporal.yaml'), stringify(file));
}

interface Traffic {
  readonly counts: { answers: number; refused: string[]; last: Record<string, unknown> };
  stop(): Promise<void>;
}

/** Live requests by plain JSON, fifty a second; the truth of each comes back half a second later. */
function startTraffic(gateway: string, target: 'price' | 'size'): Traffic {
  const counts: Traffic['counts'] = { answers: 0, refused: [], last: {} };
  const stop = new AbortController();
  const open = new Set<Promise<void>>();
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${gateway}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) counts.refused.push(`${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const ask = async ({ area, town, ...house }: House): Promise<void> => {
    const reply = await post('/predict/house', { area, town });
    counts.answers += 1;
    counts.last = reply;
    await delay(500);
    await post('/feedback', { request_id: reply['request_id'], label: house[target], model: 'house' });
  };
  const rows = houses(5_000, 99);
  const loop = (async () => {
    for (let i = 0; !stop.signal.aborted; i += 1) {
      const work = ask(rows[i % rows.length]!)
        .catch((error: unknown) => void counts.refused.push(String(error)))
        .finally(() => open.delete(work));
      open.add(work);
      await delay(20);
    }
  })();
  return {
    counts,
    async stop() {
      stop.abort();
      await loop;
      await Promise.all(open);
    },
  };
}

describe.each(['regression', 'multiclass'] as const)('task %s on the whole platform', (task) => {
  const { target, bad } = tasks[task];
  const limits = { timeout: patience(300_000) };
  const undo: (() => Promise<unknown>)[] = [];
  let platform: Platform;
  let ports: OpenedPorts;
  let queue: string;
  let traffic: Traffic;
  beforeAll(async () => {
    const project = await mkdtemp(join(tmpdir(), 'pawl-task-'));
    undo.push(() => rm(project, { recursive: true, force: true }));
    await writeProject(project, target);
    const { config, env, remove } = await temporaryConfig({ PAWL_PROJECT: project });
    undo.push(remove);
    platform = await startPlatform(config, { env, log: () => undefined });
    undo.push(() => platform.stop());
    ports = openPorts({ ...config, address: platform.addresses.temporal }, definitionLoaders(config));
    undo.push(() => ports.close());
    queue = config.taskQueues.pipeline;
  }, limits.timeout);
  afterAll(async () => {
    await traffic?.stop();
    for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next();
  });

  const release = async (id: string, request: Omit<RetrainRequest, 'model'>) => {
    const run = await ports.client.workflow.start(workflowTypes.retrain, {
      workflowId: id,
      taskQueue: queue,
      args: [{ model: 'house', ...request }],
    });
    await decide(run, 'approve');
    return resultOf(run);
  };

  it('serves the first version, and answers in the words of the target', limits, async () => {
    expect(await release('first', {})).toMatchObject({ outcome: 'promoted', version: 1 });
    traffic = startTraffic(platform.addresses.gateway.http, target);
    await until('requests are answered', async () => (traffic.counts.answers > 20 ? true : null));
    traffic.counts.refused.length = 0;
    const { last } = traffic.counts;
    if (task === 'regression') expect(last).toMatchObject({ version: 1, prediction: expect.any(Number) });
    else {
      expect(sizes).toContain(last['label']);
      expect(Object.keys(last['probabilities'] as object)).toEqual([...sizes]);
    }
  });

  it('promotes a successor that is as good, by its live labels', limits, async () => {
    expect(await release('second', { seed: 8 })).toMatchObject({ outcome: 'promoted', version: 2 });
    expect(traffic.counts.refused).toEqual([]);
  });

  it('takes a bad successor back by what its answers lost', limits, async () => {
    const result = await release('third', { params: { epochs: 1, learningRate: 1e-9 } });
    expect(result).toMatchObject({ outcome: 'rolledBack', version: 3 });
    expect(result.reason).toMatch(bad);
    expect((await ports.registry.currentDeployment('house'))?.champion).toBe(2);
  });
});
