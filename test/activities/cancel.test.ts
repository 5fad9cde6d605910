import { binary } from '../support/classes.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inSlices } from '../../activities/support/in-slices.ts';
import { createActivities, type Activities } from '../../activities/index.ts';
import type { Ports } from '../../activities/ports.ts';
import { stoppablePorts } from '../../activities/support/stoppable-ports.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';
import { patience } from '../support/patience.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const second = patience(1_000);

/** Ports that never answer. */
const silent = (): Promise<never> => new Promise(() => undefined);
const silentPort = new Proxy({}, { get: () => silent });
const silentPorts = new Proxy({} as Ports, {
  get: (_, name) =>
    name === 'now' ? () => 0 : name === 'releaseTarget' || name === 'metricSource' ? () => silentPort : silentPort,
});

/** Runs work as an activity and cancels it once it has begun; returns how long it took from there to its end, and how it ended. */
async function cancelled(work: (input: never) => Promise<unknown>, input: unknown, afterMs = 50) {
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 30_000 });
  let ended: unknown = null;
  const running = environment.run(work as (input: unknown) => Promise<unknown>, input).then(
    () => (ended = 'done'),
    (error: unknown) => (ended = error),
  );
  await delay(afterMs);
  expect(ended).toBeNull();
  const since = performance.now();
  environment.cancel();
  await running;
  return { ended, ms: performance.now() - since };
}

describe('a cancelled activity ends within a second', { timeout: patience(60_000) }, () => {
  let files: TableFiles;
  beforeAll(async () => {
    files = await tableFiles();
  });
  afterAll(() => files.remove());

  const activities = createActivities(silentPorts);
  it.each(Object.keys(activities) as (keyof Activities)[])(
    '%s, while what it asked for does not come',
    async (name) => {
      const run = { id: 'r', model: 'm', imported: null, champion: 1, definition: digest };
      const asked = { model: 'm', version: 1 };
      const request = name === 'rollBack' ? { model: 'm', reason: 'x' } : asked;
      const input = ['openRun', 'observeModel'].includes(name)
        ? { model: 'm' }
        : {
            run,
            step: { index: 0, steps: null, definition: digest },
            ...asked,
            request,
            plan: asked,
            result: {},
            snapshot: { manifest: digest },
            candidate: { model: digest },
            verdicts: [],
          };
      const { ended, ms } = await cancelled(activities[name], name === 'snapshotDataset' ? run : input);
      expect(ended).toBeInstanceOf(CancelledFailure);
      expect(ms).toBeLessThan(second);
    },
  );

  it('stops what it computes itself', async () => {
    let steps = 0;
    function* forever(): Generator<number, never, void> {
      for (;;) {
        steps += 1;
        yield 0.5;
      }
    }
    const { ended, ms } = await cancelled(() => inSlices(forever()), null, 300);
    expect(ended).toBeInstanceOf(CancelledFailure);
    expect(ms).toBeLessThan(second);
    const before = steps;
    await delay(100);
    expect(steps).toBe(before);
  });

  it('interrupts the query that its tables are at, and begins no other one', async () => {
    const wide = persons();
    const names = Array.from({ length: 400 }, (_, i) => `f${i}`);
    for (const name of names)
      wide.columns[name] = { type: 'number', kind: 'numeric', description: '', nullable: false, missing: [] };
    const path = await files.parquet(
      'wide.parquet',
      `select range as id, ${names.map((name, i) => `hash(range * ${i + 1}) % 10007 as ${name}`).join(', ')} from range(20000)`,
    );
    const tables = stoppablePorts({ ...silentPorts, tables: files.tables, inference: silentPorts.inference }).tables;
    for (const work of [
      () => tables.profile({ path, dataset: wide, reference: path }),
      () =>
        tables.writeSnapshot({
          source: path,
          dataset: wide,
          selection: {},
          target: `${files.folder}/never.parquet`,
        }),
      () => tables.readFrame({ path, dataset: wide, columns: names }),
    ]) {
      const { ended, ms } = await cancelled(work, null, 300);
      expect(ended).toBeInstanceOf(CancelledFailure);
      expect(ms).toBeLessThan(second);
    }
  });

  it('asks its model for nothing more', async () => {
    let passes = 0;
    const model = {
      run: () => delay(20).then(() => ({ passes: (passes += 1) })),
      async predict(_frame: unknown, _classes: unknown, signal?: AbortSignal) {
        for (;;) {
          signal?.throwIfAborted();
          await delay(20);
          passes += 1;
        }
      },
    } as unknown as LoadedModel;
    const { inference } = stoppablePorts({
      ...silentPorts,
      tables: silentPorts.tables,
      inference: { load: async () => model, loadConfined: async () => model },
    });
    for (const work of [
      async () => (await inference.load(new Uint8Array())).predict({ rowCount: 0, columns: {} }, binary),
      async () => {
        const loaded = await inference.load(new Uint8Array());
        for (;;) await loaded.run({});
      },
    ]) {
      const { ended, ms } = await cancelled(work, null);
      expect(ended).toBeInstanceOf(CancelledFailure);
      expect(ms).toBeLessThan(second);
      const before = passes;
      await delay(100);
      expect(passes).toBe(before);
    }
  });
});
