import { binary } from '../support/classes.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mirrorsToExpect, mirrorGraceMs } from '../../activities/release/support/due-mirrors.ts';
import type { Config } from '../../config/schema.ts';
import { modelLimits } from '../../gateway/models/model-limits.ts';
import { Mirror } from '../../gateway/inference/mirror.ts';
import { replayMirrors, unmirroredSql, type UnmirroredRow } from '../../gateway/inference/replay.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { createLogQueries } from '../../ports/prediction-log/queries.ts';
import { createSegmentSealer } from '../../ports/prediction-log/sealing/sealer.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { droppedMirror, type LogRow } from '../../contracts/serving/prediction-log.ts';
import { ask, createWorld, rowsOf, type World } from './harness.ts';
import { endlessModel, linearModel, poison, tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

async function unmirrored(): Promise<UnmirroredRow[]> {
  const queries = createLogQueries({ store: world.store, home: world.config.home });
  return queries.query({ models: ['tiny'], since: 0 }, unmirroredSql, [], async ({ columns, batches }) => {
    const rows: UnmirroredRow[] = [];
    for await (const batch of batches)
      for (const values of batch)
        rows.push(Object.fromEntries(columns.map((name, i) => [name, values[i]])) as unknown as UnmirroredRow);
    return rows;
  });
}

const isDrop = ({ error }: LogRow): boolean => error?.startsWith(droppedMirror) === true;

async function replay(): Promise<{ answered: number; failed: number }> {
  const sealer = createSegmentSealer(world.config);
  const limits = modelLimits(world.config.gateway);
  const ports = { store: world.store, registry: world.registry, inference: createOnnxInference(), sealer, limits };
  try {
    return await replayMirrors(ports, 'tiny', await unmirrored());
  } finally {
    await sealer.close();
  }
}

/** A gateway that answers 200 requests while half of them are to be copied, and ends. */
async function serveHalfCopied(settings: Partial<Config['gateway']> = {}): Promise<void> {
  world = await createWorld(settings);
  await world.addVersion(tinyModel(0));
  await world.addVersion(tinyModel(-3));
  await world.deploy({ champion: 1, shadow: { version: 2, sample: 0.5 }, release: holder });
  const gateway = await world.gateway();
  await Promise.all(Array.from({ length: 200 }, (_, i) => ask(gateway, { id: `r${i}`, ...rowsOf([i - 100, 'a']) })));
  await gateway.close();
}
const holder = 'release/tiny/1';

describe('copies that were dropped under load', () => {
  it('are answered from the log, each once, as they would have been then', async () => {
    await serveHalfCopied({ shadowQueue: 1 });
    const before = await world.logged();
    const copies = before.filter(({ kind }) => kind === 'mirror');
    const drops = copies.filter(isDrop);
    expect(drops.length).toBeGreaterThan(0);
    const mirroredBefore = copies.length - drops.length;
    const first = await replay();
    expect(first.failed).toBe(0);
    expect(first.answered).toBe(drops.length);
    // Half of the requests are sampled; those that were not are left alone.
    expect(Math.abs(mirroredBefore + first.answered - 100)).toBeLessThan(4 * 7.1);
    expect(await replay()).toEqual({ answered: 0, failed: 0 });
    const mirrors = (await world.logged()).filter((row) => row.kind === 'mirror' && !isDrop(row));
    expect(new Set(mirrors.map(({ id }) => id)).size).toBe(mirrors.length);
    for (const { id, version, label, release } of mirrors)
      expect([id, version, release, label]).toEqual([id, 2, 'release/tiny/1', Number(id.slice(1)) >= 120 ? '1' : '0']);
  });
});

it('copies whose answers are not valid are errors of the version', async () => {
  world = await createWorld({ shadowQueue: 1 });
  await world.addVersion(tinyModel(0));
  await world.addVersion(linearModel());
  await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release: holder });
  const gateway = await world.gateway();
  await Promise.all(Array.from({ length: 50 }, (_, i) => ask(gateway, { id: `r${i}`, ...rowsOf([7, 'a']) })));
  await gateway.close();
  const dropped = (await world.logged()).filter(isDrop).length;
  expect(dropped).toBeGreaterThan(0);
  expect(await replay()).toEqual({ answered: 0, failed: dropped });
  const mirrors = (await world.logged()).filter((row) => row.kind === 'mirror' && !isDrop(row));
  expect(mirrors).toHaveLength(50);
  for (const { label, error } of mirrors)
    expect([label, error]).toEqual([null, expect.stringContaining('its answer to row 0 is not valid')]);
});

it('copies that waited in a process that was killed are missed by an analysis, and made up for from the log', async () => {
  // Everything in the queue is lost.
  const lost = vi.spyOn(Mirror.prototype, 'add').mockReturnValue();
  await serveHalfCopied();
  const { length: copied } = lost.mock.calls;
  lost.mockRestore();
  expect(Math.abs(copied - 100)).toBeLessThan(4 * 7.1);
  const analysis = async (at: number) => {
    const window = { model: 'tiny', release: holder, champion: 1, canary: 2, since: 0, stepSince: 0, bakeStarts: [] };
    const plan = { ...window, holder, startedAt: 1, hotfix: false, shadow: { sample: 0.5 } };
    const { mirrored } = await createPredictionLog(world).observe({
      ...window,
      skip: [],
      matureBefore: at,
      slowMs: 50,
      labelSpace: binary,
      ...(await mirrorsToExpect(world.registry, plan, at)),
    });
    return { answered: mirrored.requests, dropped: mirrored.dropped };
  };
  expect(await analysis(Date.now())).toEqual({ answered: 0, dropped: 0 });
  const late = Date.now() + mirrorGraceMs;
  expect(await analysis(late)).toEqual({ answered: 0, dropped: copied });
  expect(await replay()).toEqual({ answered: copied, failed: 0 });
  expect(await analysis(late)).toEqual({ answered: copied, dropped: 0 });
});

it('copies for a model that never ends are errors of it, and the replay goes on', async () => {
  const lost = vi.spyOn(Mirror.prototype, 'add').mockReturnValue();
  const defaults = await createWorld();
  const { models } = defaults.config.gateway;
  await defaults.close();
  world = await createWorld({ models: { ...models, pass: 1_000 } });
  await world.addVersion(tinyModel(0));
  await world.addVersion(endlessModel(), 'tiny', {}, true);
  await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release: holder });
  const gateway = await world.gateway();
  for (const age of [1, 2 * poison, 2]) expect((await ask(gateway, rowsOf([age, 'a']))).status).toBe(200);
  await gateway.close();
  lost.mockRestore();
  expect(await replay()).toEqual({ answered: 1, failed: 2 });
  const errors = (await world.logged()).filter(({ kind }) => kind === 'mirror').map(({ error }) => error);
  expect(errors.filter((error) => error?.includes('took longer than 1000 ms to answer'))).toHaveLength(2);
});
