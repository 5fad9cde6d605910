import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import { logSegmentPrefix } from '../../contracts/serving/prediction-log.ts';
import { lockInstance } from '../../gateway/log/instance-lock.ts';
import { LogRefusedError } from '../../gateway/log/log-refused.ts';
import { until } from './harness.ts';
import { createLogWorld, framedBy, idsOf, instance, predictionOf, type LogWorld } from './log-world.ts';

let world: LogWorld;
afterEach(() => world.close());

describe('the local end of the prediction log', () => {
  it('acknowledges an entry as durable when it is in the file, and takes others in memory', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const spool = await world.open();
    expect(spool.append(predictionOf('a'), false)).toBeNull();
    await spool.append(predictionOf('b'), true);
    expect(await world.local()).toEqual(['a', 'b']);
    expect(spool.health()).toEqual({
      problem: null,
      refusing: false,
      pendingBytes: 0,
      waitingSegments: 0,
      waitingBytes: 0,
      corruptSegments: 0,
      oldestUnsyncedMs: 0,
    });
    spool.append(predictionOf('c'), false);
    expect(spool.health().pendingBytes).toBeGreaterThan(0);
    await until('all is synced though nobody waits', () => spool.health().pendingBytes === 0);
    expect(await world.local()).toEqual(['a', 'b', 'c']);
  });

  it('is one write for what comes in one turn of the event loop', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    let syncs = 0;
    const spool = await world.open({ onSynced: () => (syncs += 1) });
    const all = idsOf('g', 500);
    await Promise.all(all.map((id) => spool.append(predictionOf(id), true)));
    expect(syncs).toBe(1);
    expect(await world.local()).toEqual(all);
  });

  it('is handed over in segments of a number of records, in order, and leaves nothing here', async () => {
    world = await createLogWorld({ sealRecords: 10 });
    const spool = await world.open();
    const all = idsOf('s', 35);
    for (const id of all) await spool.append(predictionOf(id), true);
    await spool.close(60_000);
    const keys = await world.store.listPointers(logSegmentPrefix('tiny'));
    expect(keys).toHaveLength(4);
    expect(keys[0]).toMatch(/^predictions\/tiny\/\d{13}-one-00000000$/);
    expect(await world.stored()).toEqual(all);
    expect(await readdir(world.folder)).toEqual([]);
    expect(() => spool.append(predictionOf('late'), false)).toThrow(LogRefusedError);
  });

  it('is handed over after a time', async () => {
    world = await createLogWorld({ sealEvery: 20 });
    const spool = await world.open();
    spool.append(predictionOf('a'), false);
    await until('it is in the store', async () => (await world.stored()).length === 1);
  });

  it('keeps what belongs to several models, and to more deployments than a segment numbers, apart', async () => {
    world = await createLogWorld({ sealEvery: 60_000 });
    const spool = await world.open();
    const all = idsOf('d', 700);
    for (const [seq, id] of all.entries()) {
      const durable = seq % 100 === 99;
      await spool.append(predictionOf(id, { seq }), durable);
      // One write may hold any number of deployments; the next one then begins another segment.
      await spool.append(predictionOf(id, { model: 'other', seq }), seq === 299);
    }
    await spool.close(60_000);
    expect(await world.stored()).toEqual(all);
    expect((await world.store.listPointers(logSegmentPrefix('tiny'))).length).toBeGreaterThan(1);
    expect((await world.store.listPointers(logSegmentPrefix('other'))).length).toBeGreaterThan(1);
  });

  it('recovers what an earlier process left, without torn tails, empty files and half-made Parquet', async () => {
    world = await createLogWorld();
    await mkdir(world.folder, { recursive: true });
    const whole = framedBy(new FrameWriter(), ['a', 'b', 'c']);
    const put = (name: string, bytes: Uint8Array): Promise<void> => writeFile(join(world.folder, name), bytes);
    await put('0000000000005-00000007.log', whole.subarray(0, whole.length - 3));
    await put('0000000000005-00000007.parquet', whole);
    await put('0000000000006-00000008.log', whole.subarray(0, 20));
    await put('0000000000007-00000009.log', new Uint8Array());
    // What a loss of power may leave where a file had grown and its bytes were not there yet.
    await put('0000000000008-00000010.log', Buffer.concat([framedBy(new FrameWriter(), ['d']), new Uint8Array(500)]));
    const spool = await world.open();
    await spool.append(predictionOf('e'), true);
    await spool.close(60_000);
    expect((await world.stored()).toSorted()).toEqual(['a', 'b', 'd', 'e']);
    const keys = await world.store.listPointers(logSegmentPrefix('tiny'));
    expect(keys.map((key) => key.slice(-8)).toSorted()).toEqual(['00000007', '00000010', '00000011']);
    expect(await readdir(world.folder)).toEqual([]);
    expect(world.reports.filter((report) => report.includes('were cut off'))).toHaveLength(2);
  });

  it('is given to one of many that want it at once, after any lock of a dead process', async () => {
    world = await createLogWorld();
    const folder = join(world.folder, 'locked');
    for (const left of [null, '{"pid":999999999,"start":"1"}', '{"pi']) {
      await mkdir(folder, { recursive: true });
      if (left !== null) await symlink(left, join(folder, 'lock.json'));
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockInstance(folder, 'one')));
      const locks = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(locks).toHaveLength(1);
      expect(await readdir(folder)).toEqual(['lock.json']);
      locks[0]?.();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('belongs to one process at a time', async () => {
    world = await createLogWorld();
    const spool = await world.open();
    await expect(world.open()).rejects.toThrow('a gateway named "one" is already running');
    await spool.close(0);
    await world.open();
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 1, start: 'never' })],
    ['what is not a process', '{"pid":1'],
  ])('ignores the lock of %s', async (_, lock) => {
    world = await createLogWorld();
    const folder = join(world.home, 'gateway', instance);
    await mkdir(folder, { recursive: true });
    await symlink(lock, join(folder, 'lock.json'));
    const spool = await world.open();
    await spool.append(predictionOf('a'), true);
  });
});

