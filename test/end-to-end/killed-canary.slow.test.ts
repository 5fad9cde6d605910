import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decide, openScene, promoteFirst, resultOf, untilPhase, until, type Scene } from './scene.ts';
import { patience } from '../support/patience.ts';

describe('a canary whose release worker is killed', { timeout: patience(400_000) }, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene?.stop());

  it('is promoted as it would have been, and no request is lost', async () => {
    expect((await promoteFirst(scene)).outcome).toBe('promoted');
    const traffic = scene.traffic();
    const run = await scene.start('second', { data: { from: 2015, to: 2015, limit: 4_000 } });
    await decide(run, 'approve');
    await untilPhase(scene, 'canary');
    await until('the canary answers', async () => (traffic.counts.versions['2'] === undefined ? null : true));
    const before = scene.platform.pids();
    process.kill(before.workers['pipeline-release'] ?? -1, 'SIGKILL');
    const asked = traffic.counts.requests;
    await until('another worker runs', async () =>
      scene.platform.pids().workers['pipeline-release'] === before.workers['pipeline-release'] ? null : true,
    );

    expect(await resultOf(run)).toMatchObject({ outcome: 'promoted', version: 2 });
    await traffic.stop();
    const { counts } = traffic;
    expect(scene.said).toEqual([expect.stringMatching(/^worker-pipeline-release .* ended by SIGKILL/)]);
    expect(scene.platform.pids().gateway).toBe(before.gateway);
    expect(counts.requests).toBeGreaterThan(asked);
    expect({ errors: counts.errors, labelErrors: counts.labelErrors }).toEqual({ errors: {}, labelErrors: 0 });
    expect(counts.labels).toBe(counts.requests);
    const { record } = (await scene.ports.registry.deployment('employment')) as { record: object };
    expect(record).toMatchObject({ champion: 2, previous: 1, canary: null, release: null });
  });
});
