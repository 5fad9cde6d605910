import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../../contracts/release/release.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';
import { createSegmentSealer } from '../../ports/prediction-log/sealing/sealer.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { burningModel, changedEngine } from '../gateway/guard-world.ts';
import { ask, post, rowsOf } from '../gateway/harness.ts';
import { tinyModel } from '../gateway/models.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startHarness, until, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import { patience } from '../support/patience.ts';

type Row = [age: number, sector: string];

const slowModel = tinyModel(0.001);
const wrongModel = tinyModel(-9);
/** The shadow alone, or the canary alone, goes on until a guard fires. */
const inShadow = { shadow: { sample: 1, minRequests: 1_000_000, duration: 0 }, gatewayGuards: 0 };
const inCanary = { shadow: { sample: 0 }, steps: [0.5], minStepRequests: 1_000_000 };

describe('a real gateway under a release', { timeout: patience(120_000) }, () => {
  let temporal: TestTemporal;
  let harness: Harness;
  let sealer: SegmentSealer;
  const { start, result } = releasesOn(() => harness);
  const running: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    temporal = await startTestTemporal();
    harness = await startHarness(temporal.config, temporal.server.address);
    sealer = createSegmentSealer(harness.config);
  });
  afterEach(async () => {
    for (const one of running.splice(0).toReversed()) await one.stop();
  });
  afterAll(async () => {
    await sealer?.close();
    await harness?.stop();
    await temporal?.stop();
  });

  async function serve(inference: InferenceEngine = createOnnxInference()): Promise<Gateway> {
    const { config, ports } = harness;
    const gateway = await startGateway({
      config: {
        ...config,
        ports: { ...config.ports, gateway: 0, gatewayGrpc: 0 },
        gateway: { ...config.gateway, follow: 50, log: { ...config.gateway.log, sealEvery: 300 } },
      },
      store: ports.store,
      registry: ports.registry,
      inference,
      sealer,
      report: () => undefined,
    });
    running.push({ stop: () => gateway.close() });
    return gateway;
  }

  /** Four clients that ask with ever new keys until the test ends, and tell what was true, or what an answer was worth. */
  function load(
    gateway: Gateway,
    model: string,
    truth: number | null = null,
    rowOf?: (i: number) => Row,
    worthOf?: (version: number) => number,
  ): void {
    const state = { ended: false };
    const client = async (n: number): Promise<void> => {
      for (let i = 0; !state.ended; i++) {
        const { headers } = await ask(gateway, rowOf && rowsOf(rowOf(i)), { 'x-pawl-key': `${n}/${i}` }, model);
        const id = headers.get('x-request-id');
        if (truth !== null && id !== null)
          await post(`${gateway.url}/feedback`, { request_id: id, label: truth, model });
        if (worthOf !== undefined && id !== null)
          await post(`${gateway.url}/feedback`, {
            request_id: id,
            value: worthOf(Number(headers.get('x-pawl-version'))),
            model,
          });
        await delay(5);
      }
    };
    const clients = Promise.all([1, 2, 3, 4].map(client));
    running.push({
      async stop() {
        state.ended = true;
        await clients;
      },
    });
  }

  it('is rolled back when the copies of the candidate fail', async () => {
    const model = await harness.defineServing('fault-errors', {}, { release: inShadow }, [
      tinyModel(0),
      burningModel(),
    ]);
    load(await serve(), model);
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringContaining('with an error on a mirrored') as string,
    });
    expect(await harness.record(model)).toMatchObject({ champion: 1, canary: null, shadow: null, actor: 'guard' });
  });

  it('is rolled back when the labels say that the candidate is wrong', async () => {
    const model = await harness.defineServing(
      'fault-labels',
      {},
      { release: { ...inShadow, guards: { rules: { positives: { weight: 0 } } } } },
      [tinyModel(0), wrongModel],
    );
    load(await serve(), model, 1);
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringContaining("accuracy is worse than the champion's: ") as string,
    });
  });

  it('is rolled back when the answers of the candidate earn less, which is all that tells it from the champion', async () => {
    const model = await harness.defineServing(
      'fault-value',
      {},
      { release: { ...inCanary, gatewayGuards: 0, guards: { value: { from: 0, to: 20, maxLoss: 1 } } } },
      [tinyModel(0), tinyModel(0.001)],
    );
    load(await serve(), model, null, undefined, (version) => (version === 1 ? 12.5 : 2));
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(
        /^the mean value of live requests is too far below the champion's: .*canary 2 on average of \d+, champion 12\.5 on/,
      ) as string,
    });
    expect(await harness.record(model)).toMatchObject({ champion: 1, canary: null });
  });

  it('is rolled back when the candidate is worse for one group, which is named', async () => {
    const noOther = { accuracy: { weight: 0 }, positives: { weight: 0 } };
    const fairness = { maxGroupLoss: 0.05, minGroupKeys: 20, rates: ['tpr'], maxGroups: 5 };
    const model = await harness.defineServing(
      'fault-fairness',
      {},
      {
        features: ['age', 'sector'],
        fairness: { attributes: { sector: {} } },
        release: { ...inShadow, guards: { fairness, rules: noOther } },
      },
      // Below the threshold for sector b alone.
      [tinyModel(0), tinyModel(-1)],
    );
    load(await serve(), model, 1, (i) => (i % 4 === 0 ? [15, 'b'] : [5, 'a']));
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(
        /^a group is worse off than with the champion: .*sector = b by the TPR, changed by -100 %/,
      ) as string,
    });
  });

  it('is rolled back when the candidate changes its predictions for one segment, which is named', async () => {
    const bySegment = { column: 'sector', values: { a: 1, b: 1 } };
    const model = await harness.defineServing(
      'fault-segment',
      {},
      {
        features: ['age', 'sector'],
        // Of all keys 5 in 8 are negative instead of 3: about the ratio that is tolerated.
        release: { ...inCanary, gatewayGuards: 0, guards: { predictionRatio: 1.6, bySegment } },
      },
      // Below the threshold for sector b alone.
      [tinyModel(0), tinyModel(-1)],
    );
    load(await serve(), model, null, (i) => (i % 4 === 0 ? [15, 'b'] : i % 8 < 4 ? [5, 'a'] : [-40, 'a']));
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(
        /negative prediction is at most 1\.6 times the champion's, where sector=b/,
      ) as string,
    });
    const { registry } = harness.ports;
    const [known] = await registry.releases(model);
    const analyses = await registry.analyses(model, known?.release ?? '');
    expect(analyses.at(-1)).toMatchObject({ decision: 'rollback', fired: ['negatives[sector=b]'] });
  });

  it('is rolled back when the candidate is slow', async () => {
    const model = await harness.defineServing(
      'fault-slow',
      {},
      { release: { ...inCanary, gatewayGuards: 0, guards: { slowMs: 250, slowRatio: 2 } } },
      [tinyModel(0), slowModel],
    );
    const engine = changedEngine(slowModel, async (run) => {
      await delay(300);
      return run();
    });
    load(await serve(engine), model);
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringContaining('slower than 250 ms') as string,
    });
  });

  it('takes a burning canary out while the control plane is blind, which finds that when it sees again', async () => {
    const sight = { back: (): void => undefined };
    const blind = new Promise<void>((resolve) => (sight.back = resolve));
    const model = await harness.defineServing(
      'fault-alone',
      {
        async analysis({ phase }): Promise<Analysis['decision'] | null> {
          if (phase === 'shadow') return 'advance';
          await blind;
          return null;
        },
      },
      { release: inCanary },
      [tinyModel(0), burningModel()],
    );
    const gateway = await serve();
    load(gateway, model);
    const release = await start(model);
    const record = await until(
      () => harness.record(model),
      ({ actor }) => actor === 'gateway gateway',
      60_000,
    );
    expect(record).toMatchObject({ champion: 1, canary: null, release: null });
    sight.back();
    const ended = await result(release);
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(
        /gateway gateway: the gateways' guard "errors" took version 2 out: .*sha256:[0-9a-f]{64}/,
      ) as string,
    });
    expect((await harness.ports.registry.releases(model))[0]?.result).toEqual(ended);
  });
});
