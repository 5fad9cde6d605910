import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApplyTraffic } from '../../activities/release/apply-traffic.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { createGatewayApiTarget } from '../../ports/release-target/gateway-api.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { gatewayController } from '../support/platforms/gateway-controller.ts';
import { readDefinition, startCluster, type Cluster } from '../support/platforms/kubernetes-api.ts';
import { temporaryConfig } from '../support/temporal.ts';
import { never, stubTarget } from './stub-target.ts';

const services = ['churn-v1', 'churn-v2'];
const rest = { previous: null, shadow: null, frozen: false, salt: 's', release: 'r/1', actor: 'test', reason: 'test' };

describe('the activity that makes a platform serve by the deployment record', () => {
  let ports: OpenedPorts;
  let cluster: Cluster;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const { config, ...temporary } = await temporaryConfig();
    remove = temporary.remove;
    cluster = await startCluster(
      readDefinition('http-route'),
      'churn',
      { parentRefs: [{ name: 'public' }], rules: [{ backendRefs: [{ name: 'churn-v1', port: 80 }] }] },
      gatewayController(services),
      services,
    );
    const target = createGatewayApiTarget('churn', {
      kubeconfig: cluster.kubeconfig('all'),
      context: null,
      namespace: cluster.namespace,
      route: 'churn',
      service: 'churn-v{version}',
      poll: 1,
      settle: 5_000,
    });
    ports = { ...openPorts(config, definitionLoaders(config)), releaseTarget: () => target };
    for (const name of ['one', 'two', 'three']) await addVersion(name);
  });
  afterEach(async () => {
    await ports.close();
    await cluster.close();
    await remove();
  });

  async function addVersion(name: string): Promise<void> {
    const bytes = await ports.store.putBlob(new TextEncoder().encode(name));
    await ports.registry.register({
      schema: 'pawl.version/1',
      model: 'churn',
      created: '2026-01-01T00:00:00.000Z',
      run: name,
      candidate: { model: bytes, fp32: bytes, variant: 'fp32' },
      lineage: {
        definition: bytes,
        dataset: bytes,
        snapshot: bytes,
        training: null,
        champion: null,
        code: 'test',
        environment: {},
      },
      verdicts: [],
      subject: { run: name, definition: bytes, snapshot: bytes, model: bytes, stages: [] },
      evidence: bytes,
    });
  }
  const write = (champion: number, canary: { version: number; share: number } | null) =>
    ports.registry.changeDeployment('churn', () => ({ ...rest, champion, canary }));
  const shares = async () => (await ports.releaseTarget('churn').observed()).shares;
  const apply = (insist = false) => createApplyTraffic(ports)({ model: 'churn', insist });

  it('follows canary, promotion and rollback, and writes nothing for a retry', async () => {
    expect(await apply()).toBeNull();
    await write(1, { version: 2, share: 0.25 });
    expect(await apply()).toMatchObject({ seq: 1 });
    expect(await shares()).toEqual([
      { version: 1, share: 0.75 },
      { version: 2, share: 0.25 },
    ]);
    const writes = cluster.writes();
    await apply();
    expect(cluster.writes()).toBe(writes);
    await write(2, null);
    await apply();
    expect(await shares()).toEqual([{ version: 2, share: 1 }]);
    await write(1, null);
    await apply();
    expect(await shares()).toEqual([{ version: 1, share: 1 }]);
  });

  it('ends with the record of now, though it changed while the platform was asked', async () => {
    await write(1, { version: 2, share: 0.25 });
    const target = ports.releaseTarget('churn');
    let isFirst = true;
    const late = {
      ...target,
      async apply(...given: Parameters<typeof target.apply>) {
        if (isFirst) await write(1, null);
        isFirst = false;
        await target.apply(...given);
      },
    };
    const asked = { ...ports, releaseTarget: () => late };
    expect(await createApplyTraffic(asked)({ model: 'churn', insist: false })).toMatchObject({ seq: 2 });
    expect(await shares()).toEqual([{ version: 1, share: 1 }]);
  });

  it('lets go of a step that the platform never carries out once another record is in force', async () => {
    await write(1, { version: 2, share: 0.25 });
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const target = stubTarget(async ({ canary }, signal) => {
      if (canary === null) return;
      isAsked();
      await never(signal);
    });
    const applied = createApplyTraffic({ ...ports, releaseTarget: () => target })({ model: 'churn', insist: false });
    await asked;
    await write(1, null);
    expect(await applied).toMatchObject({ seq: 2 });
    expect(target.served).toEqual(['champion 1']);
  });

  it('ends a step that cannot be mended, and has a rollback tried again', async () => {
    await write(1, { version: 3, share: 0.5 });
    await expect(apply()).rejects.toMatchObject({ type: 'InvalidConfigError' });
    const insisting = (await apply(true).catch((error: unknown) => error)) as Error & { type?: string };
    expect(insisting.message).toContain('is not served by its record yet: there is no Service');
    expect(insisting.type).toBeUndefined();
  });
});
