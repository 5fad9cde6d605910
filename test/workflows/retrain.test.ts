import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { resultOfRelease } from '../../contracts/release/release.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { resultOfRun } from '../../contracts/run/run.ts';
import { strangeDigest, until, type Harness } from './harness.ts';
import type { Script } from './stub-activities.ts';
import { runTools } from './run-tools.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

const decision = { by: 'ada', reason: 'looked at it' };

describe.concurrent('retrainAndRelease', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const isShadow = ({ shadow }: Deployment): boolean => shadow !== null;
  const inShadow = (model: string) => until(() => harness.record(model), isShadow);
  const { start, progress, untilAwaited, recorded, detailsOf, failureOf } = runTools(() => harness);
  const result = resultOfRun;
  const advance: Script = { analysis: () => 'advance' };

  it('takes a first version through an approved update to all traffic, and closes the run', async () => {
    const model = await harness.define('first');
    const run = await start(model);
    const evidence = await untilAwaited(run);
    const shown = await progress(run);
    expect(shown).toMatchObject({ model, stage: 'approval', version: 1, ignored: [] });
    expect(shown.waitingFor).toContain(`pawl approve ${run.workflowId}`);
    expect(shown.stages.map(({ stage }) => stage)).toEqual([
      'data',
      'quality',
      'fairness',
      'explain',
      'optimize',
      'staging',
    ]);

    expect(await run.executeUpdate('approve', { args: [{ ...decision, evidence }] })).toBe('approved by ada');
    expect(await result(run)).toMatchObject({ outcome: 'promoted', version: 1 });
    expect(await recorded(run)).toMatchObject({ outcome: 'promoted', version: 1 });
    expect(await harness.record(model)).toMatchObject({ champion: 1, canary: null, shadow: null, release: null });
    expect(await harness.ports.registry.approval(model, run.workflowId)).toMatchObject({
      decision: 'approved',
      by: 'ada',
      evidence,
      via: 'update',
    });
  });

  it('needs nobody where every gate passes and the policy asks for no approval', async () => {
    const model = await harness.define('never', {}, { approval: { require: 'never' } });
    const run = await start({ model, seed: 3, data: { limit: 10 }, params: { epochs: 2 } });
    expect(await result(run)).toMatchObject({ outcome: 'promoted', version: 1 });
    expect(await harness.ports.registry.approval(model, run.workflowId)).toMatchObject({ by: 'policy', via: 'policy' });
    expect((await harness.ports.registry.run(run.workflowId))?.run).toMatchObject({
      seed: 3,
      selection: { limit: 10 },
    });
  });

  it('takes the rows of a window that ends when the run was due, and keeps its bounds', async () => {
    const model = await harness.define('windowed', {}, { dataset: 'moments' });
    const run = await start({ model, data: { last: '90d' } });
    await untilAwaited(run);
    const { startTime } = await run.describe();
    const { selection } = (await harness.ports.registry.run(run.workflowId))?.run ?? {};
    expect(selection).toEqual({
      from: new Date(startTime.getTime() - 90 * 86_400_000).toISOString(),
      to: startTime.toISOString(),
    });
    await run.cancel();
  });

  it.for(['data', 'fairness', 'staging'] as const)(
    'stops at a failed %s gate, says why, and closes the run',
    async (gate) => {
      const model = await harness.define(`fails-${gate}`, { gates: { [gate]: 'fail' } });
      const run = await start(model);
      const ended = await result(run);
      expect(ended).toMatchObject({ outcome: 'stopped', version: null, reason: `${gate}: ${gate} was told to fail` });
      expect(ended.verdicts.at(-1)).toMatchObject({ stage: gate, status: 'fail' });
      expect(await recorded(run)).toMatchObject({ outcome: 'stopped' });
      // The Web UI shows it as failed, and why.
      expect((await run.describe()).status.name).toBe('FAILED');
      expect((await failureOf(run)).cause).toMatchObject({
        type: 'RunNotPromotedError',
        nonRetryable: true,
        message: `Stopped: ${gate}: ${gate} was told to fail`,
        details: [{ outcome: 'stopped', reason: ended.reason, report: ended.report }],
      });
      expect((await detailsOf(run)).split('\n')[0]).toBe(`**Stopped**: ${gate}: ${gate} was told to fail`);
      expect(await harness.ports.registry.versions(model)).toEqual([]);
    },
  );

  it('trains and judges on folds where the definition asks for them, and stops where they fail', async () => {
    const quality = { quality: { folds: 3 } };
    const good = await start(await harness.define('folded', {}, quality));
    await untilAwaited(good);
    expect((await progress(good)).stages.map(({ stage }) => stage).slice(0, 3)).toEqual(['data', 'folds', 'quality']);
    const { events } = await good.fetchHistory();
    const scheduled = events?.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    expect(scheduled?.filter((name) => name === 'trainFold')).toHaveLength(3);
    await good.cancel();

    const bad = await start(await harness.define('unfolded', { gates: { folds: 'fail' } }, quality));
    expect(await result(bad)).toMatchObject({ outcome: 'stopped', reason: 'folds: folds was told to fail' });
  });

  it('names the run that did what was reused, in progress, details and result', async () => {
    const run = await start(await harness.define('reuses', { from: 'retrain/reuses/before' }));
    const evidence = await untilAwaited(run);
    const { trainedBy, trainingNote, stages } = await progress(run);
    expect(trainingNote).toBe('More rounds may do better.');
    expect(await detailsOf(run)).toContain('Training: More rounds may do better.');
    expect(trainedBy).toBe('retrain/reuses/before');
    expect(stages.flatMap(({ stage, from }) => (from === undefined ? [] : [[stage, from]]))).toEqual([
      ['quality', 'retrain/reuses/before'],
    ]);
    expect(await detailsOf(run)).toContain('Trained by run retrain/reuses/before');
    expect(await detailsOf(run)).toContain('| quality | **pass**, of run retrain/reuses/before |');
    await run.executeUpdate('approve', { args: [{ ...decision, evidence }] });
    const { verdicts } = await result(run);
    expect(verdicts.find(({ stage }) => stage === 'quality')).toMatchObject({ from: 'retrain/reuses/before' });
  });

  it('holds an inconclusive gate for a person although the policy asks for no approval', async () => {
    const model = await harness.define(
      'held',
      { gates: { fairness: 'inconclusive' } },
      { approval: { require: 'never' } },
    );
    const run = await start(model);
    const evidence = await untilAwaited(run);
    expect((await progress(run)).waitingFor).toContain('held by: fairness');
    await run.executeUpdate('approve', { args: [{ ...decision, evidence }] });
    expect(await result(run)).toMatchObject({ outcome: 'promoted' });
  });

  it('refuses an update that comes too early, that names other evidence, or that says not who or why', async () => {
    let letTrain: () => void = () => undefined;
    const training = new Promise<void>((resolve) => (letTrain = resolve));
    const model = await harness.define('refuses', { training: () => training });
    const run = await start(model);
    await until(
      () => progress(run),
      ({ stage }) => stage === 'train',
    );
    const refusal = async (name: string, args: unknown): Promise<string> => {
      const error = await run.executeUpdate(name, { args: [args] }).then(
        () => new Error('it was accepted'),
        (thrown: Error) => thrown,
      );
      return (error.cause as Error | undefined)?.message ?? error.message;
    };
    expect(await refusal('approve', { ...decision, evidence: strangeDigest })).toMatch(/awaits no approval now/);
    letTrain();
    const evidence = await untilAwaited(run);
    const wrong = await refusal('approve', { ...decision, evidence: strangeDigest });
    expect(wrong).toContain('"evidence" must be the digest that query "progress" shows');
    expect(wrong).toContain(evidence);
    expect(wrong).toContain(strangeDigest);
    expect(await refusal('reject', { ...decision })).toMatch(/not nothing: read the evidence again/);
    expect(await refusal('approve', { reason: 'x', evidence })).toMatch(/say who, in "by"/);
    expect(await refusal('approve', { by: 'ada', evidence })).toMatch(/say why, in "reason"/);
    expect(await refusal('approve', null)).toMatch(/say who/);
    expect((await progress(run)).stage).toBe('approval');

    await run.executeUpdate('reject', { args: [{ ...decision, evidence }] });
    expect(await result(run)).toMatchObject({
      outcome: 'rejected',
      version: 1,
      reason: 'rejected by ada: looked at it',
    });
    expect((await failureOf(run)).cause).toMatchObject({ message: 'Rejected: rejected by ada: looked at it' });
    expect(await harness.ports.registry.approval(model, run.workflowId)).toMatchObject({ decision: 'rejected' });
    expect(await harness.ports.registry.deployment(model)).toBeNull();
  });

  it('records and ignores a signal that names other evidence, and follows one that names the right one', async () => {
    const model = await harness.define('signals');
    const run = await start(model);
    const evidence = await untilAwaited(run);
    await run.signal('approve', { ...decision, evidence: strangeDigest });
    const { ignored, stage } = await until(
      () => progress(run),
      (answer) => answer.ignored.length > 0,
    );
    expect(ignored).toEqual([expect.stringContaining('signal "approve" by ada: "evidence" must be the digest')]);
    expect(stage).toBe('approval');
    await run.signal('approve', { ...decision, evidence });
    expect(await result(run)).toMatchObject({ outcome: 'promoted' });
    expect(await harness.ports.registry.approval(model, run.workflowId)).toMatchObject({ via: 'signal', by: 'ada' });
  });

  it('rejects by signal too', async () => {
    const run = await start(await harness.define('signal-rejects'));
    await run.signal('reject', { ...decision, evidence: await untilAwaited(run) });
    expect(await result(run)).toMatchObject({ outcome: 'rejected' });
  });

  it('rejects when nobody decides before the deadline', async () => {
    const model = await harness.define('expires', {}, { approval: { deadline: '300ms' } });
    const run = await start(model);
    expect(await result(run)).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringContaining('expired') as string,
    });
    expect(await harness.ports.registry.approval(model, run.workflowId)).toMatchObject({
      decision: 'expired',
      via: 'deadline',
    });
  });

  it.for([
    ['an unknown model', 'nobody', 'UnknownModelError', /there is no model "nobody": known are .*churn/],
    [
      'an unknown override',
      { model: 'churn', params: { depth: 3 } },
      'InvalidRequestError',
      /depth cannot be overridden.*epochs/,
    ],
    ['an override out of range', { model: 'churn', params: { epochs: -1 } }, 'InvalidRequestError', /epochs/],
    [
      'a key that is not known',
      { model: 'churn', speed: 9 },
      'InvalidRequestError',
      /must be a model's name or .*speed/s,
    ],
    ['no input', undefined, 'InvalidRequestError', /must be a model's name or/],
    ['a number', 7, 'InvalidRequestError', /must be a model's name or/],
    ['a path as name', '../churn', 'UnknownModelError', /there is no model "\.\.\/churn"/],
  ] as const)('fails at once on %s', async ([, input, type, message]) => {
    const run = await start(input);
    const error = await run.result().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    const failure = (error as WorkflowFailedError).cause;
    expect(failure).toBeInstanceOf(ActivityFailure);
    const cause = (failure as ActivityFailure).cause as ApplicationFailure;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({ type, nonRetryable: true });
    expect(cause.message).toMatch(message);
  });

  it('waits while another release of the model is under way, says so, and goes on when that has ended', async () => {
    let hold = true;
    const model = await harness.defineServing('busy', { analysis: () => (hold ? 'hold' : 'advance') });
    const other = await harness.client.workflow.start('release', {
      args: [{ model, version: 2 }],
      taskQueue: 'pawl-release',
      workflowId: `release/${model}`,
    });
    const run = await start(model);
    const evidence = await untilAwaited(run);
    await run.executeUpdate('approve', { args: [{ ...decision, evidence }] });
    const { waitingFor } = await until(
      () => progress(run),
      (answer) => answer.stage === 'release' && answer.waitingFor !== null,
    );
    expect(waitingFor).toBe(`the release "release/${model}" that is under way`);
    await other.executeUpdate('rollback', { args: [decision] });
    hold = false;
    expect(await resultOfRelease(other)).toMatchObject({ outcome: 'rolledBack', version: 2 });
    expect(await result(run)).toMatchObject({ outcome: 'promoted', version: 3 });
    expect(await harness.record(model)).toMatchObject({ champion: 3, previous: 1, release: null });
  });

  it('ends as rolled back when its release is taken back, or cancelled by hand', async () => {
    const guarded = await harness.defineServing('guarded-run', { analysis: () => 'rollback' });
    const cancelled = await harness.defineServing('cancelled-release', {});
    const [one, two] = await Promise.all([start(guarded), start(cancelled)]);
    for (const run of [one, two])
      await run.executeUpdate('approve', { args: [{ ...decision, evidence: await untilAwaited(run) }] });
    expect(await result(one)).toMatchObject({ outcome: 'rolledBack', version: 3, reason: 'told to rollback' });
    expect((await failureOf(one)).cause).toMatchObject({ message: 'Rolled back: told to rollback' });
    const release = harness.client.workflow.getHandle(`release/${cancelled}`);
    await until(
      () => harness.record(cancelled),
      ({ shadow }) => shadow !== null,
    );
    await release.cancel();
    expect(await result(two)).toMatchObject({ outcome: 'rolledBack', version: 3 });
    expect((await recorded(two))?.reason).toBe('the release was cancelled, and the champion restored');
    for (const model of [guarded, cancelled])
      expect(await harness.record(model)).toMatchObject({ champion: 1, canary: null, shadow: null, release: null });
  });

  it('leaves the release running when the run that began it is terminated', async () => {
    let hold = true;
    const model = await harness.defineServing('orphan', { analysis: () => (hold ? 'hold' : 'advance') });
    const run = await start(model);
    await run.executeUpdate('approve', { args: [{ ...decision, evidence: await untilAwaited(run) }] });
    await inShadow(model);
    await run.terminate('the test ends the parent');
    hold = false;
    expect(await harness.client.workflow.getHandle(`release/${model}`).result()).toMatchObject({ outcome: 'promoted' });
    expect(await harness.record(model)).toMatchObject({ champion: 3, release: null });
  });

  it('restores the champion when the run is cancelled while it releases', async () => {
    const model = await harness.defineServing('cancelled-late', {}, { approval: { require: 'never' } });
    const run = await start(model);
    await inShadow(model);
    await run.cancel();
    await expect(run.result()).rejects.toThrow(WorkflowFailedError);
    expect(await recorded(run)).toMatchObject({ outcome: 'cancelled', reason: 'cancelled at release', version: 3 });
    expect(await harness.record(model)).toMatchObject({ champion: 1, shadow: null, release: null });
  });

  it('promotes over a champion through every phase', async () => {
    const model = await harness.defineServing('successor', advance, { approval: { require: 'never' } });
    const run = await start({ model });
    expect(await result(run)).toMatchObject({ outcome: 'promoted', version: 3, reason: 'every phase passed' });
    expect(await harness.record(model)).toMatchObject({ champion: 3, previous: 1 });
  });
});
