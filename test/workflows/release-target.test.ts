import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { TargetOutageError } from '../../ports/release-target/port.ts';
import { patience } from '../support/patience.ts';
import { inWords, until, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import { never, stubTarget, type StubTarget } from './stub-target.ts';
import { useHarness } from './use-harness.ts';

const ada = { by: 'ada', reason: 'because' };
const atRest = { champion: 1, canary: null, shadow: null, release: null };

describe.concurrent('a release on another platform', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });

  const { start, result } = releasesOn(() => harness);
  const define = (model: string, target: StubTarget, release: object = {}): Promise<string> =>
    harness.defineServing(model, { analysis: () => 'advance', target }, { release });
  const untilAsked = ({ pending }: StubTarget): Promise<number> =>
    until(
      async () => pending.now,
      (asked) => asked > 0,
    );
  const untilBack = (model: string) =>
    until(
      () => harness.record(model),
      ({ release, canary }) => release === null && canary === null,
    );
  const orderBack = (release: WorkflowHandle) => release.executeUpdate('rollback', { args: [ada] });

  it('changes the record first and the platform after it, at each step', async () => {
    const records: string[] = [];
    const target = stubTarget(async ({ model }) => {
      records.push(inWords(await harness.record(model)));
    });
    const model = await define('target-steps', target);
    expect(await result(await start(model))).toMatchObject({ outcome: 'promoted' });
    expect(records).toEqual([
      'champion 1, mirrors 2, held',
      'champion 1, 0.1 to 2, mirrors 2, held',
      'champion 1, 0.5 to 2, mirrors 2, held',
      'champion 2 after 1, mirrors 2, held',
      'champion 2 after 1',
    ]);
    expect(target.served).toEqual([
      'champion 1',
      'champion 1, 0.1 to 2',
      'champion 1, 0.5 to 2',
      'champion 2',
      'champion 2',
    ]);
  });

  it('goes on once a platform that was away for a while is back', async () => {
    let left = 2;
    const target = stubTarget(async ({ canary }) => {
      if (canary?.share === 0.1 && left-- > 0) throw new TargetOutageError('503 of the platform');
    });
    const model = await define('target-away', target);
    expect(await result(await start(model))).toMatchObject({ outcome: 'promoted', analyses: 4 });
    expect(left).toBe(-1);
    expect(target.served.filter((one) => one.includes('0.1'))).toHaveLength(1);
  });

  it('is rolled back, on the record and in its own, where the platform refuses a step for good', async () => {
    const target = stubTarget(async ({ canary }) => {
      if (canary !== null) throw new PawlError(errorTypes.invalidConfig, 'there is no Service "churn-v2"');
    });
    const model = await define('target-refuses', target);
    const release = await start(model);
    await expect(release.result()).rejects.toThrow(WorkflowFailedError);
    const reason = 'the release failed: there is no Service "churn-v2"';
    expect(await harness.record(model)).toMatchObject({ ...atRest, reason });
    expect(target.served).toEqual(['champion 1', 'champion 1']);
    expect(await harness.ports.registry.releases(model)).toMatchObject([
      { champion: 1, result: { outcome: 'rolledBack', version: 2, reason } },
    ]);
  });

  it('takes the record back though the platform is still busy with the step, and steers it one change at a time', async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const target = stubTarget(({ canary }) => (canary === null ? Promise.resolve() : finished));
    const model = await define('target-stuck', target, { shadow: { sample: 0 } });
    const release = await start(model);
    await untilAsked(target);
    await until(
      async () => target.served.length,
      (served) => served === 1,
    );
    await untilAsked(target);
    await orderBack(release);
    expect(await untilBack(model)).toMatchObject({ ...atRest, actor: 'ada' });
    expect(target.pending.now).toBe(1);
    finish();
    expect(await result(release)).toMatchObject({ outcome: 'rolledBack', reason: 'because' });
    expect(target.served.slice(0, 2)).toEqual(['champion 1', 'champion 1, 0.1 to 2']);
    expect(new Set(target.served.slice(2))).toEqual(new Set(['champion 1']));
    expect(target.pending.most).toBe(1);
  });

  it.for(['the release', 'the workflow rollback'])(
    'ends the wait for a step by itself once a rollback by %s is on the record',
    async (who) => {
      const target = stubTarget(({ canary }, signal) => (canary === null ? Promise.resolve() : never(signal)));
      const model = await define(`target-${who.length}`, target, { shadow: { sample: 0 } });
      const release = await start(model);
      await until(
        async () => target.served.length === 1 && target.pending.now === 1,
        (waits) => waits,
      );
      if (who === 'the release') await orderBack(release);
      else
        await harness.client.workflow.execute('rollback', {
          args: [{ model, ...ada }],
          taskQueue: 'pawl',
          workflowId: `rollback/${model}`,
        });
      expect(await result(release)).toMatchObject({ outcome: 'rolledBack' });
      expect(await harness.record(model)).toMatchObject({ ...atRest, actor: 'ada' });
      expect(new Set(target.served)).toEqual(new Set(['champion 1']));
      expect(target.pending.now).toBe(0);
    },
  );

  it('is taken back at the total deadline while it waits for the platform', async () => {
    const target = stubTarget(({ canary }, signal) => (canary === null ? Promise.resolve() : never(signal)));
    const model = await define('target-late', target, { deadline: `${patience(3_000)}ms` });
    expect(await result(await start(model))).toMatchObject({
      outcome: 'rolledBack',
      reason: 'stub did not serve by the record by the total deadline',
    });
    expect(await harness.record(model)).toMatchObject({ ...atRest, actor: 'deadline' });
    expect(new Set(target.served)).toEqual(new Set(['champion 1']));
  });

  it('keeps the step that it has while its model is frozen, and goes on from there', async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const target = stubTarget(({ canary }) => (canary?.share === 0.1 ? finished : Promise.resolve()));
    const model = await define('target-frozen', target);
    const freeze = (frozen: boolean) =>
      harness.ports.registry.changeDeployment(model, (current) =>
        current === null ? null : { ...current, frozen, ...ada, actor: 'ada' },
      );
    const release = await start(model);
    await until(
      async () => target.served.length === 1 && target.pending.now === 1,
      (waits) => waits,
    );
    await freeze(true);
    finish();
    // The record has changed, so the platform is asked once more.
    await until(
      async () => target.served.length,
      (served) => served === 3,
    );
    expect(inWords(await harness.record(model))).toBe('champion 1, 0.1 to 2, mirrors 2, held');
    await freeze(false);
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
    expect(target.served).toEqual([
      'champion 1',
      'champion 1, 0.1 to 2',
      'champion 1, 0.1 to 2',
      'champion 1, 0.5 to 2',
      'champion 2',
      'champion 2',
    ]);
  });
});
