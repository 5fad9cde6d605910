import { describe, expect, it } from 'vitest';
import { mirrorsToExpect, mirrorGraceMs } from '../../activities/release/support/due-mirrors.ts';
import { deploymentSchema } from '../../contracts/release/deployment.ts';
import { longestSegmentMs } from '../../contracts/serving/prediction-log.ts';

const begin = 1_700_000_000_000;
const plan = {
  model: 'tiny',
  holder: 'release/tiny/1',
  champion: 1,
  startedAt: begin,
  hotfix: false,
  shadow: { sample: 0.5 },
};
const state = (seq: number, salt: string) =>
  deploymentSchema.parse({
    schema: 'pawl.deployment/1',
    seq,
    model: 'tiny',
    salt,
    champion: 1,
    previous: null,
    canary: null,
    shadow: { version: 2, sample: 0.5 },
    guard: null,
    forced: [],
    before: null,
    signature: null,
    frozen: false,
    release: plan.holder,
    actor: 'test',
    reason: 'test',
    at: new Date(begin).toISOString(),
  });
const asked: string[][] = [];
const registry = {
  heldStates(...which: [string, string]) {
    asked.push(which);
    return Promise.resolve([state(3, 's'), state(4, 's'), state(5, 'other')]);
  },
};

describe('the copies that an analysis expects', () => {
  it('are those of requests that are older than two segments of the log, by the states of the release', async () => {
    const at = begin + mirrorGraceMs + 1;
    const { mirrors } = await mirrorsToExpect(registry, plan, at);
    expect(mirrors).toMatchObject({ salt: 's', dueBefore: begin + 1 });
    expect(mirrors?.records.map(({ seq }) => seq)).toEqual([3, 4]);
    expect(asked).toEqual([['tiny', plan.holder]]);
    expect(mirrorGraceMs).toBeGreaterThan(longestSegmentMs);
  });

  it.each([
    ['no request is old enough', {}, mirrorGraceMs],
    ['nothing is copied', { shadow: { ...plan.shadow, sample: 0 } }, 1e9],
    ['there is no other version', { champion: null }, 1e9],
    ['a hotfix compares nothing', { hotfix: true }, 1e9],
  ])('are none, which costs nothing, where %s', async (_, more, after) => {
    asked.length = 0;
    expect(await mirrorsToExpect(registry, { ...plan, ...more }, begin + after)).toEqual({});
    expect(asked).toEqual([]);
  });
});
