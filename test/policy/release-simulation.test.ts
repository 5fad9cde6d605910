import { expect, test } from 'vitest';
import type { BakeEvents, EventCounts, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import type { Random } from '../../ml/random.ts';
import { startsOfBake } from '../../policy/release/bake-starts.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { definition } from './definition.ts';
import { nothingSeen } from './seen.ts';

/** How the two versions behave on the same requests. */
interface World {
  /** Chance that only the champion, or only the canary, is right. */
  readonly worse: number;
  readonly better: number;
  readonly championErrors: number;
  readonly canaryErrors: number;
}
const pairs: World = { worse: 0.0425, better: 0.0425, championErrors: 0.01, canaryErrors: 0.01 };

const policy = {
  ...definition.release,
  shadow: { sample: 1, minRequests: 150, maxDropped: 0.05, duration: 4 },
  steps: [0.1, 0.3, 0.5].map((share) => ({ share, duration: null, pause: false })),
  stepDuration: 6,
  minStepRequests: 40,
  minLabels: 800,
  bake: 8,
};
const requestsPerLook = 60;
const labelDelay = 3;
const mostLooks = 150;

/** A release in time units of one analysis: every request has its own key, is mirrored, and gets its label three analyses later. */
function play(world: World, random: Random): 'promoted' | 'rolledBack' | 'expired' {
  const traffic = new Traffic(world, random);
  const phases = ['shadow', ...policy.steps.map(() => 'canary' as const), 'bake'] as const;
  let [phase, since] = [0, 0];
  for (let at = 1; at <= mostLooks; at++) {
    const name = phases[phase] ?? 'bake';
    const share = name === 'shadow' ? 0 : name === 'bake' ? 1 - policy.holdback : (policy.steps[phase - 1]?.share ?? 0);
    const seen = traffic.flow(share, name === 'bake');
    const { decision } = judgeAnalysis(seen, policy, {
      phase: name === 'shadow' || name === 'bake' ? name : 'canary',
      elapsedMs: at - since,
      step: phase - 1,
      steps: policy.steps.length,
      hasChampion: true,
      retry: 1,
      hotfix: false,
      acknowledged: [],
    });
    if (decision === 'rollback') return 'rolledBack';
    if (decision === 'hold') continue;
    if (name === 'bake') return 'promoted';
    [phase, since] = [phase + 1, at];
    traffic.stepRequests = 0;
  }
  return 'expired';
}

class Traffic {
  stepRequests = 0;
  readonly #world: World;
  readonly #random: Random;
  readonly #arms = { champion: { requests: 0, errors: 0 }, canary: { requests: 0, errors: 0 } };
  readonly #events = { key: new Map<number, EventCounts>(), error: new Map<number, EventCounts>() };
  readonly #mirrored = { ...nothingSeen.mirrored };
  readonly #mirroredErrors = { champion: 0, canary: 0 };
  /** By start of the bake. */
  readonly #bake: BakeEvents[] = [];
  #looksOfBake = 0;
  readonly #paired = { ...nothingSeen.paired };
  readonly #waiting: (-1 | 0 | 1)[][] = [];

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  flow(share: number, inBake: boolean): ReleaseObservation {
    const labels: (-1 | 0 | 1)[] = [];
    if (inBake)
      for (const index of startsOfBake(policy, 0, this.#looksOfBake++).keys())
        this.#bake[index] ??= { error: [{ share, champion: 0, canary: 0 }], slow: [] };
    for (let i = 0; i < requestsPerLook; i++) labels.push(this.#request(share, inBake));
    this.#waiting.push(labels);
    if (this.#waiting.length > labelDelay) for (const outcome of this.#waiting.shift() ?? []) this.#label(outcome);
    return this.#observation();
  }

  #request(share: number, inBake: boolean): -1 | 0 | 1 {
    const { worse, better, championErrors, canaryErrors } = this.#world;
    const arm = this.#random.next() < share ? 'canary' : 'champion';
    const failed = { champion: this.#random.next() < championErrors, canary: this.#random.next() < canaryErrors };
    this.#count('key', share, arm);
    this.#arms[arm].requests++;
    if (arm === 'canary') this.stepRequests++;
    if (failed[arm]) {
      this.#arms[arm].errors++;
      this.#count('error', share, arm);
      if (inBake) for (const { error } of this.#bake) for (const counts of error) counts[arm]++;
    }
    this.#mirrored.requests++;
    if (failed.canary) this.#mirrored.errors++;
    if (failed.canary) this.#mirroredErrors.canary++;
    if (failed.champion) this.#mirroredErrors.champion++;
    const u = this.#random.next();
    return u < worse ? 1 : u < worse + better ? -1 : 0;
  }

  #count(kind: 'key' | 'error', share: number, arm: 'champion' | 'canary'): void {
    const counts = this.#events[kind].get(share) ?? { share, champion: 0, canary: 0 };
    counts[arm]++;
    this.#events[kind].set(share, counts);
  }

  #label(outcome: -1 | 0 | 1): void {
    this.#paired.labels++;
    if (outcome !== 1) this.#paired.canaryRight++;
    if (outcome !== -1) this.#paired.championRight++;
    if (outcome === 1) this.#paired.worse++;
    if (outcome === -1) this.#paired.better++;
  }

  #observation(): ReleaseObservation {
    const arm = (side: 'champion' | 'canary') => ({
      ...this.#arms[side],
      slow: 0,
      positives: 0,
      p50Ms: null,
      p99Ms: null,
    });
    return {
      ...nothingSeen,
      arms: { champion: arm('champion'), canary: arm('canary') },
      stepRequests: this.stepRequests,
      events: {
        key: [...this.#events.key.values()],
        error: [...this.#events.error.values()],
        slow: [],
        positive: [],
        negative: [],
      },
      mirrored: this.#mirrored,
      mirroredKeys: {
        keys: this.#mirrored.requests,
        errors: { ...this.#mirroredErrors },
        slow: { champion: 0, canary: 0 },
      },
      bake: this.#bake,
      paired: this.#paired,
      mature: this.#paired,
    };
  }
}

function outcomes(world: World, repeats: number) {
  const counts = { promoted: 0, rolledBack: 0, expired: 0 };
  for (let seed = 0; seed < repeats; seed++) counts[play(world, createRandom(seed, 7))]++;
  return {
    promoted: counts.promoted / repeats,
    rolledBack: counts.rolledBack / repeats,
    expired: counts.expired / repeats,
  };
}

test('an equal canary is rolled back at most so often as alpha says, over all guards and analyses', () => {
  const { rolledBack, promoted } = outcomes(pairs, 300);
  expect(rolledBack).toBeLessThanOrEqual(policy.alpha);
  expect(promoted).toBeGreaterThan(0.85);
});

test('a better canary is promoted', () => {
  expect(outcomes({ ...pairs, worse: 0.05, better: 0.07 }, 100).promoted).toBeGreaterThan(0.95);
});

test('a canary that lost 2.6 points of accuracy is rolled back, and hardly ever promoted', () => {
  const { rolledBack, promoted } = outcomes({ ...pairs, worse: 0.0555, better: 0.0295 }, 200);
  expect(rolledBack).toBeGreaterThan(0.95);
  expect(promoted).toBeLessThanOrEqual(0.02);
});

test('a canary that fails on one request in ten is rolled back', () => {
  expect(outcomes({ ...pairs, canaryErrors: 0.1 }, 50).rolledBack).toBe(1);
});

test('an outage that hits both arms is held against neither', () => {
  expect(outcomes({ ...pairs, championErrors: 0.3, canaryErrors: 0.3 }, 150).rolledBack).toBeLessThanOrEqual(
    policy.alpha,
  );
});
