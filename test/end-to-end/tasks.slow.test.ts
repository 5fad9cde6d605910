import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDocument } from '../../activities/support/documents.ts';
import { analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import { workflowTypes } from '../../contracts/names.ts';
import type { RetrainRequest } from '../../contracts/run/run.ts';
import { patience } from '../support/patience.ts';
import { labelledTraffic, type LabelledCounts } from './labelled-traffic.ts';
import { openPlatform, type OwnPlatform } from './own-platform.ts';
import { writeQuickProject } from './quick-project.ts';
import { decide, resultOf } from './scene.ts';
import { houseProject, taskCases } from './task-cases.ts';

describe.each(taskCases)('task $task on the whole platform', (one) => {
  const limits = { timeout: patience(300_000) };
  let own: OwnPlatform;
  let counts: LabelledCounts;
  beforeAll(async () => {
    own = await openPlatform((folder) => writeQuickProject(folder, houseProject(one)));
  }, limits.timeout);
  afterAll(() => own?.stop());

  const release = async (id: string, request: Omit<RetrainRequest, 'model'>) => {
    const run = await own.ports.client.workflow.start(workflowTypes.retrain, {
      workflowId: id,
      taskQueue: own.config.taskQueues.pipeline,
      args: [{ model: 'house', ...request }],
    });
    await decide(run, 'approve');
    return resultOf(run);
  };

  it('serves the first version, and answers in the words of the target', limits, async () => {
    expect(await release('first', {})).toMatchObject({ outcome: 'promoted', version: 1 });
    counts = await labelledTraffic(own, { model: 'house', requests: one.requests(), perSecond: one.perSecond });
    expect(counts.last).toMatchObject(one.answer(expect));
  });

  it('promotes a successor that is as good, by its live labels', limits, async () => {
    const result = await release('second', { seed: 8 });
    expect(result, result.reason ?? '').toMatchObject({ outcome: 'promoted', version: 2 });
    expect(counts.refused).toEqual([]);
  });

  it('takes a bad successor back by what its answers lost', limits, async () => {
    const result = await release('third', { params: { ...one.spoilt } });
    expect(result, result.reason ?? '').toMatchObject({ outcome: 'rolledBack', version: 3 });
    expect(result.reason).toMatch(one.bad);
    expect((await own.ports.registry.currentDeployment('house'))?.champion).toBe(2);
    const { registry, store } = own.ports;
    const { release: id = '' } = (await registry.releases('house')).find((known) => known.result.version === 3) ?? {};
    const deciding = (await registry.analyses('house', id)).at(-1);
    const { groups } = await loadDocument(store, analysisEvidenceSchema, deciding!.evidence);
    expect(groups?.groups.map(({ group, rate }) => `${group}: ${rate}`).toSorted()).toEqual(
      houseProject(one).sensitive?.length === 0 ? undefined : ['north: error', 'south: error'],
    );
    for (const { difference } of groups?.groups ?? []) expect(difference).toBeGreaterThan(0);
  });
});
