import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { resultOfRun } from '../../contracts/run/run.ts';
import { PawlError } from '../../contracts/errors.ts';
import { until, type Harness } from './harness.ts';
import { runTools } from './run-tools.ts';
import { useHarness } from './use-harness.ts';
import { patience } from '../support/patience.ts';

describe.concurrent('a run that is not judged to its end', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const { start, progress, untilAwaited, recorded, detailsOf, failureOf } = runTools(() => harness);
  const result = resultOfRun;

  it('closes the run as cancelled when it is cancelled while it waits', async () => {
    const run = await start(await harness.define('cancelled'));
    await untilAwaited(run);
    await run.cancel();
    await expect(run.result()).rejects.toThrow(WorkflowFailedError);
    expect((await run.describe()).status.name).toBe('CANCELLED');
    expect(await recorded(run)).toMatchObject({ outcome: 'cancelled', reason: 'cancelled at approval', version: 1 });
  });

  it('closes the run as cancelled when it is cancelled while it trains', async () => {
    let letTrain: () => void = () => undefined;
    const training = new Promise<void>((resolve) => (letTrain = resolve));
    const run = await start(await harness.define('cancelled-early', { training: () => training }));
    await until(
      () => progress(run),
      ({ stage }) => stage === 'train',
    );
    await run.cancel();
    await expect(run.result()).rejects.toThrow(WorkflowFailedError);
    letTrain();
    expect(await recorded(run)).toMatchObject({ outcome: 'cancelled', reason: 'cancelled at train', version: null });
  });

  it('closes the run as failed when a stage breaks, with what the worker said', async () => {
    const broken = (): Promise<void> => Promise.reject(new PawlError('InvalidDataError', 'age has no numbers'));
    const run = await start(await harness.define('broken', { training: broken }));
    const failure = await failureOf(run);
    expect(failure.cause).toBeInstanceOf(ActivityFailure);
    expect((await run.describe()).status.name).toBe('FAILED');
    expect(await recorded(run)).toMatchObject({
      outcome: 'failed',
      reason: 'at train: age has no numbers',
      version: null,
    });
    expect((await detailsOf(run)).split('\n')[0]).toBe('**Failed**: at train: age has no numbers');
  });

  it('closes the run as failed when it was approved after another champion came than it was compared with', async () => {
    const model = await harness.defineServing('overtaken', { analysis: () => 'advance' });
    const run = await start(model);
    const evidence = await untilAwaited(run);
    await harness.client.workflow.execute('release', {
      args: [{ model, version: 2 }],
      taskQueue: 'pawl-release',
      workflowId: `release/${model}`,
    });
    await run.executeUpdate('approve', { args: [{ by: 'ada', reason: 'looked at it', evidence }] });
    await failureOf(run);
    expect(await recorded(run)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining(
        'version 3 was judged against version 1, and version 2 serves now: compare it again with `pawl run overtaken`',
      ) as string,
      version: 3,
    });
    expect(await harness.record(model)).toMatchObject({ champion: 2, canary: null, shadow: null, release: null });
  });

  it.for([
    ['stopped', { data: 'fail' }, /^data: data was told to fail\. Its report could not be written: no ink$/],
    ['promoted', {}, /^the first version of the model\. Its report could not be written: no ink$/],
  ] as const)('stays %s where its report cannot be written, and says why', async ([outcome, gates, reason]) => {
    const report = (): Promise<void> => Promise.reject(new PawlError('InvalidDataError', 'no ink'));
    const model = await harness.define(`no-report-${outcome}`, { gates, report }, { approval: { require: 'never' } });
    const run = await start(model);
    const ended = { outcome, report: null, reason: expect.stringMatching(reason) as string };
    expect(await result(run)).toMatchObject(ended);
    expect(await recorded(run)).toMatchObject(ended);
  });
});
