import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../contracts/digest.ts';
import { searchEvidenceSchema } from '../../contracts/evidence/search.ts';
import { resultOfRun } from '../../contracts/run/run.ts';
import type { TrialStep } from '../../contracts/run/trial.ts';
import { patience } from '../support/patience.ts';
import { until, type Harness } from './harness.ts';
import { runTools } from './run-tools.ts';
import { useHarness } from './use-harness.ts';

describe.concurrent('a search of settings', { timeout: patience(60_000) }, () => {
  let harness: Harness;
  useHarness((started) => {
    harness = started;
  });
  const { start, progress, untilAwaited } = runTools(() => harness);
  const searching = (search: Record<string, unknown>) => ({
    trainer: { kind: 'gbdt' },
    search: { ranges: { leaves: { of: [3, 4, 5, 6] } }, method: 'random', ...search },
  });
  const scheduledOf = async (run: WorkflowHandle): Promise<string[]> => {
    const { events } = await run.fetchHistory();
    return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
  };

  it('trains so many trials at a time, and the run goes on with the best one', async () => {
    let [running, most] = [0, 0];
    const trial = async ({ index }: TrialStep) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
      return { index, loss: index === 2 ? 0 : 1 };
    };
    const run = await start(await harness.define('searches', { trial }, searching({ parallel: 3 })));
    await untilAwaited(run);
    expect(most).toBe(3);
    const scheduled = await scheduledOf(run);
    expect(scheduled.filter((name) => name === 'trainTrial')).toHaveLength(4);
    expect(scheduled.indexOf('trainModel')).toBeGreaterThan(scheduled.lastIndexOf('trainTrial'));
    const { stages, told } = await progress(run);
    expect(told).toBeNull();
    const searched = stages.find(({ stage }) => stage === 'search');
    expect(searched?.numbers?.[0]).toMatch(/^loss 0: leaves \d$/);
    const evidence = searchEvidenceSchema.parse(
      JSON.parse(new TextDecoder().decode(await harness.ports.store.getBlob(searched?.evidence as Digest))),
    );
    expect(evidence.chosen).toBe(2);
    const [version] = await harness.ports.registry.versions('searches');
    const definition = JSON.parse(
      new TextDecoder().decode(await harness.ports.store.getBlob(version!.lineage.definition)),
    ) as { trainer: { leaves: number } };
    expect([definition.trainer.leaves]).toEqual(evidence.trials[2]?.values);
    await run.cancel();
  });

  it('says how far it has come, and a cancelled run ends it', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const trial = async ({ index }: TrialStep) => {
      if (index > 1) await held;
      return { index, loss: 0.25 };
    };
    const run = await start(await harness.define('search-cancelled', { trial }, searching({ parallel: 2 })));
    await until(
      () => progress(run),
      ({ told }) => told === 'search: 2 of 4 trials have ended, at most 30 begin; least validation loss 0.2500',
    );
    await run.cancel();
    release();
    await expect(resultOfRun(run)).rejects.toThrow();
    expect(await scheduledOf(run)).not.toContain('trainModel');
  });

  it('begins no trial when its minutes are over', async () => {
    const trial = async ({ index }: TrialStep) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { index, loss: 0.25 };
    };
    const run = await start(await harness.define('search-late', { trial }, searching({ parallel: 1, minutes: 0.001 })));
    await untilAwaited(run);
    expect((await scheduledOf(run)).filter((name) => name === 'trainTrial').length).toBeLessThan(3);
    await run.cancel();
  });
});
