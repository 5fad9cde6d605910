import { assert, double, property } from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createGatewayApiTarget, type GatewayApiOptions } from '../../ports/release-target/gateway-api.ts';
import { largestWeight, weightsOf } from '../../ports/release-target/http-route.ts';
import { model, releaseTargetSuite, trafficOf } from '../contracts/release-target.suite.ts';
import { gatewayController } from '../support/platforms/gateway-controller.ts';
import { readDefinition, startCluster, type Cluster, type ClusterObject } from '../support/platforms/kubernetes-api.ts';

const services = ['churn-v1', 'churn-v2', 'churn-v3', 'website', 'canary-of-others'];

interface Rule {
  matches?: unknown;
  timeouts?: unknown;
  backendRefs?: { name: string; port: number; weight?: number; filters?: unknown }[];
}

const header = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-team', value: 'risk' }] } };
const rules = (): Rule[] => [
  { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: 'website', port: 80 }] },
  { matches: [{ path: { type: 'Exact', value: '/gone' } }] },
  {
    matches: [{ path: { type: 'PathPrefix', value: '/v2/models/churn' } }],
    timeouts: { request: '2s' },
    backendRefs: [{ name: 'churn-v1', port: 8080, filters: [header] }],
  },
];

const start = (rulesOf = rules(), tick = gatewayController(services)): Promise<Cluster> =>
  startCluster(
    readDefinition('http-route'),
    'churn',
    { parentRefs: [{ name: 'public' }], hostnames: ['models.example.com'], rules: rulesOf },
    tick,
    services,
  );

const rulesIn = ({ spec }: ClusterObject): Rule[] => spec.rules as Rule[];

const optionsOf = (cluster: Cluster, change: Partial<GatewayApiOptions> = {}): GatewayApiOptions => ({
  kubeconfig: cluster.kubeconfig('all'),
  context: null,
  namespace: cluster.namespace,
  route: 'churn',
  service: '{model}-v{version}',
  poll: 1,
  settle: 5_000,
  ...change,
});

releaseTargetSuite('gatewayApi', async () => {
  const cluster = await start();
  const open = (change: Partial<GatewayApiOptions> = {}) => createGatewayApiTarget(model, optionsOf(cluster, change));
  return {
    target: open(),
    record: async () => undefined,
    writes: () => cluster.writes(),
    foreign() {
      const { rules, ...spec } = cluster.object().spec;
      const others = (rules as Rule[]).map(({ backendRefs = [], ...rule }) => ({
        rule,
        backends: backendRefs.filter(({ name }) => !name.startsWith('churn-v')),
        // Each of ours has what the first one had.
        kept: backendRefs.every(
          ({ name, port, filters }) => !name.startsWith('churn-v') || (port === 8080 && filters !== undefined),
        ),
      }));
      return { spec, others, annotations: cluster.object().metadata.annotations };
    },
    editMeanwhile: () =>
      cluster.beforeNextWrite(() => cluster.edit((object) => (rulesIn(object)[0] = weighted(object)))),
    unusable: {
      absent: open({ route: 'no-such-route' }),
      forbidden: open({ kubeconfig: cluster.kubeconfig('reads') }),
      away: open({ kubeconfig: cluster.kubeconfig('away') }),
    },
    close: () => cluster.close(),
  };
});

function weighted(object: ClusterObject): Rule {
  const [first] = rulesIn(object);
  return {
    ...first,
    backendRefs: [
      { name: 'website', port: 80, weight: 3 },
      { name: 'canary-of-others', port: 80, weight: 1 },
    ],
  };
}

describe('the Gateway API target', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  test('writes small integer weights, waits until they are in force, and rolls back by one write', async () => {
    cluster = await start();
    const target = createGatewayApiTarget(model, optionsOf(cluster));
    await target.apply(trafficOf(1));
    await target.apply(trafficOf(1, 2, 0.001));
    const weights = () => rulesIn(cluster.object())[2]?.backendRefs?.map(({ name, weight }) => [name, weight]);
    expect(weights()).toEqual([
      ['churn-v1', 999],
      ['churn-v2', 1],
    ]);
    const { status, metadata } = cluster.object();
    expect(status).toMatchObject({ parents: [{ conditions: [{ observedGeneration: metadata.generation }, {}] }] });
    const writes = cluster.writes();
    await target.apply(trafficOf(1));
    expect(cluster.writes() - writes).toBe(1);
    expect(weights()).toEqual([['churn-v1', 1]]);
  });

  test('refuses a version that has no Service before it writes', async () => {
    cluster = await start();
    const target = createGatewayApiTarget(model, optionsOf(cluster));
    await expect(target.apply(trafficOf(1, 9, 0.1))).rejects.toMatchObject({
      type: 'InvalidConfigError',
      details: { service: 'churn-v9' },
    });
    expect(cluster.writes()).toBe(0);
  });

  test.each([
    ['no rule belongs to the model', [{ backendRefs: [{ name: 'website', port: 80 }] }], 'no rule of'],
    [
      'a backend of others takes a part',
      [
        {
          backendRefs: [
            { name: 'churn-v1', port: 80 },
            { name: 'website', port: 80 },
          ],
        },
      ],
      'takes part of the traffic',
    ],
  ])('refuses a route where %s', async (_, rules, message) => {
    cluster = await start(rules);
    await expect(createGatewayApiTarget(model, optionsOf(cluster)).apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({
      type: 'InvalidConfigError',
      message: expect.stringContaining(message) as string,
    });
  });

  test('says what the gateway refuses, and asks for no retry', async () => {
    cluster = await start(rules(), gatewayController(services, 'UnsupportedValue'));
    await expect(createGatewayApiTarget(model, optionsOf(cluster)).apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({
      type: 'InvalidConfigError',
      message: expect.stringContaining('this gateway cannot do that') as string,
    });
  });

  test('gives up, to be tried again, where no gateway reports', async () => {
    cluster = await start(rules(), () => undefined);
    const target = createGatewayApiTarget(model, optionsOf(cluster, { settle: 20 }));
    await expect(target.apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({ name: 'TargetNotSettledError' });
  });

  test('passes on what the API server refuses as invalid', async () => {
    cluster = await start([{ backendRefs: [{ name: 'churn-v1', port: 80 }] }]);
    cluster.edit(({ spec }) => (spec.hostnames = 'no list'));
    await expect(createGatewayApiTarget(model, optionsOf(cluster)).apply(trafficOf(1, 2, 0.1))).rejects.toMatchObject({
      type: 'InvalidConfigError',
      message: expect.stringContaining('hostnames') as string,
    });
  });
});

test('weights are whole, within what the API allows, and right to a millionth for any share', () => {
  assert(
    property(double({ min: 0, max: 1, noNaN: true }), (share) => {
      const { champion, canary } = weightsOf(share);
      const whole = [champion, canary].every(
        (weight) => Number.isInteger(weight) && weight >= 0 && weight <= largestWeight,
      );
      return whole && Math.abs(canary / (champion + canary) - share) <= 0.5 / largestWeight + 1e-12;
    }),
  );
  expect(weightsOf(0.05)).toEqual({ champion: 19, canary: 1 });
  expect(weightsOf(0)).toEqual({ champion: 1, canary: 0 });
  expect(weightsOf(1)).toEqual({ champion: 0, canary: 1 });
});
