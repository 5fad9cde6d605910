import type { ActivityFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { AnalysisRequest } from '../../contracts/release/analysis-request.ts';
import { resultOfRun } from '../../contracts/run/run.ts';
import { strangeDigest, until, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

const ada = { by: 'ada', reason: 'because' };
const atRest = { canary: null, shadow: null, release: null, guard: null };

describe.concurrent('a release', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const { start, untilSeen, result, traffic } = releasesOn(() => harness);
  const advance = { analysis: () => 'advance' as const };

  it('of mode shadow only mirrors, and leaves the champion its place', async () => {
    const model = await harness.defineServing('mode-shadow', advance, { release: { mode: 'shadow' } });
    expect(await result(await start(model))).toMatchObject({
      outcome: 'measured',
      reason: 'told to advance',
      analyses: 1,
    });
    expect(await traffic(model)).toEqual(['champion 1, mirrors 2, held', 'champion 1']);
  });

  it('of mode ab splits the traffic for a time, and leaves the champion its place', async () => {
    const model = await harness.defineServing('mode-ab', advance, { release: { mode: 'ab', ab: { share: 0.4 } } });
    expect(await result(await start(model))).toMatchObject({ outcome: 'measured', analyses: 2 });
    expect(await traffic(model)).toEqual([
      'champion 1, mirrors 2, held',
      'champion 1, 0.4 to 2, mirrors 2, held',
      'champion 1',
    ]);
  });

  it('of mode blueGreen moves all traffic at once, after the shadow', async () => {
    const model = await harness.defineServing('mode-blue-green', advance, { release: { mode: 'blueGreen' } });
    expect(await result(await start(model))).toMatchObject({ outcome: 'promoted', analyses: 2 });
    expect(await traffic(model)).toEqual([
      'champion 1, mirrors 2, held',
      'champion 2 after 1, mirrors 2, held',
      'champion 2 after 1',
    ]);
  });

  it('bakes beside a holdback of the version before, which stays champion until then', async () => {
    const model = await harness.defineServing('holdback', advance, { release: { steps: [0.5], holdback: 0.1 } });
    expect(await result(await start(model))).toMatchObject({ outcome: 'promoted', analyses: 3 });
    expect(await traffic(model)).toEqual([
      'champion 1, mirrors 2, held',
      'champion 1, 0.5 to 2, mirrors 2, held',
      'champion 1, 0.9 to 2, mirrors 2, held',
      'champion 2 after 1',
    ]);
  });

  it('tells the gateways what they may judge by themselves, with less alpha for each retry', async () => {
    const model = await harness.defineServing('guarded', {
      analysis: ({ phase }) => (phase === 'shadow' ? 'advance' : 'hold'),
    });
    const alphas: number[] = [];
    for (const id of ['first', 'second']) {
      const release = await start(model, { force: id === 'second', ...ada }, `${id}/${model}`);
      const { guard } = await until(
        () => harness.record(model),
        (record) => record.canary !== null,
      );
      expect(guard).toMatchObject({ slots: 16, errors: { ratio: 1 }, slow: { ms: 50, ratio: 1.5 } });
      alphas.push(guard?.errors?.alpha ?? 0);
      await release.executeUpdate('abort', { args: [ada] });
      expect(await result(release)).toMatchObject({ outcome: 'rolledBack', reason: 'because' });
      expect(await harness.record(model)).toMatchObject({ champion: 1, actor: 'ada', ...atRest });
    }
    expect(alphas[1]).toBeCloseTo((alphas[0] ?? 0) / 4, 12);
  });

  it('of a hotfix has no shadow, and tells the analyses', async () => {
    const asked: AnalysisRequest[] = [];
    const model = await harness.defineServing('hotfix', {
      analysis(request) {
        asked.push(request);
        return 'advance';
      },
    });
    expect(await result(await start(model, { hotfix: true }))).toMatchObject({ outcome: 'promoted', analyses: 3 });
    expect(asked.map(({ plan, phase }) => [plan.hotfix, phase])).toEqual([
      [true, 'canary'],
      [true, 'canary'],
      [true, 'bake'],
    ]);
    expect((await traffic(model))[0]).toBe('champion 1, 0.1 to 2, mirrors 2, held');
  });

  it('leaves out the first moments of the canary when the policy says so', async () => {
    const asked: AnalysisRequest[] = [];
    const model = await harness.defineServing(
      'warm-up',
      {
        analysis(request) {
          asked.push(request);
          return 'advance';
        },
      },
      { release: { warmUp: '5m' } },
    );
    await result(await start(model));
    const first = asked[1];
    expect(asked[0]?.skip).toEqual([]);
    expect(first?.skip).toEqual([{ from: first?.since, to: (first?.since ?? 0) + 300_000 }]);
    expect(asked.at(-1)?.skip).toEqual(first?.skip);
  });

  it('refuses to begin beside another one where the policy or the request says so', async () => {
    const model = await harness.defineServing('refused', {});
    const first = await start(model);
    await untilSeen(first, ({ analyses }) => analyses > 0);
    const second = await start(model, { busy: 'refuse' }, `second/${model}`);
    const error = (await second.result().catch((thrown: unknown) => thrown)) as { cause: ActivityFailure };
    expect(error.cause.cause?.message).toMatch(/version 2 of "refused" is not released: the release ".*" is under way/);
    await first.executeUpdate('abort', { args: [ada] });
    await result(first);
  });

  it('replaces another one where it is told to, which ends as rolled back', async () => {
    const model = await harness.defineServing('replaced', {});
    const first = await start(model);
    await untilSeen(first, ({ analyses }) => analyses > 0);
    const second = await start(model, { busy: 'replace', by: 'bob', reason: 'better one' }, `second/${model}`);
    expect(await result(first)).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(/^taken away: /) as string,
    });
    await untilSeen(second, ({ analyses }) => analyses > 0);
    expect(await harness.record(model)).toMatchObject({
      champion: 1,
      shadow: { version: 2 },
      actor: expect.stringContaining('second') as string,
    });
    await second.executeUpdate('abort', { args: [ada] });
    await result(second);
  });

  it.for([
    ['refuse', 'rolledBack', /^the release "release\/run-refuse" is under way, and the policy refuses another$/],
    ['replace', 'promoted', /./],
  ] as const)('of a run does what the policy says about one under way: %s', async ([busy, outcome, reason]) => {
    const model = await harness.defineServing(
      `run-${busy}`,
      { analysis: ({ plan }) => (plan.version === 2 ? 'hold' : 'advance') },
      { approval: { require: 'never' }, release: { busy } },
    );
    const first = await start(model);
    await untilSeen(first, ({ analyses }) => analyses > 0);
    const run = await harness.client.workflow.start('retrainAndRelease', {
      args: [model],
      taskQueue: 'pawl',
      workflowId: `busy-${busy}`,
    });
    const ended = await resultOfRun(run);
    expect(ended.outcome).toBe(outcome);
    expect(ended.reason).toMatch(reason);
    if (busy === 'refuse') await first.executeUpdate('abort', { args: [ada] });
    expect(await result(first)).toMatchObject({ outcome: 'rolledBack' });
    expect(await harness.record(model)).toMatchObject({ champion: busy === 'refuse' ? 1 : 3 });
  });

  it('is kept with every analysis and its end', async () => {
    const model = await harness.defineServing('kept');
    const release = await start(model);
    await untilSeen(release, ({ analyses }) => analyses > 2);
    await release.executeUpdate('abort', { args: [ada] });
    const ended = await result(release);
    const { registry } = harness.ports;
    const [record] = await registry.releases(model);
    expect(record).toMatchObject({ champion: 1, result: ended });
    const analyses = await registry.analyses(model, record?.release ?? '');
    expect(analyses).toHaveLength(ended.analyses);
    expect(analyses[0]).toMatchObject({ version: 2, phase: 'shadow', decision: 'hold', status: 'inconclusive' });
    expect(await harness.ports.store.getBlob(analyses[0]?.evidence ?? strangeDigest)).toBeInstanceOf(Uint8Array);
  });

  it('waits while its model is frozen', async () => {
    const model = await harness.defineServing('frozen-model', advance);
    const freeze = (frozen: boolean) =>
      harness.ports.registry.changeDeployment(model, (current) =>
        current === null ? null : { ...current, frozen, actor: 'ada', reason: 'all stop' },
      );
    await freeze(true);
    const release = await start(model);
    await untilSeen(release, ({ waitingFor }) => waitingFor === '"frozen-model" to be unfrozen (ada: all stop)');
    await freeze(false);
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
  });

  it('goes back by order though its next step waits for its model to be unfrozen', async () => {
    const model = await harness.defineServing('frozen-step', {
      async analysis({ phase }): Promise<'advance'> {
        if (phase === 'shadow') await freeze(model);
        return 'advance';
      },
    });
    const freeze = (name: string) =>
      harness.ports.registry.changeDeployment(name, (current) =>
        current === null ? null : { ...current, frozen: true, actor: 'ada', reason: 'all stop' },
      );
    const release = await start(model);
    await untilSeen(release, ({ phase }) => phase === 'canary');
    await release.executeUpdate('rollback', { args: [ada] });
    expect(await result(release)).toMatchObject({ outcome: 'rolledBack', analyses: 1, reason: 'because' });
    expect(await harness.record(model)).toMatchObject({ champion: 1, frozen: true, actor: 'ada', ...atRest });
    expect((await traffic(model)).join()).not.toContain('to 2');
  });
});
