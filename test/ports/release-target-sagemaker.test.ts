import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSageMakerTarget, type SageMakerOptions } from '../../ports/release-target/sagemaker.ts';
import { model, releaseTargetSuite, trafficOf } from '../contracts/release-target.suite.ts';
import { startSageMaker, type SageMakerServer } from '../support/platforms/sagemaker-api.ts';

/** Sets credentials as a user would, for the SDK's own chain. */
function useCredentials(accessKeyId: string): void {
  process.env.AWS_ACCESS_KEY_ID = accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
}

const optionsOf = (server: SageMakerServer, change: Partial<SageMakerOptions> = {}): SageMakerOptions => ({
  endpointName: 'churn',
  region: 'eu-central-1',
  variant: 'v{version}',
  endpoint: server.endpoint,
  poll: 1,
  settle: 5_000,
  ...change,
});

const start = (): Promise<SageMakerServer> => startSageMaker('churn', { v1: 1, v2: 0, v3: 0, spare: 0 });

releaseTargetSuite('sagemaker', async () => {
  const server = await start();
  useCredentials('good');
  const open = (change: Partial<SageMakerOptions> = {}) => createSageMakerTarget(model, optionsOf(server, change));
  const forbidden = open();
  return {
    target: open(),
    record: async () => undefined,
    writes: () => server.writes(),
    foreign: () =>
      [...server.variants].map(([name, { weight, instances }]) => [name, instances, name === 'spare' ? weight : 0]),
    editMeanwhile: () =>
      server.beforeNextWrite(() =>
        server.variants.set('v1', { weight: server.variants.get('v1')?.weight ?? 0, instances: 5 }),
      ),
    unusable: {
      absent: open({ endpointName: 'no-such-endpoint' }),
      forbidden: {
        ...forbidden,
        async apply(traffic) {
          useCredentials('bad');
          await forbidden.apply(traffic).finally(() => useCredentials('good'));
        },
      },
      away: open({ endpoint: 'http://127.0.0.1:9' }),
    },
    close: () => server.close(),
  };
});

describe('the SageMaker target', () => {
  let server: SageMakerServer;
  beforeEach(async () => {
    useCredentials('good');
    server = await start();
  });
  afterEach(() => server.close());

  test('gives any share, rolls back by one call, and leaves instances alone', async () => {
    const target = createSageMakerTarget(model, optionsOf(server));
    await target.apply(trafficOf(1, 2, 0.001));
    expect(server.variants.get('v2')).toEqual({ weight: Math.fround(0.001), instances: 2 });
    const writes = server.writes();
    await target.apply(trafficOf(1));
    expect(server.writes() - writes).toBe(1);
    expect(server.variants.get('v2')).toEqual({ weight: 0, instances: 2 });
  });

  test('refuses a version without a variant, and a variant of others that takes traffic, before it writes', async () => {
    const target = createSageMakerTarget(model, optionsOf(server));
    const refused = (message: string) => ({
      type: 'InvalidConfigError',
      message: expect.stringContaining(message) as string,
    });
    await expect(target.apply(trafficOf(1, 9, 0.1))).rejects.toMatchObject(refused('no production variant "v9"'));
    server.variants.set('spare', { weight: 1, instances: 1 });
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject(refused('"spare" takes part'));
    expect(server.writes()).toBe(0);
  });

  test('says that an endpoint has failed, and asks for no retry', async () => {
    server.status = 'Failed';
    await expect(createSageMakerTarget(model, optionsOf(server)).apply(trafficOf(1))).rejects.toMatchObject({
      type: 'InvalidConfigError',
      message: expect.stringContaining('no capacity') as string,
    });
  });

  test('gives up, to be tried again, while somebody else changes the endpoint', async () => {
    server.status = 'Updating';
    const target = createSageMakerTarget(model, optionsOf(server, { settle: 20 }));
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ name: 'TargetNotSettledError' });
    server.status = 'InService';
    server.refuseNext('ValidationException', 'Cannot update in-progress endpoint.');
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ name: 'TargetOutageError' });
    await createSageMakerTarget(model, optionsOf(server)).apply(trafficOf(1, 2, 0.1));
    expect(server.variants.get('v2')?.weight).toBe(Math.fround(0.1));
  });

  test('asks for no retry where the account has no more capacity', async () => {
    server.refuseNext('ResourceLimitExceeded', 'the account has no more of these');
    await expect(createSageMakerTarget(model, optionsOf(server)).apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({
      type: 'InvalidConfigError',
    });
  });
});
