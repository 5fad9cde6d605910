import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { releaseObjection } from '../../activities/release/support/release-objection.ts';
import { objectionToRecord } from '../../gateway/models/check-record.ts';
import { deploymentKey, guardSlotKey, historyKey, analysisKey, monitorKey } from '../../ports/registry/keys.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { verifiedModel, type VerifiedModel } from './verified-model.ts';

describe('a document of the store that Pawl wrote, in a place where it was not', () => {
  let of: VerifiedModel;
  beforeEach(async () => {
    of = await verifiedModel();
  });
  afterEach(() => of.close());

  it('is found out where an analysis, a judge or a finding is that of another', async () => {
    const analysis = { ...(await of.registry.analyses('tiny', 'release/tiny/1'))[0]!, release: 'release/tiny/2' };
    await of.registry.recordAnalysis(analysis);
    await of.edit(analysisKey('tiny', 'release/tiny/1', 1_500), () => analysis);
    await of.registry.claimGuardSlot(
      { model: 'tiny', release: 'release/tiny/2', slots: 2 },
      { instance: 'two', judge: 'other' },
    );
    const [other] = await of.registry.guardSlots('tiny', 'release/tiny/2');
    await of.edit(guardSlotKey('tiny', 'release/tiny/1', 0), () => other);
    const finding = { ...(await of.registry.lastMonitor('tiny'))!, model: 'other' };
    await of.registry.recordMonitor(finding);
    await of.edit(monitorKey('tiny'), () => finding);
    expect(await of.differences()).toEqual([
      'analysis of 1970-01-01T00:00:01.500Z at the release release/tiny/1: it is that of another',
      'judge 0 of the release release/tiny/1: it is that of another',
      'what the monitor found last: it is that of another',
    ]);
  });

  it('gives nobody the place of a judge that was changed', async () => {
    await of.edit(guardSlotKey('tiny', 'release/tiny/1', 0), (document) => ({ ...document, judge: 'mallory' }));
    const claim = (judge: string): Promise<number | null> =>
      of.registry.claimGuardSlot({ model: 'tiny', release: 'release/tiny/1', slots: 2 }, { instance: 'one', judge });
    expect(await claim('mallory')).toBe(1);
    expect(await claim('another')).toBeNull();
  });

  it('is found out where the deployment record was put back by one state', async () => {
    const earlier = await of.store.readPointer(historyKey('tiny', 2));
    if (earlier === null || earlier === 'unchanged') throw new Error('it is not there');
    await of.edit(deploymentKey('tiny'), () => JSON.parse(new TextDecoder().decode(earlier.value)));
    expect(await of.differences()).toEqual([
      'deployment record 2: it was put back: a state that follows it was in force',
    ]);
    const version = await of.registry.version('tiny', 1);
    await expect(releaseObjection(of.registry, version, {})).rejects.toThrow('the deployment record: it was put back');
    const record = (await of.registry.currentDeployment('tiny'))!;
    expect(await objectionToRecord(of.registry, record, null, new Set())).toContain('it was put back');
  });

  it('does not take a change that was not made for one that was taken back', async () => {
    const failing = createRegistry(
      {
        ...of.store,
        writePointer: async (key, value, token) => {
          if (key === deploymentKey('tiny')) throw new Error('the store is gone');
          return of.store.writePointer(key, value, token);
        },
      },
      () => 1_000,
    );
    await expect(failing.changeDeployment('tiny', (current) => ({ ...current!, actor: 'zoe' }))).rejects.toThrow(
      'gone',
    );
    expect(await of.differences()).toEqual([]);
  });
});
