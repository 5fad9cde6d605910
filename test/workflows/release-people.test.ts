import { describe, expect, it } from 'vitest';
import type { AnalysisRequest } from '../../contracts/release/analysis-request.ts';
import { strangeDigest, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

const ada = { by: 'ada', reason: 'because' };
const bob = { by: 'bob', reason: 'seen too' };

describe.concurrent('people and a release', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const { start, untilSeen, result, progress } = releasesOn(() => harness);
  const refusal = (message: string): object => ({ cause: { message } });
  const advance = { analysis: () => 'advance' as const };

  it('waits at a pause until a person lets it go on', async () => {
    const model = await harness.defineServing('pause-step', advance, {
      release: { steps: [{ share: 0.2, pause: true }, 0.5] },
    });
    const release = await start(model);
    const waiting = await untilSeen(release, ({ waitingFor }) => waitingFor !== null);
    expect(waiting).toMatchObject({
      phase: 'canary',
      share: 0.2,
      waitingFor: expect.stringContaining('pawl resume') as string,
    });
    await release.executeUpdate('pause', { args: [bob] });
    expect((await progress(release)).waitingFor).toBe('a person to resume: `pawl resume` (paused by bob: seen too)');
    await release.executeUpdate('resume', { args: [ada] });
    expect((await progress(release)).waitingFor).toBe(waiting.waitingFor);
    const { analyses } = waiting;
    await untilSeen(release, (answer) => answer.analyses > analyses + 2);
    expect((await progress(release)).share).toBe(0.2);
    await expect(
      release.executeUpdate('resume', { args: [{ ...ada, evidence: strangeDigest }] }),
    ).rejects.toMatchObject(
      refusal(`what you saw (${strangeDigest}) has changed: look again, it is ${waiting.fingerprint} now`),
    );
    await release.executeUpdate('resume', { args: [{ ...ada, evidence: waiting.fingerprint }] });
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
  });

  it('is promoted by as many people as the policy wants, none of them who started it', async () => {
    const model = await harness.defineServing(
      'two-people',
      { analysis: ({ phase }) => (phase === 'bake' ? 'advance' : 'hold') },
      {
        release: { people: { approvers: 2, starterMayApprove: false } },
      },
    );
    const release = await start(model, { by: 'eve' });
    await untilSeen(release, ({ analyses }) => analyses > 0);
    await expect(release.executeUpdate('promote', { args: [{ by: 'eve', reason: 'mine' }] })).rejects.toMatchObject(
      refusal("eve started this release, and the policy wants somebody else's approval"),
    );
    expect(await release.executeUpdate('promote', { args: [ada] })).toBe('promote by ada (1 of 2)');
    await expect(release.executeUpdate('promote', { args: [ada] })).rejects.toMatchObject(
      refusal('ada approved already: somebody else must, too'),
    );
    expect(await progress(release)).toMatchObject({ phase: 'shadow', approvals: ['ada'] });
    expect(await release.executeUpdate('promote', { args: [bob] })).toBe('promote by ada and bob');
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
  });

  it('forgets an approval when what was approved has changed', async () => {
    const told = { decision: 'hold' as 'hold' | 'pause' };
    const model = await harness.defineServing(
      'void',
      { analysis: () => told.decision },
      { release: { people: { approvers: 2 } } },
    );
    const release = await start(model);
    await untilSeen(release, ({ analyses }) => analyses > 0);
    await release.executeUpdate('promote', { args: [ada] });
    told.decision = 'pause';
    await untilSeen(release, ({ lastAnalysis }) => lastAnalysis?.decision === 'pause');
    expect((await progress(release)).approvals).toEqual([]);
    expect(await release.executeUpdate('promote', { args: [bob] })).toBe('promote by bob (1 of 2)');
    await release.executeUpdate('rollback', { args: [ada] });
    await result(release);
  });

  it('waits for a person when a guard asks for one, and goes on in spite of it when told to', async () => {
    const asked: (readonly string[])[] = [];
    const model = await harness.defineServing('guard-pause', {
      analysis({ acknowledged, phase }: AnalysisRequest) {
        asked.push(acknowledged);
        return phase === 'canary' && acknowledged.length === 0 ? 'pause' : 'advance';
      },
    });
    const release = await start(model);
    const paused = await untilSeen(release, (answer) => answer.paused);
    expect(paused).toMatchObject({
      phase: 'canary',
      waitingFor: expect.stringMatching(/^a person: errors fired/) as string,
    });
    await release.executeUpdate('resume', { args: [ada] });
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
    expect(asked.at(-1)).toEqual(['errors']);
  });

  it('begins the time of a step again when a person asks for another try, and has more time when it is extended', async () => {
    const since: number[] = [];
    const deadlineMs = patience(6_000);
    const model = await harness.defineServing(
      'again',
      {
        analysis(request) {
          since.push(request.since);
          return 'hold';
        },
      },
      { release: { deadline: `${deadlineMs}ms` } },
    );
    const release = await start(model);
    await untilSeen(release, ({ analyses }) => analyses > 1);
    await expect(release.executeUpdate('extend', { args: [ada] })).rejects.toMatchObject(
      refusal('say by how much, in "ms": milliseconds above 0'),
    );
    await release.executeUpdate('extend', { args: [{ ...ada, ms: 3_600_000 }] });
    await release.executeUpdate('retry', { args: [ada] });
    const { startTime } = await release.describe();
    await untilSeen(release, ({ lastAnalysis }) => (lastAnalysis?.at ?? 0) > startTime.getTime() + deadlineMs + 1_000);
    expect(since.at(-1)).toBeGreaterThan(since[0] ?? Infinity);
    await release.executeUpdate('abort', { args: [ada] });
    expect(await result(release)).toMatchObject({ outcome: 'rolledBack', reason: 'because' });
  });
});
