import { expect, test } from 'vitest';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { loggedReleases } from '../../policy/release/backtest/logged-release.ts';

const minute = 60_000;
const state = (at: number, change: Partial<Deployment>): Deployment =>
  ({
    champion: 1,
    canary: null,
    shadow: null,
    release: null,
    actor: 'release',
    reason: '',
    at: new Date(at * minute).toISOString(),
    ...change,
  }) as Deployment;
const shadow = (version: number) => ({ shadow: { version, sample: 1 } });
const canary = (version: number, share: number) => ({ ...shadow(version), canary: { version, share } });
const history = [
  state(0, {}),
  state(10, { release: 'r2', ...shadow(2), reason: 'shadow of version 2' }),
  state(20, { release: 'r2', ...canary(2, 0.1), reason: 'canary of version 2' }),
  state(30, { release: 'r2', ...canary(2, 0.5), reason: 'canary of version 2' }),
  state(33, { release: 'r2', ...canary(2, 0.5), reason: 'frozen' }),
  state(40, { release: 'r2', ...canary(2, 0.95), reason: 'bake of version 2' }),
  state(50, { champion: 2, actor: 'ada', reason: 'promoted' }),
  state(60, { champion: 2, release: 'r3', ...shadow(3) }),
  state(70, { champion: 2, actor: 'guard', reason: 'slow' }),
  state(80, { champion: 2, release: 'r4', ...shadow(4), reason: 'shadow of version 4' }),
  state(90, { champion: 2, release: 'r4', ...canary(4, 0.95), reason: 'by hand' }),
  state(95, { champion: 4, release: 'r4', ...shadow(4), reason: 'bake' }),
];
const phase = (kind: string, step: number, share: number, from: number, to: number) => ({
  kind,
  step,
  share,
  from: from * minute,
  to: to * minute,
});
const found = loggedReleases(history, () => 0.05, 100 * minute);

test('releases come oldest first, each with what became of it and who said so', () => {
  expect(found.map(({ phases, ...release }) => ({ ...release, phases: phases.length }))).toEqual([
    {
      holder: 'r2',
      version: 2,
      champion: 1,
      startedAt: 10 * minute,
      endedAt: 50 * minute,
      outcome: 'promoted',
      actor: 'ada',
      reason: 'promoted',
      phases: 4,
    },
    {
      holder: 'r3',
      version: 3,
      champion: 2,
      startedAt: 60 * minute,
      endedAt: 70 * minute,
      outcome: 'champion kept',
      actor: 'guard',
      reason: 'slow',
      phases: 1,
    },
    {
      holder: 'r4',
      version: 4,
      champion: 2,
      startedAt: 80 * minute,
      endedAt: null,
      outcome: 'under way',
      actor: 'release',
      reason: 'shadow of version 4',
      phases: 3,
    },
  ]);
});

test('a phase lasts until traffic changes: a freeze changes none', () => {
  expect(found[0]?.phases).toEqual([
    phase('shadow', 0, 0, 10, 20),
    phase('canary', 0, 0.1, 20, 30),
    phase('canary', 1, 0.5, 30, 40),
    phase('bake', 0, 0.95, 40, 50),
  ]);
});

test('a bake is known by its reason, by all but the holdback, or by the champion; what is under way lasts to now', () => {
  expect(found[2]?.phases).toEqual([
    phase('shadow', 0, 0, 80, 90),
    phase('bake', 0, 0.95, 90, 95),
    phase('bake', 0, 1, 95, 100),
  ]);
  const canaries = (reason: string, share: number) =>
    loggedReleases([state(0, { release: 'r', ...canary(2, share), reason })], () => 0.05, minute)[0]?.phases.map(
      ({ kind }) => kind,
    );
  expect(canaries('canary of version 2', 0.95)).toEqual(['canary']);
  expect(canaries('by hand', 0.9)).toEqual(['canary']);
  expect(canaries('bake of version 2', 0.9)).toEqual(['bake']);
});

test('what never mirrored or served a version is not a release', () => {
  expect(loggedReleases([state(0, { release: 'r' }), state(1, {})], () => 0, minute)).toEqual([]);
  expect(loggedReleases([], () => 0, minute)).toEqual([]);
});
