import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { ActivityFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { resultOfRelease } from '../../contracts/release/release.ts';
import type { RolledBack } from '../../activities/release/roll-back.ts';
import type { MonitorResult } from '../../workflows/monitor.ts';
import { until, type Harness } from './harness.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

const atRest = { canary: null, shadow: null, release: null };

describe.concurrent('rollback and monitorModel', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const execute = <T>(type: string, ...args: unknown[]): Promise<T> =>
    harness.client.workflow.execute(type, { args, taskQueue: 'pawl', workflowId: randomUUID() }) as Promise<T>;
  const rollback = (model: string, reason = 'complaints'): Promise<RolledBack> =>
    execute('rollback', { model, reason, by: 'ada' });
  const release = (model: string, workflowId = `release/${model}`) =>
    harness.client.workflow.start('release', {
      args: [{ model, version: 2 }],
      taskQueue: 'pawl-release',
      workflowId,
    });
  const failureOf = async (work: Promise<unknown>): Promise<{ type?: string; message: string }> => {
    const error = (await work.catch((thrown: unknown) => thrown)) as WorkflowFailedError;
    expect(error).toBeInstanceOf(WorkflowFailedError);
    return (error.cause as ActivityFailure).cause as { type?: string; message: string };
  };

  it('goes back to the previous version where no release is under way, and never forward again by a second call', async () => {
    const model = await harness.defineServing('back', { analysis: () => 'advance' });
    await (await release(model)).result();
    expect(await harness.record(model)).toMatchObject({ champion: 2, previous: 1 });
    expect(await rollback(model)).toEqual({ model, champion: 1, from: 2, release: null });
    expect(await harness.record(model)).toMatchObject({ champion: 1, previous: null, actor: 'ada', ...atRest });

    const again = await failureOf(rollback(model, 'someone else asks too'));
    expect(again).toMatchObject({
      type: 'InvalidRequestError',
      message: expect.stringContaining(`"${model}" has no previous version to go back to: version 1 serves`) as string,
    });
    expect(await harness.record(model)).toMatchObject({ champion: 1 });
  });

  it.for(['shadow', 'canary', 'bake'] as const)(
    'takes a release away in its %s, which ends as rolled back',
    async (phase) => {
      const model = await harness.defineServing(
        `away-${phase}`,
        {
          analysis: (request) => (request.phase === phase ? null : 'advance'),
        },
        { release: { bake: '1h' } },
      );
      const underWay = await release(model, `hand-made-${phase}`);
      await until(
        () => underWay.query<{ phase: string; analyses: number }>('progress'),
        (answer) => answer.phase === phase,
      );
      await until(
        () => harness.record(model),
        (record) =>
          phase === 'bake'
            ? record.champion === 2
            : phase === 'canary'
              ? record.canary !== null
              : record.shadow !== null,
      );
      expect(await rollback(model)).toEqual({ model, champion: 1, from: 2, release: `hand-made-${phase}` });
      expect(await harness.record(model)).toMatchObject({ champion: 1, previous: null, ...atRest });
      expect(await resultOfRelease(underWay)).toMatchObject({ outcome: 'rolledBack', version: 2 });
      expect(await harness.record(model)).toMatchObject({ champion: 1, previous: null, ...atRest });
    },
  );

  it('keeps what was taken back out of reach of a second rollback', async () => {
    const model = await harness.defineServing('twice', {
      analysis: ({ phase }) => (phase === 'shadow' ? 'advance' : 'hold'),
    });
    const underWay = await release(model);
    await until(
      () => harness.record(model),
      ({ canary }) => canary !== null,
    );
    await rollback(model);
    expect(await resultOfRelease(underWay)).toMatchObject({ outcome: 'rolledBack' });
    await failureOf(rollback(model, 'once more'));
    expect(await harness.record(model)).toMatchObject({ champion: 1, canary: null });
  });

  it('fails clearly on an unknown model and on wrong input', async () => {
    expect(await failureOf(rollback('nobody'))).toMatchObject({
      type: 'UnknownModelError',
      message: expect.stringContaining('there is no model "nobody"') as string,
    });
    expect(await failureOf(execute('rollback', { model: 'churn' }))).toMatchObject({
      type: 'InvalidRequestError',
      message: expect.stringContaining('the input of rollback must be {"model", "reason"}') as string,
    });
  });

  it('starts a run when the monitor finds a reason, and the run outlives it', async () => {
    const model = await harness.define('drifted', { trigger: 'age drifted' });
    const monitored = await execute<MonitorResult>('monitorModel', model);
    expect(monitored).toMatchObject({ status: 'warn' });
    expect(monitored.started).toMatch(/^retrain\/drifted\/\d{4}-\d\d-\d\dT/);
    const run = harness.client.workflow.getHandle(monitored.started ?? '');
    await until(
      () => run.query<{ stage: string }>('progress'),
      ({ stage }) => stage === 'approval',
    );
    expect((await run.describe()).staticSummary).toBeDefined();
    await run.terminate();
  });

  it('starts none where all is well', async () => {
    const model = await harness.define('steady');
    expect(await execute<MonitorResult>('monitorModel', { model })).toEqual({
      status: 'pass',
      evidence: null,
      reasons: [],
      started: null,
    });
  });
});
