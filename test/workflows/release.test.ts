import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ActivityFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { resultOfRelease, type ReleaseProgress } from '../../contracts/release/release.ts';
import { inWords, until, type Harness } from './harness.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

const command = { by: 'ada', reason: 'because' };
const atRest = { canary: null, shadow: null, release: null };

describe.concurrent('release', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const start = (model: string, version = 2, workflowId = `release/${model}`): Promise<WorkflowHandle> =>
    harness.client.workflow.start('release', {
      args: [{ model, version }],
      taskQueue: 'pawl-release',
      workflowId,
    });
  const progress = (release: WorkflowHandle): Promise<ReleaseProgress> => release.query<ReleaseProgress>('progress');
  const untilPhase = (release: WorkflowHandle, phase: string): Promise<ReleaseProgress> =>
    until(
      () => progress(release),
      (answer) => answer.phase === phase && answer.analyses > 0,
    );
  const result = resultOfRelease;
  const traffic = async (model: string): Promise<string[]> =>
    (await harness.ports.registry.deploymentHistory(model)).map(inWords);
  const failureOf = async (release: WorkflowHandle): Promise<{ type?: string; message: string }> => {
    const error = (await release.result().catch((thrown: unknown) => thrown)) as WorkflowFailedError;
    return (error.cause as ActivityFailure).cause as { type?: string; message: string };
  };

  it('goes through shadow, canary steps and bake to all traffic, by one change of the record each', async () => {
    const model = await harness.defineServing('steps', { analysis: () => 'advance' });
    const release = await start(model);
    expect(await result(release)).toMatchObject({ outcome: 'promoted', version: 2, analyses: 4, rollbackMs: null });
    expect(await traffic(model)).toEqual([
      'champion 1',
      'champion 1, held',
      'champion 1, mirrors 2, held',
      'champion 1, 0.1 to 2, mirrors 2, held',
      'champion 1, 0.5 to 2, mirrors 2, held',
      'champion 2 after 1, mirrors 2, held',
      'champion 2 after 1',
    ]);
    const [first, taken, ...rest] = await harness.ports.registry.deploymentHistory(model);
    expect(taken?.salt).not.toBe(first?.salt);
    expect(new Set(rest.map(({ salt }) => salt))).toEqual(new Set([taken?.salt]));
    expect(taken?.release).toMatch(new RegExp(`^release/${model}/[0-9a-f-]{36}$`));
  });

  it('gives the first version of a model all traffic at once', async () => {
    const model = await harness.define('very-first');
    await harness.addVersion(model);
    expect(await result(await start(model, 1))).toMatchObject({
      outcome: 'promoted',
      analyses: 0,
      reason: 'the first version of the model',
    });
    expect(await harness.record(model)).toMatchObject({ champion: 1, previous: null, ...atRest });
  });

  it.for(['shadow', 'canary', 'bake'] as const)('is rolled back by a guard that fires in the %s', async (phase) => {
    const model = await harness.defineServing(`guard-${phase}`, {
      analysis: (request) => (request.phase === phase ? 'rollback' : 'advance'),
    });
    const release = await start(model);
    const ended = await result(release);
    expect(ended).toMatchObject({ outcome: 'rolledBack', reason: 'told to rollback' });
    await expect(release.result()).rejects.toMatchObject({
      cause: { type: 'ReleaseRolledBackError', message: 'Rolled back: told to rollback', nonRetryable: true },
    });
    expect(ended.rollbackMs).toBeGreaterThanOrEqual(0);
    expect(ended.rollbackMs).toBeLessThan(5_000);
    const record = await harness.record(model);
    expect(record).toMatchObject({ champion: 1, actor: 'guard', reason: 'told to rollback', ...atRest });
    // Nothing may send traffic to what a guard fired.
    expect(record.previous).toBeNull();
  });

  it('is rolled back when it is not proven by the total deadline', async () => {
    const model = await harness.defineServing('overdue', {}, { release: { deadline: `${patience(1_500)}ms` } });
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(/^not proven by the total deadline: .+/) as string,
    });
    expect(ended.analyses).toBeGreaterThan(0);
    expect(await harness.record(model)).toMatchObject({ champion: 1, actor: 'deadline', ...atRest });
  });

  it('makes no step while it is paused, and goes on when it is resumed', async () => {
    const ready = { now: false };
    const model = await harness.defineServing('paused', { analysis: () => (ready.now ? 'advance' : 'hold') });
    const release = await start(model);
    await untilPhase(release, 'shadow');
    expect(await release.executeUpdate('pause', { args: [command] })).toBe('pause by ada');
    await expect(release.executeUpdate('pause', { args: [command] })).rejects.toMatchObject({
      cause: { message: 'this release is paused already' },
    });
    ready.now = true;
    const { analyses } = await progress(release);
    const held = await until(
      () => progress(release),
      (answer) => answer.analyses > analyses + 3,
    );
    expect(held).toMatchObject({ phase: 'shadow', paused: true, lastAnalysis: { decision: 'advance' } });
    await release.signal('resume', command);
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
  });

  it('is promoted at once by order, past the steps that are left, but not past the bake', async () => {
    const model = await harness.defineServing('promote-now', {
      analysis: ({ phase }) => (phase === 'bake' ? 'advance' : 'hold'),
    });
    const release = await start(model);
    await untilPhase(release, 'shadow');
    await release.executeUpdate('promote', { args: [command] });
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
    const history = await harness.ports.registry.deploymentHistory(model);
    expect(history.map(inWords)).toEqual([
      'champion 1',
      'champion 1, held',
      'champion 1, mirrors 2, held',
      'champion 2 after 1, mirrors 2, held',
      'champion 2 after 1',
    ]);
    expect(history.at(-2)).toMatchObject({ actor: 'ada', reason: 'because' });
  });

  it.for(['update', 'signal'] as const)('is rolled back by %s', async (way) => {
    const model = await harness.defineServing(`back-by-${way}`);
    const release = await start(model);
    await untilPhase(release, 'shadow');
    if (way === 'update') await release.executeUpdate('rollback', { args: [command] });
    else await release.signal('rollback', command);
    expect(await result(release)).toMatchObject({ outcome: 'rolledBack', reason: 'because' });
    expect(await harness.record(model)).toMatchObject({ champion: 1, actor: 'ada', reason: 'because', ...atRest });
  });

  it('lets no step that an analysis allows overtake a rollback that was ordered during that analysis', async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    let looking: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => (looking = resolve));
    const model = await harness.defineServing('overtaken', {
      async analysis({ phase }): Promise<'advance'> {
        if (phase !== 'bake') return 'advance';
        looking();
        await asked;
        return 'advance';
      },
    });
    const release = await start(model);
    await looked;
    await release.executeUpdate('rollback', { args: [command] });
    await expect(release.executeUpdate('promote', { args: [command] })).rejects.toMatchObject({
      cause: { message: 'ada ordered a rollback already' },
    });
    answer();
    expect(await result(release)).toMatchObject({ outcome: 'rolledBack', reason: 'because' });
    expect(await harness.record(model)).toMatchObject({ champion: 1, ...atRest });
  });

  it('restores the champion when it is cancelled', async () => {
    const model = await harness.defineServing('cancelled', {
      analysis: ({ phase }) => (phase === 'shadow' ? 'advance' : 'hold'),
    });
    const release = await start(model);
    const { canary } = await until(
      () => harness.record(model),
      (record) => record.canary !== null,
    );
    expect(canary).toEqual({ version: 2, share: 0.1 });
    await release.cancel();
    await expect(release.result()).rejects.toThrow(WorkflowFailedError);
    expect((await release.describe()).status.name).toBe('CANCELLED');
    expect(await harness.record(model)).toMatchObject({ champion: 1, reason: 'the release was cancelled', ...atRest });
  });

  it('refuses commands without who or why, and records such signals', async () => {
    const model = await harness.defineServing('impolite');
    const release = await start(model);
    await untilPhase(release, 'shadow');
    await expect(release.executeUpdate('promote', { args: [{ by: 'ada' }] })).rejects.toMatchObject({
      cause: { message: 'say why, in "reason"' },
    });
    await expect(release.executeUpdate('resume', { args: [command] })).rejects.toMatchObject({
      cause: { message: 'this release is not paused' },
    });
    await expect(
      release.executeUpdate('pause', { args: [{ by: 'ada', reason: 'x'.repeat(2_001) }] }),
    ).rejects.toMatchObject({ cause: { message: '"reason" has 2001 characters: say it in at most 2000' } });
    await expect(release.executeUpdate('pause', { args: [{ by: 'ada\u001b[2J', reason: 'x' }] })).rejects.toMatchObject(
      { cause: { message: '"by" holds control characters: leave them out' } },
    );
    await release.signal('rollback', {});
    const { commands } = await until(
      () => progress(release),
      (answer) => answer.commands.length > 0,
    );
    expect(commands).toEqual(['signal "rollback" ignored: say who, in "by"']);
    await release.executeUpdate('rollback', { args: [command] });
    await result(release);
  });

  it('fails clearly on the version that serves, on an unknown version, and on wrong input', async () => {
    const model = await harness.defineServing('wrong');
    const serving = await failureOf(await start(model, 1, `serving-${randomUUID()}`));
    expect(serving).toMatchObject({
      type: 'InvalidRequestError',
      message: `version 1 of "${model}" serves already: there is nothing to release`,
    });
    const unknown = await failureOf(await start(model, 9, `unknown-${randomUUID()}`));
    expect(unknown).toMatchObject({
      type: 'UnknownVersionError',
      message: `model "${model}" has no version 9: \`pawl versions ${model}\` lists those it has`,
    });
    const wrong = await failureOf(await start(model, -1, `wrong-${randomUUID()}`));
    expect(wrong).toMatchObject({
      type: 'InvalidRequestError',
      message: expect.stringContaining('the input of release must be {"model", "version"}') as string,
    });
    expect(await traffic(model)).toEqual(['champion 1']);
  });
});
