import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointOf, decide, openScene, resultOf, trainingOf, until, type Scene } from './scene.ts';
import { trainingRows } from './project.ts';
import { patience } from '../support/patience.ts';

const epochs = 100;

describe('a training whose worker is killed', { timeout: patience(400_000) }, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({
      trainer: { hidden: [128, 64], epochs, patience: epochs, batchSize: 16 },
      file: { work: { training: { heartbeat: '2s' } } },
    });
  });
  afterAll(() => scene?.stop());

  it('goes on from its last checkpoint on another worker, and gives the bytes of an undisturbed one', async () => {
    const request = { data: { from: 2015, to: 2015, limit: trainingRows }, seed: 11 };
    const run = await scene.start('disturbed', request);
    const saved = await until('the training has a checkpoint', () => checkpointOf(run));
    const before = scene.platform.pids().workers['cpu-gpu'] ?? -1;
    process.kill(before, 'SIGKILL');
    const { version } = await decide(run, 'approve');
    expect(await resultOf(run)).toMatchObject({ outcome: 'promoted', version: 1 });
    expect(version).toBe(1);
    expect(scene.platform.pids().workers['cpu-gpu']).not.toBe(before);
    expect(scene.said).toEqual([expect.stringMatching(/^worker-cpu-gpu .* ended by SIGKILL/)]);

    const undisturbed = await scene.start('undisturbed', { ...request, cache: false });
    await decide(undisturbed, 'reject');
    expect(await resultOf(undisturbed)).toMatchObject({ outcome: 'rejected', version: 2 });

    const [killed, whole] = [await trainingOf(scene, 1), await trainingOf(scene, 2)];
    expect(killed.training?.resumed.epoch).toBeGreaterThanOrEqual(saved);
    expect(killed.training?.resumed.epoch).toBeLessThan(epochs);
    expect(whole.training?.resumed.epoch).toBe(0);
    expect(killed.training?.curve).toHaveLength(epochs);
    expect(killed.training?.curve).toEqual(whole.training?.curve);
    expect(killed.model).toBe(whole.model);
  });
});
