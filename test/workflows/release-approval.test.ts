import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../contracts/canonical.ts';
import { versionKey } from '../../ports/registry/keys.ts';
import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import { strangeDigest, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

const ada = { by: 'ada', reason: 'the champion is worse' };
const decided: ApprovalRecord = {
  decision: 'approved',
  by: 'eve',
  reason: 'fine',
  via: 'update',
  evidence: strangeDigest,
  at: '2026-01-01T00:00:00.000Z',
};

describe.concurrent('what may be released by hand', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((ready) => (harness = ready));
  const { start, result } = releasesOn(() => harness);

  /** Version 1 serves; version 2 is approved as said. */
  async function candidate(
    name: string,
    decision: ApprovalRecord['decision'] | null,
    analysis: 'advance' | 'rollback' = 'advance',
  ) {
    const model = await harness.define(name, { analysis: () => analysis });
    const champion = await harness.addVersion(model);
    await result(await start(model, { version: champion }));
    await harness.addVersion(model, undefined, decision);
    return model;
  }
  const refusal = async (model: string, request = {}): Promise<string> => {
    const handle = await start(model, request);
    const failure = (await handle.result().catch((error: unknown) => error)) as { cause: { cause?: Error } };
    return failure.cause.cause?.message ?? '';
  };

  it.each([
    ['never', null, /"never" is not released: version 2 was never approved \(run by-hand/],
    ['rejected', 'rejected', /version 2 was not approved: rejected by ada: looked at it\. .*--force/],
    ['expired', 'expired', /version 2 was not approved: expired by ada/],
  ] as const)('is not a version whose approval was: %s', async (name, decision, message) => {
    const model = await candidate(name, decision);
    const before = await harness.record(model);
    expect(await refusal(model)).toMatch(message);
    expect(await harness.record(model)).toEqual(before);
  });

  it('is not a version whose approval names other evidence', async () => {
    const model = await candidate('other-evidence', null);
    const { run } = await harness.ports.registry.version(model, 2);
    await harness.ports.registry.recordApproval(model, run, decided);
    expect(await refusal(model)).toMatch(
      /the approval by eve is of other evidence \(sha256:f+\) than that of version 2/,
    );
  });

  it('is released by force with a reason, which every state of its traffic and its end say', async () => {
    const model = await candidate('forced', 'rejected');
    expect(await refusal(model, { force: true })).toMatch(/needs "by" and "reason"/);
    const ended = await result(await start(model, { force: true, ...ada }));
    const forced = 'version 2 was not approved: rejected by ada: looked at it';
    expect(ended).toMatchObject({ outcome: 'promoted', forced });
    const states = (await harness.ports.registry.deploymentHistory(model)).filter(
      ({ champion, canary }) => champion === 2 || canary?.version === 2,
    );
    expect(states.length).toBeGreaterThan(2);
    for (const state of states) expect(state.forced).toEqual([{ version: 2, objection: forced }]);
    expect((await harness.ports.registry.releases(model)).at(-1)?.result.forced).toBe(forced);
  });

  it('is a version that was rolled back only by force, which says who took it back and why', async () => {
    const model = await candidate('taken-back', 'approved', 'rollback');
    expect(await result(await start(model))).toMatchObject({ outcome: 'rolledBack' });
    expect(await refusal(model)).toMatch(/version 2 was rolled back at .* by guard: told to rollback\. .*--force/);
    const again = await result(await start(model, { force: true, ...ada }));
    expect(again.forced).toMatch(/^version 2 was rolled back/);
    expect((await harness.record(model)).forced).toEqual([]);
  });

  it('is not a version that was compared with another champion than the one that serves, but by force or as a hotfix', async () => {
    const model = await candidate('overtaken', 'approved');
    await harness.addVersion(model);
    await harness.addVersion(model);
    await result(await start(model));
    expect(await refusal(model, { version: 3 })).toMatch(
      /version 3 was judged against version 1, and version 2 serves now: compare it again with `pawl run overtaken`\. .*--force/,
    );
    const forced = await result(await start(model, { version: 3, force: true, ...ada }));
    expect(forced).toMatchObject({
      outcome: 'promoted',
      forced: expect.stringMatching(/^version 3 was judged against/) as string,
    });
    expect(await result(await start(model, { version: 4, hotfix: true }))).toMatchObject({ outcome: 'promoted' });
  });

  it('is a version that was champion before, whoever it was compared with', async () => {
    const model = await candidate('comes-back', 'approved');
    await result(await start(model));
    expect(await result(await start(model, { version: 1 }))).toMatchObject({ outcome: 'promoted' });
  });

  it('is not a version whose document was changed in the store, not even by force', async () => {
    const model = await candidate('edited', 'approved');
    const { registry, store } = harness.ports;
    const { evidence: other } = await registry.version(model, 1);
    const key = versionKey(model, 2);
    const found = await store.readPointer(key);
    if (found === null || found === 'unchanged') throw new Error('version 2 is not there');
    const version = { ...(JSON.parse(new TextDecoder().decode(found.value)) as object), evidence: other };
    await store.writePointer(key, canonicalJson(version), found.token);
    expect(await refusal(model, { force: true, ...ada })).toMatch(
      /version 2 of "edited" is not what was registered: its evidence is sha256:.* `pawl verify edited`/,
    );
  });

  it('is a version that was only measured', async () => {
    const model = await harness.define('measured', { analysis: () => 'advance' }, { release: { mode: 'shadow' } });
    await result(await start(model, { version: await harness.addVersion(model) }));
    await harness.addVersion(model);
    expect(await result(await start(model))).toMatchObject({ outcome: 'measured' });
    expect(await result(await start(model))).toMatchObject({ outcome: 'measured' });
  });
});
