import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { startsOfBake } from '../../policy/release/bake-starts.ts';
import { guardsOf } from '../../policy/release/test-guards.ts';
import { prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();
/** While a version bakes, the one before keeps the arm of the champion and a tenth of the traffic. */
const onCanary = { version: 2, arm: 'canary', share: 0.9 } as const;
const onHoldback = { version: 1, arm: 'champion', share: 0.9 } as const;
const failed = { error: 'x', label: null } as const;

describe('the events of a bake', () => {
  it("are each key's first ones since each start, whichever version kept the arm", async () => {
    const bakeStarts = [since + 100, since + 200];
    const seen = await observe({ bakeStarts }, [
      prediction('before', { ...onCanary, ...failed, key: 'k0', at: since + 99 }),
      prediction('a', { ...onCanary, ...failed, key: 'k1', at: since + 101 }),
      prediction('b', { ...onCanary, ...failed, key: 'k1', at: since + 102 }),
      prediction('c', { ...onCanary, ...failed, key: 'k0', at: since + 104 }),
      prediction('d', { ...onHoldback, ...failed, key: 'k3', at: since + 103 }),
      prediction('e', { ...failed, key: 'k4', at: since + 105, version: 2, arm: 'champion', share: 0.1 }),
      prediction('f', { ...onCanary, ...failed, key: 'k1', at: since + 200 }),
      prediction('g', { ...onCanary, key: 'k5', at: since + 201, ms: 60 }),
      prediction('h', { ...onHoldback, ...failed, key: 'k3', at: since + 202, ms: 60 }),
      prediction('whole', { ...failed, key: 'k6', at: since + 203, version: 2, arm: 'champion', share: 0 }),
    ]);
    const slow = [{ share: 0.9, champion: 1, canary: 1 }];
    expect(seen.bake).toEqual([
      { error: [{ share: 0.9, champion: 1, canary: 3 }], slow },
      { error: [{ share: 0.9, champion: 1, canary: 1 }], slow },
    ]);
  });

  it('are none before the bake', async () => {
    expect((await observe({}, [prediction('a', { ...onCanary, ...failed })])).bake).toEqual([]);
  });

  it('fire on a version whose keys return and fail late, by the log up to each analysis', async () => {
    const policy = releasePolicySchema.parse({ alpha: 0.05, bake: '2h' });
    const minuteMs = 60_000;
    const random = createRandom(5);
    const entries: LogEntry[] = [];
    for (let minute = 0; minute < 120; minute += 1)
      for (let request = 0; request < 150; request += 1) {
        const key = Math.floor(random.next() * 1_500);
        const isCanary = key % 10 !== 0;
        const rate = isCanary && minute >= 95 ? 0.1 : 0.01;
        const at = since + minute * minuteMs + request;
        const more = random.next() < rate ? failed : {};
        entries.push(
          prediction(`${minute}-${request}`, { ...(isCanary ? onCanary : onHoldback), ...more, key: `k${key}`, at }),
        );
      }
    const firedAt = async (minute: number): Promise<string[]> => {
      const now = since + minute * minuteMs;
      const until = entries.filter(({ at }) => at < now);
      const seen = await observe({ bakeStarts: startsOfBake(policy, since, now) }, until);
      const guards = guardsOf(seen, policy, { phase: 'bake', retry: 1, hotfix: false });
      return guards.flatMap(({ name, fired }) => (fired ? [name] : []));
    };
    expect(await firedAt(95)).toEqual([]);
    expect(await firedAt(115)).toContain('bakeErrors');
  });
});
