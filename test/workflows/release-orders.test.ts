import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startHarness, until, type Harness } from './harness.ts';
import { releasesOn } from './releases.ts';
import type { Script } from './stub-activities.ts';
import { patience } from '../support/patience.ts';

const by = { by: 'ada', reason: 'customers complain' };
const atRest = { champion: 1, canary: null, shadow: null, release: null };

/** Analyses that never end. */
const faults = ['fails each time', 'hangs'] as const;

describe.concurrent('a release whose analysis never ends', { timeout: patience(60_000) }, () => {
  let temporal: TestTemporal;
  let harness: Harness;
  const { start, result, progress } = releasesOn(() => harness);
  const waking: (() => void)[] = [];
  const hanging = (): Promise<never> =>
    new Promise((_, reject) => waking.push(() => reject(new Error('the test ended'))));
  beforeAll(async () => {
    temporal = await startTestTemporal();
    harness = await startHarness(temporal.config, temporal.server.address);
  });
  afterAll(async () => {
    for (const wake of waking) wake();
    await harness?.stop();
    await temporal?.stop();
  });

  async function stuck(name: string, fault: (typeof faults)[number], release: object = {}) {
    let analyses = 0;
    const script: Script = {
      analysis: () => {
        analyses += 1;
        if (fault === 'hangs') return hanging();
        throw new Error('a label broke it');
      },
    };
    const model = await harness.defineServing(`${name}-${fault.slice(0, 4).trim()}`, script, { release });
    const handle = await start(model);
    await until(
      async () => analyses,
      (n) => n > 0,
    );
    return { model, handle };
  }

  it.each(faults)('is aborted at once where it %s', async (fault) => {
    const { model, handle } = await stuck('abort', fault);
    await handle.executeUpdate('abort', { args: [by] });
    expect(await result(handle)).toMatchObject({ outcome: 'rolledBack', reason: by.reason });
    expect(await harness.record(model)).toMatchObject({ ...atRest, actor: 'ada' });
  });

  it.each(faults)('is rolled back at the total deadline where it %s', async (fault) => {
    const { model, handle } = await stuck('deadline', fault, { deadline: `${patience(1_500)}ms` });
    expect(await result(handle)).toMatchObject({
      outcome: 'rolledBack',
      reason: expect.stringMatching(
        /^not proven by the total deadline, by which the last analysis did not end/,
      ) as string,
    });
    expect(await harness.record(model)).toMatchObject({ ...atRest, actor: 'deadline' });
  });

  it.each(faults)('restores the champion when it is cancelled where it %s', async (fault) => {
    const { model, handle } = await stuck('cancel', fault);
    await handle.cancel();
    await expect(result(handle)).rejects.toThrow();
    expect(await harness.record(model)).toMatchObject({ ...atRest, reason: 'the release was cancelled' });
  });

  it.each(faults)('obeys pause, and a promotion after it, where it %s', async (fault) => {
    const { model, handle } = await stuck('steer', fault, { shadow: { duration: '1h' }, steps: [0.5] });
    await handle.executeUpdate('pause', { args: [by] });
    expect(await progress(handle)).toMatchObject({ paused: true, phase: 'shadow' });
    await handle.executeUpdate('promote', { args: [by] });
    await until(
      () => harness.record(model),
      ({ champion }) => champion === 2,
    );
    await handle.executeUpdate('rollback', { args: [by] });
    expect(await result(handle)).toMatchObject({ outcome: 'rolledBack' });
  });

  it('is aborted before it began, while the opening of it hangs', async () => {
    const model = await harness.defineServing('opening', { opening: hanging });
    const handle = await start(model);
    await until(
      async () => waking.length,
      (n) => n > 0,
    );
    await handle.executeUpdate('abort', { args: [by] });
    expect(await result(handle)).toMatchObject({
      outcome: 'rolledBack',
      reason: 'ada: customers complain, before it began',
    });
  });

  it('is aborted while it waits for another release of the model', async () => {
    const model = await harness.defineServing('second', { analysis: () => 'hold' });
    const first = await start(model);
    await until(
      () => harness.record(model),
      ({ release }) => release !== null,
    );
    const second = await start(model, {}, `release/${model}-again`);
    await until(
      () => progress(second),
      ({ waitingFor }) => waitingFor !== null,
    );
    await second.executeUpdate('abort', { args: [by] });
    expect(await result(second)).toMatchObject({ outcome: 'rolledBack', analyses: 0 });
    await first.executeUpdate('abort', { args: [by] });
    await result(first);
  });
});
