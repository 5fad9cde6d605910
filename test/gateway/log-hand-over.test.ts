import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { logSegmentPrefix, logSegmentSchema } from '../../contracts/serving/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { SegmentMemoryError } from '../../ports/prediction-log/sealing/sealer.ts';
import { until } from './harness.ts';
import { createCopySealer, createLogWorld, idsOf, predictionOf, type LogWorld } from './log-world.ts';

let world: LogWorld;
beforeEach(async () => {
  world = await createLogWorld();
});
afterEach(() => world.close());

type Store = Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;
type Parts = { store: Store; sealer: SegmentSealer };
const steps = ['seal', 'putFile', 'writePointer', 'readPointer'] as const;
type Step = (typeof steps)[number];

/** The parts of a process that dies at a step: that step, or all after it, never happen. */
function dyingAt(step: Step, when: 'before' | 'after'): Parts {
  let dead = false;
  const sealer = createCopySealer();
  const doing = async <T>(name: Step, act: () => Promise<T>): Promise<T> => {
    if (dead || (name === step && when === 'before')) throw new Error('killed');
    const result = await act();
    if (name === step) {
      dead = true;
      throw new Error('killed');
    }
    return result;
  };
  return {
    sealer: { ...sealer, seal: (framed, parquet) => doing('seal', () => sealer.seal(framed, parquet)) },
    store: {
      putFile: (path) => doing('putFile', () => world.store.putFile(path)),
      readPointer: (key) => doing('readPointer', () => world.store.readPointer(key)),
      writePointer: (key, value, expected) =>
        doing('writePointer', () => world.store.writePointer(key, value, expected)),
    },
  };
}

