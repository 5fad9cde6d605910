import { afterEach, describe, expect, it } from 'vitest';
import { replayMirrors, unmirroredSql, type UnmirroredRow } from '../../gateway/replay.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { queryLog } from '../../ports/prediction-log/query.ts';
import { createSegmentSealer } from '../../ports/prediction-log/sealer.ts';
import { droppedCopy, type LogRow } from '../../contracts/prediction-log.ts';
import { ask, createWorld, rowsOf, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

async function unmirrored(): Promise<UnmirroredRow[]> {
  const scope = { store: world.store, home: world.config.home, models: ['tiny'], since: 0 };
  return queryLog(scope, unmirroredSql, [], async ({ columns, batches }) => {
    const rows: UnmirroredRow[] = [];
    for await (const batch of batches)
      for (const values of batch)
        rows.push(Object.fromEntries(columns.map((name, i) => [name, values[i]])) as unknown as UnmirroredRow);
    return rows;
  });
}

const isDrop = ({ error }: LogRow): boolean => error?.startsWith(droppedCopy) === true;

describe('copies that were dropped under load', () => {
  it('are answered from the log, each once, as they would have been then', async () => {
    world = await createWorld({ shadowQueue: 1 });
    await world.addVersion(tinyModel(0));
    await world.addVersion(tinyModel(-3));
    await world.deploy({ champion: 1, shadow: { version: 2, sample: 0.5 }, release: 'release/tiny/1' });
    const gateway = await world.gateway();
    await Promise.all(Array.from({ length: 200 }, (_, i) => ask(gateway, { id: `r${i}`, ...rowsOf([i - 100, 'a']) })));
    await gateway.close();
    const before = await world.logged();
    const copies = before.filter(({ kind }) => kind === 'mirror');
    const drops = copies.filter(isDrop);
    expect(drops.length).toBeGreaterThan(0);
    const mirroredBefore = copies.length - drops.length;
    const sealer = createSegmentSealer(world.config);
    const ports = { store: world.store, registry: world.registry, inference: createOnnxInference(), sealer };
    try {
      const first = await replayMirrors(ports, 'tiny', await unmirrored());
      expect(first.failed).toBe(0);
      expect(first.answered).toBe(drops.length);
      // Half of the requests are sampled; those that were not are left alone.
      expect(Math.abs(mirroredBefore + first.answered - 100)).toBeLessThan(4 * 7.1);
      expect(await replayMirrors(ports, 'tiny', await unmirrored())).toEqual({ answered: 0, failed: 0 });
    } finally {
      await sealer.close();
    }
    const mirrors = (await world.logged()).filter((row) => row.kind === 'mirror' && !isDrop(row));
    expect(new Set(mirrors.map(({ id }) => id)).size).toBe(mirrors.length);
    for (const { id, version, label, release } of mirrors)
      expect([id, version, release, label]).toEqual([id, 2, 'release/tiny/1', Number(id.slice(1)) >= 120 ? '1' : '0']);
  });
});
