import { execFileSync } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PredictionSpool } from '../../gateway/log/prediction-spool.ts';
import { createSegmentSealer } from '../../ports/prediction-log/sealing/sealer.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { describeWith } from '../support/needs.ts';
import { until } from './harness.ts';
import { createLogWorld, predictionOf, type LogWorld } from './log-world.ts';
import { patience } from '../support/patience.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const canMount = isRoot && mounts();

/** Whether this user may mount at all: a container often may not. */
function mounts(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describeWith(canMount ? null : 'no file system may be mounted here: it takes root on Linux', 'a full disk', () => {
  let world: LogWorld;
  let sealer: SegmentSealer;
  let folder = '';
  let away = true;
  let store: Pick<ArtifactStore, 'putFile' | 'readPointer' | 'writePointer'>;
  beforeEach(async () => {
    world = await createLogWorld({ sealEvery: 100 });
    sealer = createSegmentSealer(world.config);
    folder = join(world.home, 'gateway');
    await mkdir(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    away = true;
    store = {
      putFile: async (path) => {
        if (away) throw new Error('connection refused');
        return world.store.putFile(path);
      },
      readPointer: (key) => world.store.readPointer(key),
      writePointer: (key, value, expected) => world.store.writePointer(key, value, expected),
    };
  });
  afterEach(async () => {
    execFileSync('umount', ['--lazy', folder]);
    await sealer.close();
    await world.close();
  });

  /** Appends until the disk is full; ids of what was acknowledged. */
  async function fill(spool: PredictionSpool): Promise<string[]> {
    const taken: string[] = [];
    const pad = 'x'.repeat(2_000);
    for (let i = 0; ; i++) {
      try {
        await spool.append(predictionOf(`a${i}`, { error: pad }), true);
        taken.push(`a${i}`);
      } catch {
        break;
      }
      if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 150));
    }
    // Not a byte is left.
    const rest = await open(join(folder, 'rest'), 'w');
    await rest.write(Buffer.alloc(4 * 1024 * 1024)).catch(() => undefined);
    await rest.write(Buffer.alloc(1)).catch(() => undefined);
    await rest.close();
    expect((await statfs(folder)).bavail).toBe(0);
    return taken;
  }

  const idsInStore = async (): Promise<number> => (await world.store.listPointers('predictions/tiny/')).length;

  it(
    'heals when the store comes back, though no byte is left to convert a segment in',
    { timeout: patience(90_000) },
    async () => {
      const spool = await world.open({ store, sealer });
      const taken = await fill(spool);
      expect(taken.length).toBeGreaterThan(100);
      expect(spool.health().problem).toContain('ENOSPC');
      const waiting = spool.health().waitingSegments;
      expect(waiting).toBeGreaterThan(1);
      away = false;
      await until('all is handed over', () => spool.health().waitingSegments === 0, 30_000);
      await rm(join(folder, 'rest'));
      await until('records are taken again', () => spool.health().problem === null, 30_000);
      await spool.append(predictionOf('after'), true);
      expect(await idsInStore()).toBeGreaterThanOrEqual(waiting);
    },
  );

  it(
    'keeps no gateway from starting, and from handing over what is there, the oldest first',
    { timeout: patience(90_000) },
    async () => {
      const first = await world.open({ store, sealer });
      await fill(first);
      await first.close(0);
      const order: string[] = [];
      const watched = {
        ...store,
        writePointer: (...args: Parameters<typeof store.writePointer>) => {
          order.push(args[0]);
          return store.writePointer(...args);
        },
      };
      const second = await world.open({ store: watched, sealer });
      const waiting = second.health().waitingSegments;
      expect(waiting).toBeGreaterThan(1);
      away = false;
      await until('all is handed over', () => second.health().waitingSegments === 0, 30_000);
      expect(order).toEqual(order.toSorted());
      expect(order).toHaveLength(waiting);
    },
  );
});