describe('the hand-over of a segment', () => {
  it.each(steps.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const]))(
    'is done once though the process dies at %s, %s it',
    async (step, when) => {
      const all = idsOf('h', 5);
      const spool = await world.open(dyingAt(step, when));
      for (const id of all) await spool.append(predictionOf(id), true);
      await spool.close(20);
      // Then another dies where the pointer exists already.
      await (await world.open(dyingAt('readPointer', 'after'))).close(20);
      await (await world.open()).close(60_000);
      expect(await world.stored()).toEqual(all);
      expect(await world.store.listPointers(logSegmentPrefix('tiny'))).toHaveLength(1);
      expect(await readdir(world.folder)).toEqual([]);
    },
  );

  it('sets a segment aside that cannot be read, says so, and goes on with the others', async () => {
    const sealer = createCopySealer();
    let first = true;
    const spool = await world.open({
      sealer: {
        ...sealer,
        seal(framed, parquet) {
          if (!first) return sealer.seal(framed, parquet);
          first = false;
          throw new PawlError(errorTypes.corruptArtifact, `${framed} does not consist of whole frames`);
        },
      },
      store: world.store,
    });
    await spool.append(predictionOf('lost'), true);
    await until('it was set aside', async () =>
      (await readdir(world.folder)).some((name) => name.endsWith('.corrupt')),
    );
    expect(spool.health()).toMatchObject({ corruptSegments: 1, waitingSegments: 0, waitingBytes: 0 });
    await spool.append(predictionOf('kept'), true);
    await spool.close(60_000);
    expect(await world.stored()).toEqual(['kept']);
    expect(world.reports.join()).toMatch(/\.log\.corrupt is set aside, .* does not consist of whole frames/);
    // The next start leaves it where it is.
    await (await world.open()).close(60_000);
    expect(await readdir(world.folder)).toEqual([expect.stringMatching(/\.log\.corrupt$/)]);
  });

  it('sets a segment aside that sealing has no memory for, after three tries, and goes on with the others', async () => {
    const sealer = createCopySealer();
    let tries = 0;
    const spool = await world.open({
      sealer: {
        ...sealer,
        seal(framed, parquet) {
          if (tries === 3) return sealer.seal(framed, parquet);
          tries += 1;
          throw new SegmentMemoryError(`${framed} needs more memory than sealing has`);
        },
      },
      store: world.store,
    });
    await spool.append(predictionOf('large'), true);
    await until('it was set aside', async () =>
      (await readdir(world.folder)).some((name) => name.endsWith('.corrupt')),
    );
    expect(tries).toBe(3);
    expect(spool.health()).toMatchObject({ corruptSegments: 1, waitingSegments: 0, problem: null });
    await spool.append(predictionOf('kept'), true);
    await spool.close(60_000);
    expect(await world.stored()).toEqual(['kept']);
    expect(world.reports.join()).toMatch(/\.log\.corrupt is set aside, .* needs more memory than sealing has/);
  });

  it('takes another number where the pointer belongs to other frames', async () => {
    const first = await world.open(dyingAt('seal', 'before'));
    await first.append(predictionOf('a'), true);
    await first.close(20);
    const [name = ''] = await readdir(world.folder);
    const [start = '', n = ''] = name.replace('.log', '').split('-');
    const key = `${logSegmentPrefix('tiny')}${start}-one-${n}`;
    const other = await world.store.putBlob(new TextEncoder().encode('other'));
    const others = {
      schema: 'pawl.log-segment/2',
      model: 'tiny',
      instance: 'one',
      n: Number(n),
      source: other,
      data: other,
    };
    const value = new TextEncoder().encode(JSON.stringify({ ...others, rows: 1, from: 1, to: 1 }));
    await world.store.writePointer(key, value, null);
    await (await world.open()).close(60_000);
    const keys = await world.store.listPointers(logSegmentPrefix('tiny'));
    expect(keys).toEqual([key, `${logSegmentPrefix('tiny')}${start}-one-${String(Number(n) + 1).padStart(8, '0')}`]);
    const pointer = await world.store.readPointer(keys[1] ?? '');
    if (pointer === null || pointer === 'unchanged') throw new Error('it has no pointer');
    const segment = logSegmentSchema.parse(JSON.parse(Buffer.from(pointer.value).toString()));
    expect(segment).toMatchObject({ model: 'tiny', instance: 'one', n: Number(n) + 1, rows: 1 });
    expect(segment.source).not.toBe(segment.data);
    expect(await readdir(world.folder)).toEqual([]);
  });

  it('goes on with other segments while one is not taken', async () => {
    let refused: string | null = null;
    const store: Store = {
      putFile: async (path) => {
        refused ??= path;
        if (refused === path) throw new Error('never this one');
        return world.store.putFile(path);
      },
      readPointer: (key) => world.store.readPointer(key),
      writePointer: (key, value, expected) => world.store.writePointer(key, value, expected),
    };
    world.config.gateway.log.sealRecords = 1;
    const spool = await world.open({ store });
    for (const id of ['a', 'b', 'c']) await spool.append(predictionOf(id), true);
    await until('the others are in the store', async () => (await world.stored()).length === 2);
    expect(await world.stored()).toEqual(['b', 'c']);
    // The store has a segment before the spool knows.
    await until('the refused one alone waits', () => spool.health().waitingSegments === 1);
    expect(spool.health().problem).toContain('stays here until the store takes it: never this one');
  });

  it('is not under way any more when the log is closed', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let calls = 0;
    const store: Store = {
      putFile: async (path) => {
        calls += 1;
        await held;
        return world.store.putFile(path);
      },
      readPointer: (key) => world.store.readPointer(key),
      writePointer: (key, value, expected) => world.store.writePointer(key, value, expected),
    };
    world.config.gateway.log.sealRecords = 1;
    const spool = await world.open({ store });
    for (const id of ['a', 'b']) await spool.append(predictionOf(id), true);
    await until('the store is asked', () => calls === 1);
    let closed = false;
    const closing = spool.close(0).then(() => (closed = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(closed).toBe(false);
    release();
    await closing;
    // What was under way is done, what was not is left to the next start.
    expect(await world.stored()).toEqual(['a']);
    expect(await world.local()).toEqual(['b']);
    expect(calls).toBe(1);
  });
});
