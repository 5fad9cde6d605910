import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { releaseObjection } from '../../activities/release/support/release-objection.ts';
import {
  approvalKey,
  deploymentKey,
  guardSlotKey,
  historyKey,
  analysisKey,
  monitorKey,
  releaseKey,
  runKey,
  versionKey,
} from '../../ports/registry/keys.ts';
import { verifyModel } from '../../ports/registry/verify.ts';
import { verifiedModel, type VerifiedModel } from './verified-model.ts';

const strange = `sha256:${'f'.repeat(64)}`;

describe('what the store holds of a model', () => {
  let of: VerifiedModel;
  beforeEach(async () => {
    of = await verifiedModel();
  });
  afterEach(() => of.close());

  it('holds together as it was written, and says how much of it there is', async () => {
    expect(await verifyModel(of.store, of.registry, 'tiny')).toEqual({
      versions: 1,
      states: 3,
      approvals: 1,
      blobs: 5,
      differences: [],
    });
  });

  it('chains each state of the traffic to the one before, and leaves room for a signature', async () => {
    const [first, second, third] = await of.registry.deploymentHistory('tiny');
    expect([first?.before, first?.signature]).toEqual([null, null]);
    expect(new Set([second?.before, third?.before]).size).toBe(2);
  });

  it.each([
    [
      'a state of the history',
      historyKey('tiny', 2),
      'actor',
      'mallory',
      /^deployment record 2: it was changed after deployment record 3/,
    ],
    ['the first state', historyKey('tiny', 1), 'champion', 7, /^deployment record 1: it was changed/],
    [
      'the link of the record in force',
      deploymentKey('tiny'),
      'before',
      strange,
      /^deployment record 2: it was changed/,
    ],
    [
      'an approval',
      approvalKey('tiny', 'run/1'),
      'evidence',
      strange,
      /^approval of run run\/1: it names the evidence sha256:f/,
    ],
    ['the evidence of a version', versionKey('tiny', 1), 'evidence', strange, /^version 1: its evidence is sha256:f/],
    [
      'the run of a version',
      versionKey('tiny', 1),
      'run',
      'run/2',
      /^version 1: its run is run\/2, and what was to be approved says run\/1/,
    ],
    [
      'what a version says of its dataset, by which requests are read',
      versionKey('tiny', 1),
      'lineage',
      (document: Record<string, unknown>) => ({ ...(document.lineage as object), dataset: strange }),
      /^version 1: its dataset is sha256:f/,
    ],
    [
      'the decision of an approval',
      approvalKey('tiny', 'run/1'),
      'decision',
      'rejected',
      /^approval of run run\/1: it was changed after it was written$/,
    ],
    [
      'the traffic in force',
      deploymentKey('tiny'),
      'salt',
      'other',
      /^deployment record 3: it was changed after it was/,
    ],
    [
      'who trained a version, by which it runs confined',
      versionKey('tiny', 1),
      'lineage',
      (document: Record<string, unknown>) => ({ ...(document.lineage as object), training: strange }),
      /^version 1: it was changed after it was written$/,
    ],
    [
      'the champion that a version was compared with',
      versionKey('tiny', 1),
      'lineage',
      (document: Record<string, unknown>) => ({ ...(document.lineage as object), champion: 7 }),
      /^version 1: it was changed/,
    ],
    [
      'the time of a version',
      versionKey('tiny', 1),
      'created',
      '1999-01-01T00:00:00.000Z',
      /^version 1: it was changed/,
    ],
    [
      'the end of a release',
      releaseKey('tiny', 1_000, 'release/tiny/1'),
      'result',
      (document: Record<string, unknown>) => ({ ...(document.result as object), outcome: 'measured' }),
      /^release release\/tiny\/1: it was changed after it was written$/,
    ],
    [
      'the decision of an analysis',
      analysisKey('tiny', 'release/tiny/1', 1_500),
      'decision',
      'advance',
      /^analysis of 1970-01-01T00:00:01.500Z at the release release\/tiny\/1: it was changed after it was written$/,
    ],
    [
      'the evidence of an analysis',
      analysisKey('tiny', 'release/tiny/1', 1_500),
      'evidence',
      strange,
      /^evidence of the analysis of 1970-01-01T00:00:01.500Z at the release release\/tiny\/1: /,
    ],
    [
      'who judges a release',
      guardSlotKey('tiny', 'release/tiny/1', 0),
      'judge',
      'mallory',
      /^judge 0 of the release release\/tiny\/1: it was changed/,
    ],
    ['what the monitor found', monitorKey('tiny'), 'status', 'pass', /^what the monitor found last: it was changed/],
    ['the record of a run', runKey('run/1'), 'endedAt', '2026-01-02T00:00:00.000Z', /^run run\/1: it was changed/],
    ['the verdicts of a version', versionKey('tiny', 1), 'verdicts', [], /^version 1: its verdicts/],
    [
      'the model of a version',
      versionKey('tiny', 1),
      'candidate',
      { model: strange, fp32: strange, variant: 'fp32' },
      /^version 1: its model is sha256:f/,
    ],
  ])('is found out where %s was changed', async (_, key, field, value, expected) => {
    await of.edit(key, (document) => ({ ...document, [field]: typeof value === 'function' ? value(document) : value }));
    expect(await of.differences()).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('is found out where a served version is not registered', async () => {
    await of.edit(deploymentKey('tiny'), (document) => ({ ...document, champion: 9 }));
    expect(await of.differences()).toEqual([
      'deployment record 3: it was changed after it was written',
      'deployment record 3: it serves version 9, which is not registered',
    ]);
  });

  it.each([
    ['an approval', approvalKey('tiny', 'run/1'), { decision: 'rejected' }],
    ['the end of a release', releaseKey('tiny', 1_000, 'release/tiny/1'), { endedAt: 3_000 }],
    ['a version', versionKey('tiny', 1), { created: '1999-01-01T00:00:00.000Z' }],
    ['the traffic in force', deploymentKey('tiny'), { frozen: true }],
    ['an earlier state of the traffic', historyKey('tiny', 2), { frozen: true }],
  ])('releases nothing while %s is changed, by force neither', async (_, key, change) => {
    const version = await of.registry.version('tiny', 1);
    expect(await releaseObjection(of.registry, version, {})).toBeNull();
    await of.edit(key, (document) => ({ ...document, ...change }));
    const tried = releaseObjection(of.registry, await of.registry.version('tiny', 1), {});
    await expect(tried).rejects.toMatchObject({ type: 'CorruptArtifactError' });
    await expect(tried).rejects.toThrow(/"tiny" is not released: .* was changed after .*pawl verify tiny/);
  });

  it('does not take the document of another version for a version', async () => {
    await of.edit(versionKey('tiny', 1), (document) => ({ ...document, version: 2 }));
    await expect(of.registry.version('tiny', 1)).rejects.toThrow('has the document of version 2 of "tiny"');
  });
});
