import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultOfRelease, type ReleaseResult } from '../../contracts/release/release.ts';
import { serverTime } from '../support/server-time.ts';
import { startTimeSkipping, temporaryConfig } from '../support/temporal.ts';
import { inWords, startHarness, until, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import { steadyTraffic } from './steady-traffic.ts';
import type { Script } from './stub-activities.ts';
import { patience } from '../support/patience.ts';

const hour = 3_600_000;
const day = 24 * hour;
const analyzeEvery = 4 * hour;
const ada = { by: 'ada', reason: 'because' };

/** Steps are over on the second day; what comes before all traffic then waits for labels. */
const policy = {
  analyzeEvery,
  shadow: { duration: 4 * hour, minRequests: 50 },
  stepDuration: 12 * hour,
  bake: 8 * hour,
  deadline: 7 * day,
  labels: { maturity: 3 * day },
};
const traffic = { keysADay: 480, maturityMs: 3 * day };
/** 500 keys that are as old as labels need. */
const provenAfter = 3 * day + (500 / traffic.keysADay) * day;

/** One after the other: they share the clock. Decisions are the policy's, on what the stubbed log says. */
describe('a release that takes days', { timeout: patience(60_000) }, () => {
  let server: TestWorkflowEnvironment;
  let harness: Harness;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    server = await startTimeSkipping();
    const { config, ...temporary } = await temporaryConfig();
    remove = temporary.remove;
    harness = await startHarness(config, server.address, serverTime);
  });
  afterAll(async () => {
    await harness?.stop();
    await server?.teardown();
    await remove?.();
  });

  const { start, progress } = releasesOn(() => harness);
  const define = (model: string, script: Script, release: object = {}): Promise<string> =>
    harness.defineServing(model, script, { release: { ...policy, ...release } });
  /** Lets the server's clock jump until the release has ended. */
  const result = ({ workflowId }: WorkflowHandle): Promise<ReleaseResult> =>
    resultOfRelease(server.client.workflow.getHandle(workflowId));
  /** Each state of the traffic, with when it came, in milliseconds after the release took the record. */
  async function states(model: string): Promise<{ state: string; after: number }[]> {
    const [, ...history] = await harness.ports.registry.deploymentHistory(model);
    const begin = Date.parse(history[0]?.at ?? '');
    return history.map((record) => ({ state: inWords(record), after: Date.parse(record.at) - begin }));
  }
  const lastOf = async (model: string): Promise<number> => (await states(model)).at(-1)?.after ?? NaN;

  /** By the first look at or after that time. */
  function expectAt(found: number, wanted: number): void {
    expect(found).toBeGreaterThanOrEqual(wanted);
    expect(found).toBeLessThan(wanted + analyzeEvery);
  }

  it('holds until labels are as old as they need to be, and is promoted by what they say', async () => {
    const model = await define('labels', { observe: steadyTraffic({ ...traffic, labelAgeMs: 2 * day }) });
    const release = await start(model);
    await server.sleep(3 * day + 20 * hour);
    expect(await progress(release)).toMatchObject({
      phase: 'canary',
      share: 0.5,
      lastAnalysis: {
        decision: 'hold',
        reasons: [expect.stringContaining('as old as labels need') as string, expect.any(String)],
      },
    });
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
    const [, , , half, promoted, settled] = await states(model);
    expectAt(half?.after ?? NaN, 16 * hour);
    expect(promoted?.state).toBe('champion 2 after 1, mirrors 2, held');
    expectAt(promoted?.after ?? NaN, provenAfter);
    expectAt((settled?.after ?? NaN) - (promoted?.after ?? NaN), 8 * hour);
  });

  it.for([
    { by: 'the end of the step', rules: { accuracy: { missing: 'rollback' } }, days: 28 / 24 },
    { by: 'the total deadline', rules: {}, days: 7 },
  ])('goes back at $by where no labels come', async ({ by, rules, days }) => {
    const model = await define(
      `none-by-${by.split(' ').at(-1)}`,
      { observe: steadyTraffic({ ...traffic, labelAgeMs: null }) },
      { guards: { rules } },
    );
    expect(await result(await start(model))).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringContaining('labels') as string,
    });
    expectAt(await lastOf(model), days * day);
    expect(await harness.record(model)).toMatchObject({ champion: 1, canary: null, release: null });
  });

  it('has the days more that it was extended by, and no more', async () => {
    const model = await define('extended', { observe: steadyTraffic({ ...traffic, labelAgeMs: null }) });
    const release = await start(model);
    await server.sleep(6 * day);
    await release.executeUpdate('extend', { args: [{ ...ada, ms: 2 * day }] });
    expect(await result(release)).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(/^not proven by the total deadline/) as string,
    });
    expectAt(await lastOf(model), 9 * day);
  });

  const freeze = (model: string, frozen: boolean) =>
    harness.ports.registry.changeDeployment(model, (current) =>
      current === null ? null : { ...current, frozen, actor: 'ada', reason: 'all stop' },
    );
  /** Steps are proven at the first analysis, and the model is frozen when the shadow is: the next step cannot begin. */
  const frozenAfterShadow = async (model: string): Promise<string> =>
    harness.defineServing(
      model,
      {
        async analysis({ phase }): Promise<'advance'> {
          if (phase === 'shadow') await freeze(model, true);
          return 'advance';
        },
      },
      { release: { analyzeEvery: '10m', deadline: '1h' } },
    );

  it.for([
    { by: 'the total deadline', extendedHours: 0 },
    { by: 'the deadline that was put off while it waited', extendedHours: 1 },
  ])('goes back at $by where its next step cannot begin while its model is frozen', async ({ extendedHours }) => {
    const model = await frozenAfterShadow(`frozen-${extendedHours}`);
    const release = await start(model);
    await server.sleep(hour / 2);
    expect(await progress(release)).toMatchObject({ phase: 'canary', analyses: 1 });
    if (extendedHours > 0) await release.executeUpdate('extend', { args: [{ ...ada, ms: extendedHours * hour }] });
    expect(await result(release)).toMatchObject({
      outcome: 'rolledBack',
      reason: 'canary of version 2 could not begin by the total deadline',
    });
    const after = (await states(model)).map(({ state }) => state);
    expect(after).toEqual([
      'champion 1, held',
      'champion 1, mirrors 2, held',
      'champion 1, mirrors 2, held',
      'champion 1',
    ]);
    expectAt(await lastOf(model), (1 + extendedHours) * hour);
    expect(await harness.record(model)).toMatchObject({ champion: 1, frozen: true, release: null });
  });

  it('goes on where its model is free again before the total deadline', async () => {
    const model = await frozenAfterShadow('thawed');
    const release = await start(model);
    await server.sleep(hour / 2);
    expect(await progress(release)).toMatchObject({ phase: 'canary', analyses: 1 });
    await freeze(model, false);
    expect(await result(release)).toMatchObject({ outcome: 'promoted' });
  });

  it('waits a weekend long while it is paused, and goes on from there', async () => {
    const model = await define('weekend', { analysis: () => 'advance' }, { analyzeEvery: 6 * hour });
    const release = await start(model);
    await until(
      () => progress(release),
      ({ phase }) => phase === 'shadow',
    );
    await release.executeUpdate('pause', { args: [ada] });
    await server.sleep(62 * hour);
    expect(await progress(release)).toMatchObject({ phase: 'shadow', paused: true, analyses: 10 });
    await release.executeUpdate('resume', { args: [ada] });
    expect(await result(release)).toMatchObject({ outcome: 'promoted', analyses: 14 });
    const [, , canary] = await states(model);
    expect(canary?.after).toBeGreaterThanOrEqual(62 * hour);
  });

  it('goes back in a bake of two days when the version begins to fail on the second', async () => {
    const failsAfterMs = 40 * hour;
    const model = await define(
      'late',
      { observe: steadyTraffic({ ...traffic, maturityMs: 0, labelAgeMs: 0, failsAfterMs }) },
      {
        mode: 'blueGreen',
        holdback: 0.2,
        bake: 2 * day,
        labels: { maturity: 0 },
        shadow: { duration: 2 * day, minRequests: 50 },
      },
    );
    const ended = await result(await start(model));
    expect(ended).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringContaining('since any of the starts of its bake') as string,
    });
    const [, , baking, back] = await states(model);
    expect(baking?.state).toBe('champion 1, 0.8 to 2, mirrors 2, held');
    const found = (back?.after ?? NaN) - (baking?.after ?? NaN);
    expect(found).toBeGreaterThan(failsAfterMs);
    expect(found).toBeLessThan(2 * day);
    expect(back?.state).toBe('champion 1');
  });

  it('adds at most fourteen events to its history with each analysis', async () => {
    const model = await define('events', { analysis: () => 'hold' }, { analyzeEvery: '30s', deadline: '30m' });
    const release = await start(model);
    const { analyses } = await result(release);
    expect(analyses).toBe(60);
    const { events } = await release.fetchHistory();
    // What opens and ends it takes some fifty more.
    expect(events?.length).toBeLessThan(14 * analyses + 50);
  });
});