/** Runs the appender, and returns the ids that it acknowledged before `stop` was true of them and it was killed. */
async function appendUntilKilled(
  kind: 'both' | 'durable',
  stop: (acknowledged: ReadonlySet<string>) => boolean | Promise<boolean>,
  limit = '',
): Promise<{ acknowledged: Set<string>; refused: Set<string> }> {
  const script = join(import.meta.dirname, 'log-appender.ts');
  const command = [process.execPath, '--import', 'tsx', script, world.home, world.store.url, kind];
  const shell = `${limit} exec ${command.map((part) => `'${part}'`).join(' ')}`;
  const child = spawn('bash', ['-c', shell], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [acknowledged, refused] = [new Set<string>(), new Set<string>()];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, id] = /^refused (.*)$/.exec(line) ?? [];
      if (id === undefined) acknowledged.add(line);
      else refused.add(id);
    }
  });
  try {
    await until('enough was acknowledged', () => child.exitCode !== null || stop(acknowledged), 60_000);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  expect(child.signalCode).toBe('SIGKILL');
  return { acknowledged, refused };
}

const doubled = (ids: readonly string[]): string[] => ids.filter((id, i) => ids.indexOf(id) !== i);

describe('a process that is killed while it appends', () => {
  it('loses nothing that it acknowledged as durable, and doubles nothing, however often', async () => {
    world = await createLogWorld();
    let all = new Set<string>();
    for (const round of [0, 1, 2]) {
      // Ids begin again with each process, so each round is looked at alone.
      const before = (await world.stored()).length;
      const { acknowledged } = await appendUntilKilled('both', async (known) => known.size > 500 + round * 300);
      const spool = await world.open();
      await spool.close(60_000);
      const found = (await world.stored()).slice(before);
      expect([...acknowledged].filter((id) => !found.includes(id))).toEqual([]);
      expect(doubled(found)).toEqual([]);
      all = new Set([...all, ...acknowledged]);
    }
    expect(all.size).toBeGreaterThan(500);
    expect(await readdir(world.folder)).toEqual([]);
  });

  it('goes on in another segment where a file can grow no more, and loses and doubles nothing either', async () => {
    world = await createLogWorld();
    // Files of 16 KiB at most: a write beyond fails with EFBIG, often after a part of it.
    const { acknowledged, refused } = await appendUntilKilled(
      'durable',
      (known) => known.size > 2_000,
      'ulimit -f 16;',
    );
    expect(refused).toEqual(new Set());
    const spool = await world.open();
    await spool.close(60_000);
    const found = await world.stored();
    expect([...acknowledged].filter((id) => !found.includes(id))).toEqual([]);
    expect(doubled(found)).toEqual([]);
    expect((await world.store.listPointers(logSegmentPrefix('tiny'))).length).toBeGreaterThan(5);
  });
});
