import type { WorkflowHandle } from '@temporalio/client';
import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenRelease } from '../../activities/release/open-release.ts';
import { createShiftTraffic } from '../../activities/release/shift-traffic.ts';
import { resultOfRelease, type ReleaseProgress } from '../../contracts/release/release.ts';
import { ownSearchAttributes } from '../../workers/search-attributes.ts';
import { findBinary } from '../../config/set-up-scripts.ts';
import { temporaryConfig } from '../support/temporal.ts';
import { inWords, startHarness, until, type Harness } from './harness.ts';
import { patience } from '../support/patience.ts';
import { freshState } from '../../workflows/carried-state.ts';
import type { Position } from '../../workflows/release-run.ts';

const command = { by: 'ada', reason: 'because' };
const atRest = { canary: null, shadow: null, release: null };

/** A release continues as new after half a dozen analyses here, as it does after thousands elsewhere. */
const eventsBeforeNew = 60;

describe.concurrent('the hold of a release on the deployment record', { timeout: patience(60_000) }, () => {
  let server: TestWorkflowEnvironment;
  let harness: Harness;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    const { path } = await findBinary('temporal');
    server = await TestWorkflowEnvironment.createLocal({
      server: {
        log: { level: 'error', format: 'pretty' },
        executable: { type: 'existing-path', path },
        searchAttributes: Object.entries(ownSearchAttributes).map(([name, type]) =>
          defineSearchAttributeKey(name, type === 'Int' ? SearchAttributeType.INT : SearchAttributeType.KEYWORD),
        ),
        extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${eventsBeforeNew}`],
      },
    });
    const { config, ...temporary } = await temporaryConfig();
    remove = temporary.remove;
    harness = await startHarness(config, server.address);
  });
  afterAll(async () => {
    await harness?.stop();
    await server?.teardown();
    await remove?.();
  });

  const start = (
    model: string,
    version = 2,
    workflowId = `release/${model}`,
    more: unknown[] = [],
  ): Promise<WorkflowHandle> =>
    harness.client.workflow.start('release', {
      args: [{ model, version }, ...more],
      taskQueue: 'pawl-release',
      workflowId,
    });
  // By id alone: the run changes when a release continues as new.
  const latest = ({ workflowId }: WorkflowHandle): WorkflowHandle => harness.client.workflow.getHandle(workflowId);
  const progress = (release: WorkflowHandle): Promise<ReleaseProgress> =>
    latest(release).query<ReleaseProgress>('progress');
  const untilPhase = (release: WorkflowHandle, phase: string): Promise<ReleaseProgress> =>
    until(
      () => progress(release),
      (answer) => answer.phase === phase && answer.analyses > 0,
    );
  const result = resultOfRelease;
  const traffic = async (model: string): Promise<string[]> =>
    (await harness.ports.registry.deploymentHistory(model)).map(inWords);

  it('outlasts a long history: it continues as new, still is the holder, and ends as it would have', async () => {
    const go = { now: false };
    const model = await harness.defineServing('long', { analysis: () => (go.now ? 'advance' : 'hold') });
    await harness.addVersion(model);
    const release = await start(model);
    const { runId: firstRun } = await release.describe();
    await latest(release).executeUpdate('pause', { args: [command] });
    const { runId } = await until(
      () => latest(release).describe(),
      (description) => description.runId !== firstRun,
      40_000,
    );
    expect(await harness.record(model)).toMatchObject({
      release: `release/${model}/${firstRun}`,
      shadow: { version: 2 },
    });
    expect(await progress(release)).toMatchObject({ phase: 'shadow', paused: true });

    const second = await start(model, 3, 'after-the-long-one');
    const { waitingFor } = await until(
      () => progress(second),
      (answer) => answer.waitingFor !== null,
    );
    expect(waitingFor).toContain(`release/${model}/${firstRun}`);
    expect(runId).not.toBe(firstRun);

    go.now = true;
    await latest(release).executeUpdate('resume', { args: [command] });
    const ended = await result(release);
    expect(ended).toMatchObject({ outcome: 'promoted', version: 2 });
    expect(ended.analyses).toBeGreaterThan(6);
    const before = await traffic(model);
    expect(before.slice(0, 7)).toEqual([
      'champion 1',
      'champion 1, held',
      'champion 1, mirrors 2, held',
      'champion 1, 0.1 to 2, mirrors 2, held',
      'champion 1, 0.5 to 2, mirrors 2, held',
      'champion 2 after 1, mirrors 2, held',
      'champion 2 after 1',
    ]);
    // It was its turn: what it was compared with serves no more.
    await expect(result(second)).rejects.toMatchObject({
      cause: {
        cause: { message: expect.stringMatching(/judged against version 1, and version 2 serves now/) as string },
      },
    });
  });

  it('remembers as a new run who has approved so far, and what they saw', async () => {
    const model = await harness.defineServing(
      'long-approval',
      { analysis: ({ phase }) => (phase === 'bake' ? 'advance' : 'hold') },
      { release: { people: { approvers: 2 } } },
    );
    const release = await start(model);
    const seen = await untilPhase(release, 'shadow');
    const { runId } = await release.describe();
    expect(await release.executeUpdate('promote', { args: [command] })).toBe('promote by ada (1 of 2)');
    await until(
      () => latest(release).describe(),
      (description) => description.runId !== runId,
      40_000,
    );
    expect(await progress(release)).toMatchObject({ approvals: ['ada'], fingerprint: seen.fingerprint });
    const bob = { by: 'bob', reason: 'seen too', evidence: seen.fingerprint };
    expect(await latest(release).executeUpdate('promote', { args: [bob] })).toBe('promote by ada and bob');
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
  });

  it('waits for the holder of the record, under any workflow id, and says so', async () => {
    const go = { now: false };
    const model = await harness.defineServing('by-hand', { analysis: () => (go.now ? 'advance' : 'hold') });
    await harness.addVersion(model);
    const first = await start(model, 2, 'my-own-release');
    await untilPhase(first, 'shadow');
    const second = await start(model, 3, 'another-release');
    const { waitingFor, phase } = await until(
      () => progress(second),
      (answer) => answer.waitingFor !== null,
    );
    expect(phase).toBe('waiting');
    expect(waitingFor).toMatch(/^the release "my-own-release\/[0-9a-f-]+" that is under way$/);
    await expect(second.executeUpdate('promote', { args: [command] })).rejects.toMatchObject({
      cause: { message: 'this release waits for another one to end' },
    });
    await first.executeUpdate('rollback', { args: [command] });
    go.now = true;
    expect(await result(first)).toMatchObject({ outcome: 'rolledBack', version: 2 });
    expect(await result(second)).toMatchObject({ outcome: 'promoted', version: 3 });
    expect(await harness.record(model)).toMatchObject({ champion: 3, previous: 1, ...atRest });
  });

  it('gives up before it moves traffic when a rollback was ordered while it waited', async () => {
    const model = await harness.defineServing('early-back');
    await harness.addVersion(model);
    const first = await start(model, 2, 'holder-of-early-back');
    await untilPhase(first, 'shadow');
    const second = await start(model, 3, 'waits-for-early-back');
    await until(
      () => progress(second),
      (answer) => answer.waitingFor !== null,
    );
    await second.executeUpdate('rollback', { args: [command] });
    await first.executeUpdate('rollback', { args: [command] });
    expect(await result(second)).toMatchObject({ outcome: 'rolledBack', analyses: 0 });
    expect((await traffic(model)).join()).not.toContain('3');
  });

  it.for(['canary', 'bake'] as const)(
    'takes over from a holder that was terminated in the %s, and restores traffic first',
    async (phase) => {
      const go = { now: false };
      const model = await harness.defineServing(`terminated-${phase}`, {
        analysis: (request) => (request.phase !== phase || go.now ? 'advance' : 'hold'),
      });
      await harness.addVersion(model);
      const dead = await start(model, 2, `dead-${phase}`);
      await until(
        () => harness.record(model),
        ({ champion, canary }) => (phase === 'bake' ? champion === 2 : canary !== null),
      );
      await latest(dead).terminate('the test ends it');
      go.now = true;
      const before = (await traffic(model)).length;
      expect(await result(await start(model, 3))).toMatchObject({ outcome: 'promoted', version: 3 });
      const history = await traffic(model);
      expect(history[before]).toBe('champion 1, held');
      expect(history.at(-1)).toBe('champion 3 after 1');
    },
  );

  it('goes on from the position at which it continued as new', async () => {
    const model = await harness.defineServing('position', { analysis: () => 'advance' });
    const workflowId = `release/${model}`;
    const holder = `${workflowId}/first-run-of-the-chain`;
    const opened = await createOpenRelease(harness.ports)({ request: { model, version: 2 }, holder });
    if (opened.status !== 'open') throw new Error('the record is free');
    const { plan, work } = opened;
    const shift = createShiftTraffic(harness.ports);
    await shift({ plan, to: { kind: 'canary', share: 0.1 }, actor: 'test', reason: 'before it continued' });
    const before = (await traffic(model)).length;
    const carried = { ...freshState, analyses: 40, paused: true };
    const position: Position = { ...carried, plan, work, phase: 1, since: Date.now(), skip: [] };
    const release = await start(model, 2, workflowId, [position]);
    await until(
      () => progress(release),
      (answer) => answer.analyses > 42,
    );
    expect(await progress(release)).toMatchObject({ phase: 'canary', share: 0.1, paused: true });
    expect((await traffic(model)).length).toBe(before);
    await latest(release).executeUpdate('resume', { args: [command] });
    const ended = await result(release);
    expect(ended).toMatchObject({ outcome: 'promoted' });
    expect(ended.analyses).toBeGreaterThan(44);
    expect((await traffic(model)).slice(before)).toEqual([
      'champion 1, 0.5 to 2, mirrors 2, held',
      'champion 2 after 1, mirrors 2, held',
      'champion 2 after 1',
    ]);
  });
});
