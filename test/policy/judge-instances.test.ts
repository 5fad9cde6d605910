import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { releaseObservationSchema } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import { binomial } from '../../ml/statistics/binomial.ts';
import { instanceChecks } from '../../policy/release/checks/instances.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { nothingSeen } from './seen.ts';

type Counts = readonly [errors: number, requests: number];
interface Machine {
  readonly canary?: Counts;
  readonly champion?: Counts;
}
/** Instances gw-1, gw-2 and so on, by what the canary and the champion answered on each. */
const seenOn = (...machines: readonly Machine[]) => ({
  instances: machines.map(({ canary = [0, 0], champion = [0, 0] }, index) => {
    const arms = {
      canary: { errors: canary[0], requests: canary[1] },
      champion: { errors: champion[0], requests: champion[1] },
    };
    const errors = canary[0] + champion[0];
    return { instance: `gw-${index + 1}`, requests: canary[1] + champion[1], errors, arms };
  }),
});
const well: Counts = [1, 1000];
const whole: Counts = [10, 10_000];

describe('the check of instances', () => {
  test.each<[string, readonly Machine[], string, number, RegExp]>([
    [
      'warns of one machine on which the canary fails',
      [
        { canary: well, champion: whole },
        { canary: [124, 1000], champion: whole },
        { canary: well, champion: whole },
      ],
      'warn',
      1,
      /^instance gw-2 fails 12 % of the candidate's requests, the others 0\.1 %: look at that machine before blaming the model$/,
    ],
    [
      'warns of a machine that fails the champion, as the comparison is then worth nothing',
      [
        { canary: well, champion: whole },
        { canary: well, champion: [900, 10_000] },
      ],
      'warn',
      1,
      /^instance gw-2 fails 9 % of the champion's requests, the others 0\.1 %: .* trusting the comparison$/,
    ],
    [
      'counts a machine once that fails both',
      [
        { canary: well, champion: whole },
        { canary: [100, 1000], champion: [1000, 10_000] },
      ],
      'warn',
      1,
      /candidate's requests.*; instance gw-2 fails 10 % of the champion's/,
    ],
    [
      'names the worst of many sick ones first, and how many it leaves out',
      [
        ...Array.from({ length: 12 }, (): Machine => ({ canary: well })),
        ...[200, 300, 150, 100].map((errors): Machine => ({ canary: [errors, 1000] })),
      ],
      'warn',
      4,
      /^instance gw-14 fails 30 %.*; instance gw-13 fails 20 %.*; instance gw-15 fails 15 %.*; and 1 more$/,
    ],
    [
      'passes when the canary fails on all machines alike, which is the model',
      [{ canary: [120, 1000] }, { canary: [118, 1000] }, { canary: [125, 1000] }],
      'pass',
      0,
      /^errors do not gather on few of 3 instances$/,
    ],
    [
      'passes on what chance does among few errors',
      [{ canary: [2, 1000] }, { canary: [0, 1000] }, { canary: [0, 1000] }],
      'pass',
      0,
      /do not gather on few/,
    ],
    [
      'passes on a difference that is certain and small',
      [{ canary: [11_000, 1e6] }, { canary: [10_000, 1e6] }],
      'pass',
      0,
      /do not gather on few/,
    ],
    [
      'passes on a lone machine that fails everything: there are no others',
      [{ canary: [10_000, 10_000] }],
      'pass',
      0,
      /do not gather on few of 1 instances$/,
    ],
    [
      'says that one machine that has the canary alone tells nothing',
      [{ canary: [120, 1000] }, { champion: whole }, { champion: whole }],
      'pass',
      0,
      /^all of the candidate's answers came from instance gw-1: a sick machine cannot be told from a sick model$/,
    ],
  ])('%s', (_, machines, status, observed, message) => {
    const [check, ...others] = instanceChecks(seenOn(...machines));
    expect(check).toMatchObject({ name: 'instances', status, observed, required: false });
    expect(check?.message).toMatch(message);
    expect(others).toEqual([]);
  });

  test('is absent where no instance answered', () => {
    expect(instanceChecks({ instances: [] })).toEqual([]);
  });

  test('warns of healthy machines in at most one of a thousand analyses', () => {
    const random = createRandom(4);
    const analyses = 4000;
    let warned = 0;
    for (let analysis = 0; analysis < analyses; analysis++) {
      const machines = [300, 900, 2000, 400].map((requests): Machine => ({
        canary: [binomial(random, requests, 0.02), requests],
      }));
      if (instanceChecks(seenOn(...machines))[0]?.status === 'warn') warned += 1;
    }
    expect(warned / analyses).toBeLessThanOrEqual(0.001 + 3 * Math.sqrt(0.001 / analyses));
  });
});

test('a sick machine is said and decides nothing', () => {
  const policy = releasePolicySchema.parse({ shadow: { minRequests: 0, duration: 0 } });
  const arm = { requests: 2000, errors: 121, slow: 0, positives: 0, p50Ms: 1, p99Ms: 2 };
  const seen = releaseObservationSchema.parse({
    ...nothingSeen,
    arms: { champion: arm, canary: arm },
    ...seenOn({ canary: well }, { canary: [120, 1000] }),
  });
  const moment = {
    phase: 'shadow',
    elapsedMs: 1,
    step: 0,
    steps: 3,
    hasChampion: true,
    retry: 1,
    hotfix: false,
  } as const;
  const { verdict, decision } = judgeAnalysis(seen, policy, { ...moment, acknowledged: [] });
  expect([verdict.status, decision]).toEqual(['warn', 'advance']);
});
