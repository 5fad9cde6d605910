import { describe, expect, it } from 'vitest';
import type { GatewayGuardLimits } from '../../contracts/release/deployment.ts';
import { gatewayGuardEvidenceSchema } from '../../contracts/evidence/gateway-guard.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import { FirstEvents } from '../../gateway/guard/first-events.ts';
import { ReleaseJudge, type JudgedAnswer } from '../../gateway/guard/release-judge.ts';
import { evidenceOf } from '../../gateway/guard/roll-back-canary.ts';
import { unitHash } from '../../contracts/unit-hash.ts';
import type { Route } from '../../gateway/call/infer-call.ts';
import { createRandom } from '../../ml/random.ts';
import { judgedAgain } from './judged-again.ts';

const errors: GatewayGuardLimits = { slots: 4, errors: { alpha: 0.001, ratio: 2 }, slow: null };

async function judgeOf(guard: GatewayGuardLimits = errors, mostKeys?: number): Promise<ReleaseJudge> {
  const judged = { model: 'tiny', release: 'w/r', version: 2, champion: 1, guard, identity: 'same' };
  const judge = new ReleaseJudge(judged, mostKeys);
  await judge.claim({ claimGuardSlot: async () => 0 }, 'one');
  return judge;
}

const routeTo = (arm: Route['arm'], share = 0.1): Route => ({
  version: arm === 'canary' ? 2 : 1,
  arm,
  share,
  counts: true,
});

/** A request of the canary that failed at once. */
const failed = (key: string): JudgedAnswer => ({ route: routeTo('canary'), key, ms: 1, failed: true });

describe('first events', () => {
  it('counts a key once, by the arm and share of its first event', () => {
    const first = new FirstEvents();
    expect(first.add(1, 'canary', 0.1)).toBe(true);
    expect(first.add(1, 'canary', 0.1)).toBe(false);
    expect(first.add(1, 'canary', 0.25)).toBe(false);
    expect(first.add(2, 'champion', 0.1)).toBe(true);
    expect(first.add(3, 'canary', 0.25)).toBe(true);
    expect(first.counts).toEqual([
      { share: 0.1, champion: 1, canary: 1 },
      { share: 0.25, champion: 0, canary: 1 },
    ]);
  });

  it('leaves a key its first event under a real split where one arm had all of the traffic', () => {
    const first = new FirstEvents();
    for (const share of [0, 1]) expect(first.add(1, 'canary', share)).toBe(false);
    expect(first.add(1, 'canary', 0.5)).toBe(true);
  });

  it('stops for good once there are too many keys to tell a first event from a second', () => {
    const first = new FirstEvents(2);
    for (const key of [1, 2, 3]) first.add(key, 'canary', 0.1);
    expect(first.full).toBe(true);
    expect(first.add(4, 'canary', 0.1)).toBe(false);
    expect(first.counts).toEqual([{ share: 0.1, champion: 0, canary: 2 }]);
  });
});

