import { afterEach, describe, expect, it } from 'vitest';
import { digestSchema } from '../../contracts/digest.ts';
import { gatewayGuardEvidenceSchema, type GatewayGuardEvidence } from '../../contracts/evidence/gateway-guard.ts';
import { takeOut } from '../../gateway/guard/roll-back-canary.ts';
import { get, until, type World } from './harness.ts';
import {
  askKeys,
  burningModel,
  canaryWorld,
  changedEngine,
  errorGuard,
  holder,
  judging,
  keysOf,
  metric,
  recordOf,
  slotsOf,
} from './guard-world.ts';
import { tinyModel } from './models.ts';
import { judgedAgain } from './judged-again.ts';

let world: World;
afterEach(() => world.close());

/** The evidence that the record's reason names. */
async function evidenceIn(reason: string): Promise<GatewayGuardEvidence> {
  const digest = digestSchema.parse(/sha256:[0-9a-f]{64}/.exec(reason)?.[0]);
  return gatewayGuardEvidenceSchema.parse(JSON.parse(new TextDecoder().decode(await world.store.getBlob(digest))));
}

describe('the guard of the gateways, with nothing alive but them and the store', () => {
  it('takes a canary out that fails, keeps why, and lets go of the release', async () => {
    world = await canaryWorld(burningModel());
    const previous = await world.addVersion(tinyModel(0.5));
    await world.deploy({ previous, frozen: true, shadow: { version: 2, sample: 0.1 } });
    const gateway = await world.gateway();
    await judging(gateway);
    expect(await askKeys(gateway, keysOf('before', 200))).toContain(2);
    await until('the canary is out', async () => (await recordOf(world)).canary === null);
    const record = await recordOf(world);
    expect(record).toMatchObject({
      champion: 1,
      previous,
      shadow: null,
      release: null,
      guard: null,
      frozen: true,
      actor: 'gateway one',
      reason: expect.stringContaining('rate of keys with an error is more than 2 times that of version 1') as string,
    });
    const evidence = await evidenceIn(record.reason);
    expect(evidence).toMatchObject({
      release: holder,
      version: 2,
      champion: 1,
      instance: 'one',
      slot: 0,
      alpha: 0.001,
    });
    expect(judgedAgain(evidence)).toEqual({ eValue: evidence.eValue, fired: true });
    expect(new Set(await askKeys(gateway, keysOf('after', 50)))).toEqual(new Set([1]));
    await until('it is counted', async () => (await metric(gateway, 'pawl_gateway_guard_rollbacks_total')) === 1);
    await until('it is ready', async () => (await get(`${gateway.url}/readyz`)).body.status === 'ready');
  });

  it('takes a canary out that is slow', async () => {
    const bytes = tinyModel(1);
    world = await canaryWorld(bytes, { slots: 4, errors: null, slow: { alpha: 0.01, ms: 100, ratio: 2 } });
    const inference = changedEngine(bytes, async (run) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return run();
    });
    const gateway = await world.gateway('one', { inference });
    await judging(gateway);
    await askKeys(gateway, keysOf('k', 80));
    await until('the canary is out', async () => (await recordOf(world)).canary === null);
    const { reason } = await recordOf(world);
    expect(reason).toContain('an answer slower than 100 ms is more than 2 times that of version 1');
    expect(judgedAgain(await evidenceIn(reason)).fired).toBe(true);
  });

  it('leaves a canary alone that fails as often as the champion', async () => {
    const canary = tinyModel(1);
    world = await canaryWorld(canary, { ...errorGuard, errors: { alpha: 0.001, ratio: 1.5 } });
    let runs = 0;
    const flaky = async <T>(run: () => Promise<T>): Promise<T> => {
      runs += 1;
      if (runs % 4 === 0) throw new Error('a passing fault');
      return run();
    };
    const shared = changedEngine(canary, flaky);
    const champion = changedEngine(tinyModel(0), flaky);
    const inference: typeof shared = {
      ...shared,
      load: async (bytes) => (Buffer.compare(bytes, canary) === 0 ? shared : champion).load(bytes),
    };
    const gateway = await world.gateway('one', { inference });
    await judging(gateway);
    await askKeys(gateway, keysOf('k', 300));
    expect((await recordOf(world)).canary).toEqual({ version: 2, share: 0.2 });
    const evidence = await metric(gateway, 'pawl_gateway_guard_evidence');
    expect(evidence).not.toBe(1);
    expect(evidence).toBeLessThan(Number(await metric(gateway, 'pawl_gateway_guard_limit')));
  });

  it('is one rollback where two gateways fire at the same time', async () => {
    world = await canaryWorld(burningModel());
    const gateways = await Promise.all([world.gateway('one'), world.gateway('two')]);
    await Promise.all(gateways.map(judging));
    expect((await slotsOf(world)).toSorted()).toEqual(['one', 'two']);
    const { seq } = await recordOf(world);
    await Promise.all(gateways.map((gateway) => askKeys(gateway, keysOf('k', 200))));
    await until('the canary is out', async () => (await recordOf(world)).canary === null);
    for (const gateway of gateways) expect(await askKeys(gateway, keysOf('after', 30))).not.toContain(2);
    expect((await recordOf(world)).seq).toBe(seq + 1);
    const counted = await Promise.all(gateways.map((one) => metric(one, 'pawl_gateway_guard_rollbacks_total')));
    expect(counted.filter((times) => times !== null)).toEqual([1]);
  });

  it('gives a gateway that was started again another slot, and none once all are taken', async () => {
    world = await canaryWorld(burningModel(), { ...errorGuard, slots: 2 });
    const first = await world.gateway();
    await judging(first);
    await first.close();
    await judging(await world.gateway());
    expect(await slotsOf(world)).toEqual(['one', 'one']);
    const lines: string[] = [];
    const late = await world.gateway('late', { report: (line) => lines.push(line) });
    await until('it says so', () => lines.some((line) => line.includes('others hold all 2 slots')));
    expect(await metric(late, 'pawl_gateway_guard_judging')).toBe(0);
    expect(await askKeys(late, keysOf('k', 200))).toContain(2);
    expect((await recordOf(world)).canary).not.toBeNull();
  });

  it('counts nothing before it holds a slot, and takes one as soon as the store lets it', async () => {
    world = await canaryWorld(burningModel());
    let refuse = true;
    const { registry } = world;
    const gateway = await world.gateway('one', {
      registry: {
        ...registry,
        claimGuardSlot: async (release, judge) => {
          if (refuse) throw new Error('connection refused');
          return registry.claimGuardSlot(release, judge);
        },
      },
    });
    await askKeys(gateway, keysOf('unjudged', 100));
    expect(await metric(gateway, 'pawl_gateway_guard_judging')).toBe(0);
    refuse = false;
    await judging(gateway);
    expect(await metric(gateway, 'pawl_gateway_guard_evidence')).toBe(1);
    await askKeys(gateway, keysOf('judged', 120));
    await until('the canary is out', async () => (await recordOf(world)).canary === null);
  });

  it('sends the canary nothing more though the store is gone, says so, and makes up for it when it is back', async () => {
    world = await canaryWorld(burningModel());
    const gateway = await world.gateway();
    await judging(gateway);
    world.outage(true);
    const versions = await askKeys(gateway, keysOf('k', 200));
    expect(versions).toContain(2);
    expect(versions.slice(-80)).not.toContain(2);
    await until('it says why', async () => {
      const { status, reasons } = (await get(`${gateway.url}/readyz`)).body;
      return status === 'degraded' && JSON.stringify(reasons).includes('tiny@2 gets no requests here');
    });
    expect(await metric(gateway, 'pawl_canary_share')).toBe(0);
    world.outage(false);
    await until('the canary is out', async () => (await recordOf(world)).canary === null);
    expect((await recordOf(world)).actor).toBe('gateway one');
    await until('it is ready', async () => (await get(`${gateway.url}/readyz`)).body.status === 'ready');
  });

  it('gives the canary its traffic back where the record names it again meanwhile', async () => {
    world = await canaryWorld(burningModel());
    const { registry } = world;
    let refuse = true;
    const gateway = await world.gateway('one', {
      registry: {
        ...registry,
        changeDeployment: async (model, decide) => {
          if (refuse) throw new Error('connection refused');
          return registry.changeDeployment(model, decide);
        },
      },
    });
    await judging(gateway);
    await askKeys(gateway, keysOf('k', 200));
    await until('nothing more', async () => (await metric(gateway, 'pawl_canary_share')) === 0);
    // A step of the release itself changes nothing about what was judged.
    await world.deploy({ canary: { version: 2, share: 0.3 } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await metric(gateway, 'pawl_canary_share')).toBe(0);
    await world.deploy({ release: 'release/tiny/2' });
    await until('the canary is back', async () => (await metric(gateway, 'pawl_canary_share')) === 0.3);
    refuse = false;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await recordOf(world)).canary).toEqual({ version: 2, share: 0.3 });
  });

  it('leaves a record alone that names another canary than the one it judged', async () => {
    world = await canaryWorld(burningModel());
    const evidence = gatewayGuardEvidenceSchema.parse({
      schema: 'pawl.evidence.gateway-guard/1',
      model: 'tiny',
      release: holder,
      version: 2,
      champion: 1,
      instance: 'one',
      slot: 0,
      guard: 'errors',
      ms: null,
      counts: [{ share: 0.2, champion: 0, canary: 20 }],
      canary: { requests: 20, events: 20 },
      eValue: 1e6,
      alpha: 0.001,
      ratio: 2,
      at: 1,
    });
    const before = await recordOf(world);
    expect(await takeOut({ ...world, instance: 'one' }, 'another', evidence)).toEqual({ record: before, ours: false });
    expect(await recordOf(world)).toEqual(before);
  });
});
