import { describe, expect, test } from 'vitest';
import type { ObservedSegment, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { troubles } from './definition.ts';
import { policyOf, quiet } from './groups.ts';
import { bySegment, analysis, part, split } from './segments.ts';

describe('a hotfix whose policy names segments', () => {
  const policy = policyOf({ bySegment });
  const hot = { hotfix: true, step: 0 };
  const keys = (champion: number, canary: number) => ({ key: split(champion, canary) });
  const seen = (fr: Partial<ObservedSegment['events']>): ReleaseObservation => ({
    ...quiet,
    segments: [part('country=DE', keys(0, 1000)), part('country=FR', { ...keys(0, 1000), ...fr }, 50_000)],
  });
  test('is compared with nothing: a rate within its limits goes on, for any rate of the champion', () => {
    const { guards, verdict, decision } = analysis(seen({ error: split(0, 10), slow: split(0, 50) }), policy, hot);
    expect([decision, troubles(verdict)]).toEqual(['advance', []]);
    expect(guards.map(({ name, segment }) => [name, segment])).toEqual(
      [undefined, 'country=DE', 'country=FR'].flatMap((segment) => ['errors', 'slow'].map((name) => [name, segment])),
    );
  });
  test.each(['error', 'slow'] as const)('goes back by its limit of a segment for %s, which is named', (kind) => {
    const { guards, verdict, decision } = analysis(seen({ [kind]: split(0, 200) }), policy, hot);
    const name = kind === 'error' ? 'errors' : 'slow';
    expect([decision, troubles(verdict)]).toEqual(['rollback', [`guard.${name}[country=FR] fail`]]);
    const spent = guardBudget(policy, 1).shares.find(
      (share) => share.guard === name && share.segment === 'country=FR' && share.decider === 'controlPlane',
    );
    expect(guards.find(({ fired }) => fired)?.alpha).toBe(spent?.alpha);
  });
  test('is judged by requests where keys are not known', () => {
    const unknown = { ...seen({ error: split(0, 200) }) };
    const [de, fr] = unknown.segments ?? [];
    if (de === undefined || fr === undefined) throw new Error('there are two');
    const { key: _, ...events } = fr.events;
    expect(analysis({ ...unknown, segments: [de, { ...fr, events }] }, policy, hot).decision).toBe('advance');
    expect(
      analysis({ ...unknown, segments: [de, { ...fr, events, requests: { champion: 0, canary: 1000 } }] }, policy, hot)
        .decision,
    ).toBe('rollback');
  });
  test('rolls a harmless one back in one of its segments with at most the chance that it was given', () => {
    const random = createRandom(11);
    const runs = 200;
    const generous = policyOf({ bySegment, rules: { errors: { weight: 100 } } }, { alpha: 0.2 });
    let fired = 0;
    for (let run = 0; run < runs; run += 1) {
      const counts = [0, 0].map(() => ({ events: 0, keys: 0 }));
      const at = () =>
        ['country=DE', 'country=FR'].map((segment, place) => {
          const { events = 0, keys: all = 0 } = counts[place] ?? {};
          return part(segment, { ...keys(0, all), error: split(0, events) }, all);
        });
      for (let round = 0; round < 12; round += 1) {
        for (const count of counts)
          for (let key = 0; key < 80; key += 1) {
            count.keys += 1;
            if (random.next() < generous.hotfix.maxErrorRate) count.events += 1;
          }
        if (analysis({ ...quiet, segments: at() }, generous, hot).guards.some((guard) => guard.fired)) {
          fired += 1;
          break;
        }
      }
    }
    expect(fired).toBeGreaterThan(0);
    expect(fired / runs).toBeLessThanOrEqual(generous.alpha);
  });
});
