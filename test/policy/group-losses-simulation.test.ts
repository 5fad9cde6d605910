import { describe, expect, test } from 'vitest';
import type { GroupCohort } from '../../contracts/evidence/groups.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { fairness } from '../../policy/release/guards/fairness.ts';
import { addPair, noLosses } from '../../policy/release/observe/paired-counts.ts';
import { groupOf, groupsOf, policyOf, quiet } from './groups.ts';

const names = ['a', 'b', 'c', 'd'];

/** What both versions lose on a key, as two answers to one row whose errors are alike: what is shared, and what each misses alone. */
interface Row {
  readonly group: string;
  readonly champion: number;
  readonly canary: number;
}
/** `harm`: how much more the canary misses in the group b. */
type Rows = (random: Random, harm: number) => () => Row;

/** Groups come in bursts: a key is of the same group as the one before with a chance of .8. */
function bursts(random: Random): () => string {
  let at = 0;
  return () => {
    if (random.next() < 0.2) at = random.integer(names.length);
    return names[at] ?? 'a';
  };
}

/** Errors of numbers with heavy tails, as large as those of the rows before, and larger in some groups than in others. */
const numbers: Rows = (random, harm) => {
  const next = bursts(random);
  let volatility = 0.15;
  return () => {
    const group = next();
    volatility = Math.min(0.6, Math.max(0.03, volatility * Math.exp(0.15 * random.normal())));
    const size = volatility * (1 + names.indexOf(group) / 4);
    // A ratio of normals has no mean.
    const tail = (): number => random.normal() / Math.max(0.3, Math.abs(random.normal()));
    const shared = size * tail();
    const bounded = (miss: number): number => Math.min(1, Math.abs(miss));
    const [champion, canary] = [bounded(shared + size * tail()), bounded(shared + size * tail())];
    return { group, champion, canary: group === 'b' ? Math.min(1, canary + harm) : canary };
  };
};

/** One of five labels, whose mix drifts; rare ones are mistaken more often, by both versions together and by each alone. */
const labels: Rows = (random, harm) => {
  const next = bursts(random);
  let usual = 0;
  return () => {
    const group = next();
    if (random.next() < 0.01) usual = random.integer(5);
    const label = random.next() < 0.6 ? usual : random.integer(5);
    const hard = random.next() < 0.05 * (1 + label);
    const wrong = (): number => Number(random.next() < (hard ? 0.6 : 0.04));
    const [champion, canary] = [wrong(), wrong()];
    return { group, champion, canary: group === 'b' && random.next() < harm ? 1 : canary };
  };
};

interface Played {
  readonly rows: Rows;
  readonly isStepped: boolean;
  readonly harm?: number;
  readonly missing?: 'random' | 'worst';
  /** Whether the key's label comes. @default always */
  readonly isLabelled?: (random: Random, row: Row) => boolean;
}
const looks = 25;
const keysPerLook = 80;

/** The look at which the guard fires, if it does, and what it says of it. */
function play(seed: number, alpha: number, played: Played): { at: number; said: string } | null {
  const { rows, isStepped, harm = 0, missing = 'random', isLabelled = () => true } = played;
  const policy = policyOf(
    {
      predictions: 'mix',
      fairness: { maxGroupLoss: 0, minGroupKeys: 30, maxGroups: names.length, rates: ['error'] },
    },
    { labels: { maturity: 0, missing } },
  );
  const random = createRandom(seed, 21);
  const next = rows(random, harm);
  const cohorts = new Map(
    names.map((name): [string, GroupCohort] => [
      name,
      {
        error: { labels: 0, worse: 0, better: 0, ...(isStepped ? { losses: noLosses() } : {}) },
        missing: 0,
        dropped: 0,
      },
    ]),
  );
  for (let at = 1; at <= looks; at++) {
    for (let key = 0; key < keysPerLook; key++) {
      const row = next();
      const cohort = cohorts.get(row.group);
      if (cohort === undefined) continue;
      if (isLabelled(random, row)) addPair(cohort.error, row);
      else cohort.missing += 1;
    }
    const groups = groupsOf(...[...cohorts].map(([name, cohort]) => groupOf(name, cohort)));
    const seen = { ...quiet, groups: isStepped ? { ...groups, scale: { of: 'error' as const, cap: 40 } } : groups };
    if (fairness.test(seen, policy, alpha).eValue >= 1 / alpha)
      return { at, said: fairness.describe?.(seen, policy) ?? '' };
  }
  return null;
}

const alarms = (repeats: number, alpha: number, played: Played): number =>
  Array.from({ length: repeats }, (_, seed) => play(seed, alpha, played)).filter((fired) => fired !== null).length;

const tasks = [
  ['numbers', { rows: numbers, isStepped: true }],
  ['several labels', { rows: labels, isStepped: false }],
] as const;

describe.each(tasks)('the guard of groups of %s', (_, task) => {
  test('fires on a version that loses as much as the champion at most so often as alpha says, at all looks together', () => {
    const [repeats, alpha] = [120, 0.2];
    expect(alarms(repeats, alpha, task)).toBeLessThanOrEqual(alpha * repeats);
  });
  test('does so too where labels come by which version was right, while missing ones count for the candidate', () => {
    const [repeats, alpha] = [40, 0.1];
    const chosen: Played = {
      ...task,
      isLabelled: (random, { champion, canary }) => random.next() < (canary > champion ? 0.9 : 0.5),
    };
    expect(alarms(repeats, alpha, { ...chosen, missing: 'worst' })).toBeLessThanOrEqual(alpha * repeats);
    // Such labels do accuse it where missing ones are left out.
    expect(alarms(repeats, alpha, { ...chosen, missing: 'random' })).toBeGreaterThan(alpha * repeats);
  });
  test('finds out a version that harms one of them, and names the group', () => {
    const alpha = alphaOf(guardBudget(policyOf({ fairness: { maxGroupLoss: 0 } }), 1), 'fairness');
    const found = Array.from({ length: 20 }, (__, seed) => play(seed, alpha, { ...task, harm: 0.2 }));
    expect(found.filter((fired) => fired !== null).length).toBeGreaterThanOrEqual(19);
    for (const fired of found) if (fired !== null) expect(fired.said).toContain('SEX = b by');
  });
});
