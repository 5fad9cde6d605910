import { array, assert, asyncProperty, boolean, integer, record } from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createKServeTarget, type KServeOptions } from '../../ports/release-target/kserve.ts';
import { model, releaseTargetSuite, targetVersion, trafficOf } from '../contracts/release-target.suite.ts';
import { kserveController } from '../support/platforms/kserve-controller.ts';
import { readDefinition, startCluster, type Cluster } from '../support/platforms/kubernetes-api.ts';

const definition = readDefinition('inference-service');

const startService = (
  controller: ReturnType<typeof kserveController>,
  storageUri = 's3://models/churn/1',
): Promise<Cluster> =>
  startCluster(
    definition,
    'churn',
    {
      predictor: {
        minReplicas: 2,
        serviceAccountName: 'reader',
        model: { modelFormat: { name: 'onnx' }, storageUri, runtime: 'triton' },
      },
    },
    controller.tick,
  );

const optionsOf = (cluster: Cluster, change: Partial<KServeOptions> = {}): KServeOptions => ({
  kubeconfig: cluster.kubeconfig('all'),
  context: null,
  namespace: cluster.namespace,
  service: 'churn',
  artifact: null,
  poll: 1,
  settle: 5_000,
  ...change,
});

releaseTargetSuite('kserve', async () => {
  const cluster = await startService(kserveController(), 's3://team/by-hand');
  const open = (change: Partial<KServeOptions> = {}) => createKServeTarget(model, optionsOf(cluster, change));
  return {
    target: open(),
    record: async () => undefined,
    writes: () => cluster.writes(),
    foreign() {
      const { metadata, spec } = cluster.object();
      const { predictor } = spec as { predictor: Record<string, unknown> };
      const { canaryTrafficPercent: _, model: served, ...rest } = predictor;
      const { storageUri: __, ...others } = served as Record<string, unknown>;
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith('pawl.dev/'));
      return { rest, others, annotations };
    },
    editMeanwhile: () =>
      cluster.beforeNextWrite(() =>
        cluster.edit(({ spec }) => ((spec as { predictor: { minReplicas: number } }).predictor.minReplicas = 7)),
      ),
    unusable: {
      absent: open({ service: 'no-such-service' }),
      forbidden: open({ kubeconfig: cluster.kubeconfig('reads') }),
      away: open({ kubeconfig: cluster.kubeconfig('away') }),
    },
    close: () => cluster.close(),
  };
});

