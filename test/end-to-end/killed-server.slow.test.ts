import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointOf, decide, openScene, promoteFirst, resultOf, until, untilPhase, type Scene } from './scene.ts';
import { patience } from '../support/patience.ts';

describe('a Temporal server that is killed', { timeout: patience(400_000) }, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({
      trainer: { hidden: [128, 64], epochs: 60, patience: 60, batchSize: 16 },
      file: { work: { training: { heartbeat: '2s' } } },
    });
  });
  afterAll(() => scene?.stop());

  const killServer = async (): Promise<void> => {
    const { server } = scene.platform.pids();
    process.kill(server ?? -1, 'SIGKILL');
    await until('the server runs again', async () => {
      if (scene.platform.pids().server === server) return null;
      await scene.ports.client.connection.workflowService.getSystemInfo({});
      return true;
    });
  };

  it('is started again, in a training and in a canary: the run ends as it would have, and traffic notices nothing', async () => {
    expect((await promoteFirst(scene)).outcome).toBe('promoted');
    const before = scene.platform.pids();
    const traffic = scene.traffic();
    const run = await scene.start('second', { data: { from: 2015, to: 2015, limit: 5_000 } });
    await until('the training has a checkpoint', () => checkpointOf(run));
    await killServer();
    await decide(run, 'approve');
    await untilPhase(scene, 'canary');
    await killServer();

    expect(await resultOf(run)).toMatchObject({ outcome: 'promoted', version: 2 });
    await traffic.stop();
    const { counts } = traffic;
    const { workers, gateway, server } = scene.platform.pids();
    expect({ workers, gateway }).toEqual({ workers: before.workers, gateway: before.gateway });
    expect(server).not.toBe(before.server);
    expect({ errors: counts.errors, labelErrors: counts.labelErrors }).toEqual({ errors: {}, labelErrors: 0 });
    expect(counts.labels).toBe(counts.requests);
    expect(counts.versions['2']?.answers).toBeGreaterThan(0);
  });
});
