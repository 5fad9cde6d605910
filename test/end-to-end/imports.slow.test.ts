import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patience } from '../support/patience.ts';
import { pawl } from '../support/pawl.ts';
import { importCases, modelOf, peopleProject, peopleRequests } from './import-cases.ts';
import { labelledTraffic, type LabelledCounts } from './labelled-traffic.ts';
import { openPlatform, type OwnPlatform } from './own-platform.ts';
import { writeQuickProject } from './quick-project.ts';
import { decide, resultOf } from './scene.ts';

describe.each(importCases)('models of $tool on the whole platform', (one) => {
  const limits = { timeout: patience(300_000) };
  let own: OwnPlatform;
  let counts: LabelledCounts;
  beforeAll(async () => {
    own = await openPlatform((folder) => writeQuickProject(folder, peopleProject(one)));
  }, limits.timeout);
  afterAll(() => own?.stop());

  /** `pawl import` as a person types it; then a person approves. */
  const release = async (which: 'first' | 'second' | 'bad') => {
    const file = join(own.project, `${which}.onnx`);
    await writeFile(file, modelOf(one, which));
    const { code, stderr } = await pawl(['import', 'people', file, '--id', which], {
      ...own.env,
      TEMPORAL_ADDRESS: own.platform.addresses.temporal,
    });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(one.said);
    const run = own.ports.client.workflow.getHandle(which);
    await decide(run, 'approve');
    return resultOf(run);
  };

  it('takes a first export through every gate, and serves it', limits, async () => {
    expect(await release('first')).toMatchObject({ outcome: 'promoted', version: 1 });
    counts = await labelledTraffic(own, { model: 'people', requests: peopleRequests(one), perSecond: 50 });
  });

  it('promotes an export that is as good, by its live labels', limits, async () => {
    const result = await release('second');
    expect(result, result.reason ?? '').toMatchObject({ outcome: 'promoted', version: 2 });
    expect(counts.refused).toEqual([]);
  });

  it('takes an export of shuffled labels back by what its answers lost', limits, async () => {
    const result = await release('bad');
    expect(result, result.reason ?? '').toMatchObject({ outcome: 'rolledBack', version: 3 });
    expect(result.reason).toMatch(one.bad);
    expect((await own.ports.registry.currentDeployment('people'))?.champion).toBe(2);
  });
});