describe('the KServe target', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  test('rolls back by one write that makes no new revision and waits for no pod', async () => {
    const controller = kserveController();
    cluster = await startService(controller);
    const target = createKServeTarget(model, optionsOf(cluster));
    for (const before of [trafficOf(1, 2, 0.1), trafficOf(2)]) {
      await target.apply(before);
      const [writes, revisions] = [cluster.writes(), controller.revisions()];
      await target.apply(trafficOf(1));
      expect(cluster.writes() - writes).toBe(1);
      expect(controller.revisions()).toBe(revisions);
      expect(cluster.object().spec).toMatchObject({ predictor: { canaryTrafficPercent: 0 } });
      expect(controller.history.at(-1)).toMatchObject({ 's3://models/churn/1': 100 });
    }
  });

  test('gives no version more than it was given, on any way from any traffic to any other, while others start or were broken off', async () => {
    const step = record({
      champion: integer({ min: 1, max: 3 }),
      other: integer({ min: 1, max: 3 }),
      percent: integer({ min: 1, max: 99 }),
      interrupted: boolean(),
    });
    const way = array(step, { minLength: 2, maxLength: 5 });
    const canaryOf = (other: number, interrupted: boolean) => ({ champion: 1, other, percent: 1, interrupted });
    const rolledBack = canaryOf(1, false);
    await assert(
      asyncProperty(way, async (steps) => {
        const controller = kserveController();
        cluster = await startService(controller);
        const target = createKServeTarget(model, optionsOf(cluster));
        const hasty = createKServeTarget(model, optionsOf(cluster, { settle: 0 }));
        let before = trafficOf(1);
        for (const { champion, other, percent, interrupted } of steps) {
          const traffic = champion === other ? trafficOf(champion) : trafficOf(champion, other, percent / 100);
          const start = controller.history.length;
          if (interrupted) await hasty.apply(traffic).catch(isUnsettled);
          await target.apply(traffic);
          for (const { version, artifact } of [1, 2, 3].map(targetVersion)) {
            const seen = controller.history.slice(start).map((shares) => shares[artifact] ?? 0);
            // On the way from one champion to another, either may serve alone.
            const champions = [traffic.champion.version, before.champion.version].includes(version);
            const most = champions ? 100 : Math.max(percentOf(before, version), percentOf(traffic, version));
            expect(Math.max(...seen)).toBeLessThanOrEqual(most + 1e-9);
            expect(seen.at(-1)).toBeCloseTo(percentOf(traffic, version));
          }
          before = traffic;
        }
        await cluster.close();
      }),
      {
        numRuns: 15,
        seed: 7,
        // The canary that was rolled back got the share of the next one, whose start was broken off.
        examples: [[[canaryOf(2, false), rolledBack, canaryOf(3, true), rolledBack]]],
      },
    );
    cluster = await startService(kserveController());
  });

  test('takes a service over as it is where it serves the champion already, and says what it did not put there', async () => {
    cluster = await startService(kserveController());
    const target = createKServeTarget(model, optionsOf(cluster));
    await target.apply(trafficOf(1));
    expect(cluster.writes()).toBe(0);
    expect(await target.observed()).toEqual({ shares: [{ version: null, share: 1 }], settled: true });
    await target.apply(trafficOf(1, 2, 0.1));
    expect(cluster.writes()).toBe(1);
    expect((await target.observed()).shares).toEqual([
      { version: 1, share: 0.9 },
      { version: 2, share: 0.1 },
    ]);
  });

  test('says why a model does not load, asks for no retry, and still rolls back', async () => {
    cluster = await startService(kserveController(['s3://models/churn/2']));
    const target = createKServeTarget(model, optionsOf(cluster));
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({
      type: 'InvalidModelError',
      message: expect.stringContaining('no such object') as string,
    });
    await target.apply(trafficOf(1));
    expect((await target.observed()).shares).toEqual([{ version: 1, share: 1 }]);
  });

  test('gives up, to be tried again, when pods take too long', async () => {
    const controller = kserveController();
    cluster = await startService(controller);
    const target = createKServeTarget(model, optionsOf(cluster, { settle: 0 }));
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ name: 'TargetNotSettledError' });
  });

  test('refuses shares that KServe would round', async () => {
    cluster = await startService(kserveController());
    const target = createKServeTarget(model, optionsOf(cluster));
    for (const share of [0.001, 0.125, 0.999, 0])
      await expect(target.apply(trafficOf(1, 2, share))).rejects.toMatchObject({
        type: 'InvalidRequestError',
        message: expect.stringContaining('whole percents') as string,
      });
    expect(cluster.writes()).toBe(0);
    await target.apply(trafficOf(1, 2, 0.07));
    expect(cluster.object().spec).toMatchObject({ predictor: { canaryTrafficPercent: 7 } });
  });

  test('refuses a service that is not on Knative, where KServe ignores the percent', async () => {
    cluster = await startCluster(
      definition,
      'churn',
      { predictor: { model: { modelFormat: { name: 'onnx' }, storageUri: 's3://models/churn/1' } } },
      (object) => (object.status = { deploymentMode: 'Standard' }),
    );
    const target = createKServeTarget(model, optionsOf(cluster));
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ type: 'InvalidConfigError' });
  });

  test('takes the URL from the template, and refuses one on this machine', async () => {
    cluster = await startService(kserveController());
    const named = createKServeTarget(model, optionsOf(cluster, { artifact: 'gs://other/{model}/{version}/{digest}' }));
    await named.apply(trafficOf(1));
    expect(cluster.object().spec).toMatchObject({
      predictor: { model: { storageUri: `gs://other/churn/1/${'1'.repeat(64)}` } },
    });
    const local = { ...trafficOf(1), champion: { ...targetVersion(1), artifact: 'file:///store/cas/1' } };
    await expect(createKServeTarget(model, optionsOf(cluster)).apply(local)).rejects.toMatchObject({
      type: 'InvalidConfigError',
    });
  });
});

function isUnsettled(error: unknown): void {
  expect(error).toMatchObject({ name: 'TargetNotSettledError' });
}

function percentOf({ champion, canary }: ReturnType<typeof trafficOf>, version: number): number {
  if (champion.version === version) return 100 - (canary?.share ?? 0) * 100;
  return canary?.version.version === version ? canary.share * 100 : 0;
}