describe('the judge of a canary in one process', () => {
  it('fires by keys, however often one of them fails, and says so once', async () => {
    const judge = await judgeOf();
    for (let i = 0; i < 1_000; i++) expect(judge.answered(failed('one key'))).toBe(false);
    const verdicts = Array.from({ length: 60 }, (_, i) => judge.answered(failed(`key ${i}`)));
    expect(verdicts.filter(Boolean)).toHaveLength(1);
    expect(judge.fired?.name).toBe('errors');
  });

  it('counts nothing before it holds a slot', async () => {
    const judge = new ReleaseJudge({ ...(await judgeOf()).judged });
    for (let i = 0; i < 100; i++) expect(judge.answered(failed(`key ${i}`))).toBe(false);
    await judge.claim({ claimGuardSlot: async () => 0 }, 'one');
    expect(judge.counters[0]?.seen(0).counts).toEqual([]);
    expect(judge.answered(failed('key 0'))).toBe(false);
    expect(judge.counters[0]?.seen(0).counts).toEqual([{ share: 0.1, champion: 0, canary: 1 }]);
  });

  it('asks for a slot again after the store failed, and never again once none is left', async () => {
    const judge = new ReleaseJudge((await judgeOf()).judged);
    const broken = { claimGuardSlot: () => Promise.reject(new Error('connection refused')) };
    await expect(judge.claim(broken, 'one')).rejects.toThrow('connection refused');
    await judge.claim({ claimGuardSlot: async () => null }, 'one');
    expect([judge.slot, judge.refused]).toEqual([null, true]);
    await judge.claim(broken, 'one');
    expect(judge.refused).toBe(true);
  });

  it('does not judge any more once too many keys had events', async () => {
    const judge = await judgeOf(errors, 5);
    for (let i = 0; i < 200; i++) expect(judge.answered(failed(`key ${i}`))).toBe(false);
    expect(judge.counters[0]?.full).toBe(true);
  });

  it('takes no other version for the canary or the champion', async () => {
    const judge = await judgeOf();
    for (let i = 0; i < 100; i++)
      expect(judge.answered({ ...failed(`key ${i}`), route: { ...routeTo('canary'), version: 3 } })).toBe(false);
    expect(judge.counters[0]?.seen(0).counts).toEqual([]);
  });

  it('does not call a canary slow of whose requests less than one in a hundred is', async () => {
    const guard: GatewayGuardLimits = { slots: 1, errors: null, slow: { alpha: 0.01, ms: 50, ratio: 1 } };
    const rare = await judgeOf(guard);
    for (let i = 0; i < 20_000; i++)
      expect(rare.answered({ ...failed(`key ${i}`), ms: i % 150 === 149 ? 60 : 1, failed: false })).toBe(false);
    expect(rare.counters[0]?.verdict(rare.canaryRequests).eValue).toBeGreaterThan(100);
    const often = await judgeOf(guard);
    const verdicts = Array.from({ length: 20_000 }, (_, i) =>
      often.answered({ ...failed(`key ${i}`), ms: i % 50 === 49 ? 60 : 1, failed: false }),
    );
    expect(verdicts.some(Boolean)).toBe(true);
  });

  it('keeps evidence from which the verdict comes again to the same bits', async () => {
    const random = createRandom(7);
    const judge = await judgeOf({ slots: 4, errors: { alpha: 1e-5, ratio: 1.5 }, slow: null });
    let fired = false;
    for (let i = 0; i < 50_000 && !fired; i++) {
      const share = [0.05, 0.1, 0.25][Math.floor(i / 3_000)] ?? 0.5;
      const arm = random.next() < share ? 'canary' : 'champion';
      const failed = random.next() < (arm === 'canary' ? 0.03 : 0.01);
      fired = judge.answered({ route: routeTo(arm, share), key: `key ${i % 20_000}`, ms: 1, failed });
    }
    const counter = judge.fired;
    if (counter === null) throw new Error('it was not fired');
    const evidence = evidenceOf(judge, counter, { instance: 'one', at: 1 });
    const read = gatewayGuardEvidenceSchema.parse(JSON.parse(new TextDecoder().decode(canonicalJson(evidence))));
    expect(judgedAgain(read)).toEqual({ eValue: evidence.eValue, fired: true });
    expect(evidence.counts.length).toBeGreaterThan(1);
    const { counts } = evidence;
    const milder = { ...evidence, counts: counts.map((one) => ({ ...one, champion: 2 * one.champion + 5 })) };
    expect(judgedAgain(milder).fired).toBe(false);
  });
});

describe('four processes that judge the same harmless canary', () => {
  /** Whether any of the four takes it out. */
  async function release(seed: number, alpha: number, canaryRate: number): Promise<boolean> {
    const random = createRandom(seed);
    const guard: GatewayGuardLimits = {
      slots: 4,
      errors: { alpha: alpha / 8, ratio: 1 },
      slow: { alpha: alpha / 8, ms: 50, ratio: 1 },
    };
    const judges = await Promise.all(Array.from({ length: 4 }, () => judgeOf(guard)));
    const shares = [0.05, 0.2, 0.5];
    for (let i = 0; i < 6_000; i++) {
      // Keys come back, and stay in the canary once they are in it; an outage that both arms share comes and goes.
      const key = Math.floor(3_000 * random.next());
      const share = shares[Math.floor(i / 2_000)] ?? 0.5;
      const arm = unitHash(`salt ${seed}`, `${key}`) < share ? 'canary' : 'champion';
      const rate = (arm === 'canary' ? canaryRate : 0.02) * (i % 1_000 < 100 ? 10 : 1);
      const judge = judges[Math.floor(4 * random.next())];
      const [failed, slow] = [random.next() < rate, random.next() < rate];
      if (judge?.answered({ route: routeTo(arm, share), key: `${seed}/${key}`, ms: slow ? 60 : 1, failed }))
        return true;
    }
    return false;
  }

  it('take it out in at most alpha of the releases, all of them together', async () => {
    const [releases, alpha] = [300, 0.2];
    let alarms = 0;
    for (let seed = 1; seed <= releases; seed++) if (await release(seed, alpha, 0.02)) alarms += 1;
    expect(alarms).toBeLessThanOrEqual(releases * alpha);
  });

  it('take one out that fails four times as often', async () => {
    let found = 0;
    for (let seed = 1; seed <= 20; seed++) if (await release(seed, 0.2, 0.08)) found += 1;
    expect(found).toBe(20);
  });
});
