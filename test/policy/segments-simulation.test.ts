import { describe, expect, test } from 'vitest';
import type { EventCounts, ObservedSegment, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { guardTitle } from '../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { guardsOf } from '../../policy/release/test-guards.ts';
import { median } from '../support/watch.ts';
import { last, policyOf, quiet } from './groups.ts';

const share = 0.5;
const analyses = 60;
const keysPerLook = 80;
/** Shares of the traffic; the last part is in no segment. */
const parts = [0.1, 0.2, 0.3, 0.4];
const bySegment = { column: 'country', values: { DE: 1, FR: 1, US: 1 } };
const kinds = ['error', 'slow', 'positive', 'negative'] as const;
const base = { error: 0.05, slow: 0.05, positive: 0.5, negative: 0.45 };

/** Only the four guards of events have alpha; every ratio is tolerated to exactly where a harmless candidate is. */
const others = ['accuracy', 'sampleRatio', 'mirroredErrors', 'mirroredSlow', 'bakeErrors', 'bakeSlow'];
const alone = Object.fromEntries(others.map((name) => [name, { weight: 0 }]));
const policyWith = (guards: object): ReleasePolicy =>
  policyOf(
    { errorRatio: 1, slowRatio: 1, predictionRatio: 1, rules: alone, ...guards },
    { alpha: 0.2, gatewayGuards: 0 },
  );

/** Keys of all countries one after the other, each an event of a kind; in Germany the canary has so many errors more. */
class Countries {
  readonly #random: Random;
  readonly #harm: number;
  readonly #all = noEvents();
  readonly #segments: ObservedSegment[];

  constructor(random: Random, harm: number) {
    this.#random = random;
    this.#harm = harm;
    this.#segments = Object.keys(bySegment.values).map((value) => ({
      segment: `country=${value}`,
      events: noEvents(),
      requests: { champion: 0, canary: 0 },
      slow: { champion: 0, canary: 0 },
    }));
  }

  flow(): ReleaseObservation {
    for (let key = 0; key < keysPerLook; key++) {
      const arm = this.#random.next() < share ? 'canary' : 'champion';
      const part = pick(this.#random.next(), parts);
      const segment = this.#segments[part];
      if (segment !== undefined) segment.requests[arm] += 1;
      const error = base.error + (part === 0 && arm === 'canary' ? this.#harm : 0);
      for (const kind of kinds) {
        if (this.#random.next() >= (kind === 'error' ? error : base[kind])) continue;
        for (const events of [this.#all, ...(segment === undefined ? [] : [segment.events])]) count(events[kind], arm);
        if (kind === 'slow' && segment !== undefined) segment.slow[arm] += 1;
      }
    }
    const arms = { ...quiet.arms, canary: { ...quiet.arms.canary, slow: quiet.arms.canary.requests } };
    return { ...quiet, arms, events: { key: [], ...this.#all }, segments: this.#segments };
  }
}

const noEvents = (): ObservedSegment['events'] => ({ error: [], slow: [], positive: [], negative: [] });

function count(counts: EventCounts[], arm: 'champion' | 'canary'): void {
  if (counts.length === 0) counts.push({ share, champion: 0, canary: 0 });
  const [only] = counts;
  if (only !== undefined) only[arm] += 1;
}

function pick(u: number, chances: readonly number[]): number {
  let below = 0;
  return chances.findIndex((chance) => u < (below += chance));
}

/** The look at which a guard fires, and which does; after the last analysis and nobody where none did. */
function play(policy: ReleasePolicy, seed: number, harm: number): { at: number; fired: string[] } {
  const countries = new Countries(createRandom(seed, 21), harm);
  for (let at = 1; at <= analyses; at++) {
    const guards = guardsOf(countries.flow(), policy, last).filter(({ fired }) => fired);
    if (guards.length > 0) return { at, fired: guards.map(guardTitle) };
  }
  return { at: analyses + 1, fired: [] };
}

describe('releases judged by segment, by simulation', () => {
  test('roll a harmless candidate back at most so often as alpha says, over all guards and segments', () => {
    const policy = policyWith({ bySegment });
    const repeats = 200;
    const alarms = Array.from({ length: repeats }, (_, seed) => play(policy, seed, 0)).filter(
      ({ fired }) => fired.length > 0,
    );
    expect(alarms.length / repeats).toBeLessThanOrEqual(guardBudget(policy, 1).available);
  });

  test('find what fails in one segment alone sooner than all of the traffic tells, and name it', () => {
    const whole = policyWith({});
    const split = policyWith({ bySegment });
    const found = Array.from({ length: 20 }, (_, seed) => ({
      whole: play(whole, 1000 + seed, 0.25),
      split: play(split, 1000 + seed, 0.25),
    }));
    const bySegments = found.map((one) => one.split);
    expect(bySegments.filter(({ fired }) => fired.includes('errors[country=DE]')).length).toBeGreaterThanOrEqual(18);
    expect(median(bySegments.map(({ at }) => at))).toBeLessThan(median(found.map((one) => one.whole.at)) / 2);
  });
});
