import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LogRefusedError } from '../../gateway/log/log-refused.ts';
import { createFile, type CreateFile } from '../../gateway/log/segment-file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { until } from './harness.ts';
import { createLogWorld, idsOf, predictionOf, type LogWorld } from './log-world.ts';

type Step = 'write' | 'datasync' | 'truncate';

interface Disk {
  readonly create: CreateFile;
  /** Makes the next `times` of a step fail, after they did what they do where `late`. */
  fail(step: Step, times: number, late?: boolean): void;
  failing(step: Step): number;
  /** Holds every step back until it is called again with false. */
  stall(on: boolean): void;
}

/** Real files on a disk that fails and stalls when it is told to. */
function createDisk(): Disk {
  const failures = new Map<Step, { times: number; late: boolean }>();
  let stalled: Promise<void> | null = null;
  let release = (): void => {};
  const doing = async <T>(step: Step, act: () => Promise<T>): Promise<T> => {
    await stalled;
    const failure = failures.get(step);
    if (failure === undefined || failure.times === 0) return act();
    failure.times -= 1;
    if (failure.late) await act();
    throw Object.assign(new Error(`EIO: i/o error, ${step}`), { code: 'EIO' });
  };
  return {
    async create(path) {
      const file = await createFile(path);
      return {
        append: (bytes) => doing('write', () => file.append(bytes)),
        appendThrough: (bytes) => doing('write', () => doing('datasync', () => file.appendThrough(bytes))),
        datasync: () => doing('datasync', () => file.datasync()),
        truncate: (length) => doing('truncate', () => file.truncate(length)),
        close: () => file.close(),
      };
    },
    fail(step, times, late = false) {
      failures.set(step, { times, late });
    },
    failing: (step) => failures.get(step)?.times ?? 0,
    stall(on) {
      release();
      stalled = on ? new Promise((resolve) => (release = resolve)) : null;
    },
  };
}

let world: LogWorld;
afterEach(() => world.close());

describe('a disk that does not take records', () => {
  it('is said at once to who waits and who comes, and what was in memory is written when it takes records again', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const spool = await world.open();
    await mkdir(dirname(world.folder), { recursive: true });
    // A file where the folder should be: EEXIST, then ENOTDIR.
    await writeFile(world.folder, 'in the way');
    spool.append(predictionOf('in memory'), false);
    await expect(spool.append(predictionOf('refused'), true)).rejects.toThrow(LogRefusedError);
    expect(() => spool.append(predictionOf('shed'), false)).toThrow('the prediction log of "tiny" cannot be written');
    expect(spool.health().problem).toContain('cannot be written: EEXIST');
    await rm(world.folder);
    await until('it is written again', () => spool.health().problem === null);
    await spool.append(predictionOf('after'), true);
    expect(await world.local()).toEqual(['in memory', 'after']);
    expect(spool.health().pendingBytes).toBe(0);
    expect(world.reports).toHaveLength(2);
  });

  it('is found to take records again though nothing comes and nothing is left to write', async () => {
    world = await createLogWorld();
    const disk = createDisk();
    const spool = await world.open({ create: disk.create });
    disk.fail('write', 4);
    await expect(spool.append(predictionOf('refused'), true)).rejects.toThrow('EIO');
    await until('it is written again', () => spool.health().problem === null);
    expect(disk.failing('write')).toBe(0);
    await spool.close(60_000);
    expect(await world.stored()).toEqual([]);
    expect(await readdir(world.folder)).toEqual([]);
  });

  it.each([
    ['write', false],
    ['write', true],
    ['datasync', false],
    ['datasync', true],
  ] as const)('is tried again at once after a failed %s (done all the same: %s), unseen', async (step, late) => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const disk = createDisk();
    const spool = await world.open({ create: disk.create });
    await spool.append(predictionOf('before'), true);
    // These are in the file, but not synced, when the failure comes.
    spool.append(predictionOf('unsynced'), false);
    await until('it is in the file', async () => (await world.local()).length === 2);
    disk.fail(step, 1, late);
    spool.append(predictionOf('beside'), false);
    await spool.append(predictionOf('durable'), true);
    expect(disk.failing(step)).toBe(0);
    await spool.close(60_000);
    expect(await world.stored()).toEqual(['before', 'unsynced', 'beside', 'durable']);
    expect(world.reports).toEqual([]);
  });

  it('leaves what was refused out of the log, also where it had come into a file, and nothing else', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const disk = createDisk();
    const spool = await world.open({ create: disk.create });
    await spool.append(predictionOf('before'), true);
    disk.fail('datasync', 2, true);
    spool.append(predictionOf('memory 1'), false);
    const refused = spool.append(predictionOf('refused 1'), true);
    spool.append(predictionOf('memory 2'), false);
    const refusedToo = spool.append(predictionOf('refused 2'), true);
    spool.append(predictionOf('memory 3'), false);
    await expect(refused).rejects.toThrow(LogRefusedError);
    await expect(refusedToo).rejects.toThrow(LogRefusedError);
    await until('it is written again', () => spool.health().problem === null);
    await spool.append(predictionOf('after'), true);
    await spool.close(60_000);
    expect(await world.stored()).toEqual(['before', 'memory 1', 'memory 2', 'memory 3', 'after']);
    expect(spool.health().pendingBytes).toBe(0);
  });

  it('gets nothing again before it has let go of what it got in part', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const disk = createDisk();
    const spool = await world.open({ create: disk.create });
    await spool.append(predictionOf('before'), true);
    disk.fail('write', 1, true);
    disk.fail('truncate', 3);
    spool.append(predictionOf('a'), false);
    await until('the cut failed', () => disk.failing('truncate') < 2);
    expect((await readdir(world.folder)).length).toBe(1);
    await until('it is written again', () => spool.health().problem === null && spool.health().pendingBytes === 0);
    await spool.close(60_000);
    expect(await world.stored()).toEqual(['before', 'a']);
  });

  it('is given up by a close, which says what is lost', async () => {
    world = await createLogWorld();
    const disk = createDisk();
    const spool = await world.open({ create: disk.create });
    disk.fail('write', Infinity);
    spool.append(predictionOf('a'), false);
    spool.append(predictionOf('b'), false);
    await spool.close(60_000);
    expect(world.reports.at(-1)).toMatch(/^2 records of the prediction log are given up: .*EIO/);
    expect(spool.health().pendingBytes).toBe(0);
  });
});

