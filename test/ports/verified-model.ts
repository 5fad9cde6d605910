import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { canonicalJson } from '../../contracts/canonical.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { verifyModel } from '../../ports/registry/verify.ts';
import { runRecord } from '../contracts/registry-records.ts';

/** A store with a released version of the model `tiny`, and the means to change its documents. */
export interface VerifiedModel {
  readonly store: ArtifactStore;
  readonly registry: Registry;
  /** Changes a document behind Pawl's back. */
  edit(key: string, change: (document: Record<string, unknown>) => unknown): Promise<void>;
  /** What differs, each `what: why`. */
  differences(): Promise<string[]>;
  close(): Promise<void>;
}

export async function verifiedModel(): Promise<VerifiedModel> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-verify-'));
  const store = createFileStore(pathToFileURL(folder).href);
  const registry = createRegistry(store, () => 1_000);
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
    commands: [],
    result: {
      outcome: 'rolledBack',
      model: 'tiny',
      version: 1,
      reason: 'errors',
      analyses: 1,
      evidence: null,
      rollbackMs: 5,
    },
  });
  await registry.recordRun(runRecord('tiny', 'run/1', '2026-01-01T00:00:00.000Z'));
  await registry.recordAnalysis({
    schema: 'pawl.analysis/1',
    model: 'tiny',
    version: 1,
    release: 'release/tiny/1',
    at: 1_500,
    phase: 'canary',
    step: 0,
    status: 'fail',
    decision: 'rollback',
    fired: ['errors'],
    reasons: ['errors'],
    evidence: gate,
  });
  await registry.claimGuardSlot(
    { model: 'tiny', release: 'release/tiny/1', slots: 2 },
    { instance: 'one', judge: 'drawn' },
  );
  await registry.recordMonitor({
    schema: 'pawl.monitor/1',
    model: 'tiny',
    at: '2026-01-01T00:00:00.000Z',
    status: 'warn',
    evidence: gate,
    reasons: ['drift'],
    trigger: null,
  });
  return {
    store,
    registry,
    async edit(key, change) {
      const found = await store.readPointer(key);
      if (found === null || found === 'unchanged') throw new Error(`${key} is not there`);
      const document = JSON.parse(new TextDecoder().decode(found.value)) as Record<string, unknown>;
      await store.writePointer(key, canonicalJson(change(document)), found.token);
    },
    differences: async () =>
      (await verifyModel(store, registry, 'tiny')).differences.map(({ what, why }) => `${what}: ${why}`),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
