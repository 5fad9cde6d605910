import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../contracts/canonical.ts';
import { runRecord } from '../contracts/registry-records.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { approvalKey, deploymentKey, historyKey, releaseKey, runKey, versionKey } from '../../ports/registry/keys.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { releaseObjection } from '../../activities/release-objection.ts';
import { verifyModel } from '../../ports/registry/verify.ts';

const strange = `sha256:${'f'.repeat(64)}`;

describe('what the store holds of a model', () => {
  let folder: string;
  let store: ArtifactStore;
  let registry: Registry;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-verify-'));
    store = createFileStore(pathToFileURL(folder).href);
    registry = createRegistry(store, () => 1_000);
    const model = await store.putBlob(Buffer.from('a model'));
    const definition = await store.putBlob(Buffer.from('a definition'));
    const gate = await store.putBlob(Buffer.from('evidence of a gate'));
    const stages = [{ name: 'quality', evidence: gate, status: 'pass' as const }];
    const dataset = await store.putBlob(Buffer.from('a dataset definition'));
    const subject = { run: 'run/1', definition, dataset, snapshot: definition, model, stages };
    const evidence = await store.putBlob(canonicalJson(subject));
    await registry.register({
      schema: 'pawl.version/1',
      model: 'tiny',
      created: '2026-01-01T00:00:00.000Z',
      run: 'run/1',
      candidate: { model, fp32: model, variant: 'fp32' },
      lineage: {
        definition,
        dataset,
        snapshot: definition,
        training: null,
        champion: null,
        code: 'test',
        environment: {},
      },
      verdicts: [{ stage: 'quality', evidence: gate, status: 'pass', reasons: [] }],
      subject,
      evidence,
    });
    const said = { by: 'ada', reason: 'fine', via: 'update', at: '2026-01-01T00:00:00.000Z' } as const;
    await registry.recordApproval('tiny', 'run/1', { decision: 'approved', evidence, ...said });
    for (const actor of ['ada', 'bob', 'eve'])
      await registry.changeDeployment('tiny', () => ({
        champion: 1,
        previous: null,
        canary: null,
        shadow: null,
        frozen: false,
        salt: 'salt',
        release: null,
        actor,
        reason: 'because',
      }));
    await registry.recordRelease({
      schema: 'pawl.release/1',
      release: 'release/tiny/1',
      champion: null,
      definition,
      startedAt: 1_000,
      endedAt: 2_000,
      result: {
        outcome: 'rolledBack',
        model: 'tiny',
        version: 1,
        reason: 'errors',
        looks: 1,
        evidence: null,
        rollbackMs: 5,
      },
    });
    await registry.recordRun(runRecord('tiny', 'run/1', '2026-01-01T00:00:00.000Z'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Changes a document behind Pawl's back. */
  async function edit(key: string, change: (document: Record<string, unknown>) => unknown): Promise<void> {
    const found = await store.readPointer(key);
    if (found === null || found === 'unchanged') throw new Error(`${key} is not there`);
    const document = JSON.parse(new TextDecoder().decode(found.value)) as Record<string, unknown>;
    await store.writePointer(key, canonicalJson(change(document)), found.token);
  }
  const differences = async (): Promise<string[]> =>
    (await verifyModel(store, registry, 'tiny')).differences.map(({ what, why }) => `${what}: ${why}`);

  it('holds together as it was written, and says how much of it there is', async () => {
    expect(await verifyModel(store, registry, 'tiny')).toEqual({
      versions: 1,
      states: 3,
      approvals: 1,
      blobs: 5,
      differences: [],
    });
  });

  it('chains each state of the traffic to the one before, and leaves room for a signature', async () => {
    const [first, second, third] = await registry.deploymentHistory('tiny');
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
    await edit(key, (document) => ({ ...document, [field]: typeof value === 'function' ? value(document) : value }));
    expect(await differences()).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('is found out where a served version is not registered', async () => {
    await edit(deploymentKey('tiny'), (document) => ({ ...document, champion: 9 }));
    expect(await differences()).toEqual([
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
    const version = await registry.version('tiny', 1);
    expect(await releaseObjection(registry, version, {})).toBeNull();
    await edit(key, (document) => ({ ...document, ...change }));
    const tried = releaseObjection(registry, await registry.version('tiny', 1), {});
    await expect(tried).rejects.toMatchObject({ type: 'CorruptArtifactError' });
    await expect(tried).rejects.toThrow(/"tiny" is not released: .* was changed after .*pawl verify tiny/);
  });

  it('does not take the document of another version for a version', async () => {
    await edit(versionKey('tiny', 1), (document) => ({ ...document, version: 2 }));
    await expect(registry.version('tiny', 1)).rejects.toThrow('has the document of version 2 of "tiny"');
  });
});