describe('a disk that is slow', () => {
  it('is waited for in bounded memory, then refused, and nothing that was taken is lost', async () => {
    world = await createLogWorld({ memory: 100_000, sealEvery: 60_000 });
    const disk = createDisk();
    const spool = await world.open({ create: disk.create });
    disk.stall(true);
    const taken: string[] = [];
    let why: unknown = null;
    for (const id of idsOf('m', 20_000)) {
      try {
        spool.append(predictionOf(id), false);
        taken.push(id);
      } catch (error) {
        why = error;
        break;
      }
      if (taken.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(why).toBeInstanceOf(LogRefusedError);
    expect(String(why)).toContain('wait for a slow disk: gateway.log.memory allows 100000');
    expect(spool.health().problem).toContain('slow disk');
    expect(spool.health().pendingBytes).toBeLessThan(101_000);
    expect(spool.health().oldestUnsyncedMs).toBeGreaterThan(0);
    disk.stall(false);
    await until('there is room again', () => spool.health().problem === null);
    await spool.append(predictionOf('after'), true);
    await spool.close(60_000);
    expect(await world.stored()).toEqual([...taken, 'after']);
  });

  it('gathers what comes meanwhile into one group', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const disk = createDisk();
    let syncs = 0;
    const spool = await world.open({ create: disk.create, onSynced: () => (syncs += 1) });
    await spool.append(predictionOf('before'), true);
    disk.stall(true);
    const all: Promise<void>[] = [];
    for (const id of idsOf('t', 50)) {
      all.push(spool.append(predictionOf(id), true));
      await new Promise((resolve) => setImmediate(resolve));
    }
    disk.stall(false);
    await Promise.all(all);
    // The first, what was begun when the disk stalled, and all the rest.
    expect(syncs).toBe(3);
  });
});

describe('a store that is away', () => {
  it('fills the disk to its bound, then records are refused until the store takes them', async () => {
    world = await createLogWorld({ disk: 40_000, sealEvery: 60_000 });
    let away = true;
    const store: Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'> = {
      putFile: async (path) => {
        if (away) throw new Error('connection refused');
        return world.store.putFile(path);
      },
      readPointer: (key) => world.store.readPointer(key),
      writePointer: (key, value, expected) => world.store.writePointer(key, value, expected),
    };
    const spool = await world.open({ store });
    const taken: string[] = [];
    let why: unknown = null;
    for (const id of idsOf('o', 2_000)) {
      try {
        await spool.append(predictionOf(id), true);
        taken.push(id);
      } catch (error) {
        why = error;
        break;
      }
    }
    expect(why).toBeInstanceOf(LogRefusedError);
    expect(String(why)).toContain('wait for the store: gateway.log.disk allows 40000');
    expect(taken.length).toBeGreaterThan(100);
    expect(spool.health()).toMatchObject({ problem: expect.stringContaining('wait for the store') as string });
    expect(spool.health().waitingSegments).toBeGreaterThan(1);
    expect(spool.health().waitingBytes).toBeGreaterThan(20_000);
    away = false;
    await until('there is room again', () => spool.health().problem === null);
    await spool.append(predictionOf('after'), true);
    await spool.close(60_000);
    expect((await world.stored()).toSorted()).toEqual([...taken, 'after'].toSorted());
    expect(spool.health()).toMatchObject({ problem: 'the prediction log is closed', waitingBytes: 0 });
  });
});
