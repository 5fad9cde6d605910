import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from '../../cli/context.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { analysisEvidenceSchema, type AnalysisEvidence } from '../../contracts/evidence/release.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { saveDocument } from '../../activities/support/documents.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { openLog } from '../../ports/prediction-log/open-log.ts';
import type { PredictionLog } from '../../ports/prediction-log/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { change as firstChange } from '../contracts/registry-records.ts';
import { classesFor } from '../support/classes.ts';
import { people } from '../support/people.ts';
import { mirror, prediction } from '../ports/log-entries.ts';
import { putSegment } from '../ports/log-segments.ts';

export const minute = 60_000;
/** When version 2 was released, milliseconds since the epoch. */
export const startedAt = 1_750_000_000_000;
const laterAt = startedAt + 120 * minute;
const burned = 'release/tiny/burned';
const good = 'release/tiny/good';

const definition = modelDefinitionSchema.parse({
  model: 'tiny',
  dataset: 'people',
  features: ['age'],
  release: { shadow: { minRequests: 50 }, steps: [0.2, 0.5], minLabels: 0, bake: '10m' },
});

/** Model `tiny`: version 2 burned for half an hour until a person saw it, version 3 was promoted. */
export interface Past {
  readonly context: Context;
  /** Requests that version 2 answered with an error, in all and before a time. */
  readonly errors: number;
  errorsBefore(at: number): number;
  /** Digest of a logged analysis whose evidence was changed afterwards. */
  readonly changedLook: string;
  close(): Promise<void>;
}

export async function createPast(): Promise<Past> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-past-'));
  const store = createFileStore(pathToFileURL(join(folder, 'store')).href);
  const clock = { now: startedAt - minute };
  const registry = createRegistry(store, () => clock.now);
  const pinned = await store.putBlob(canonicalJson(definition));
  for (const n of [1, 2, 3]) await addVersion(store, registry, pinned, n);
  await deploy(registry, clock);
  const logs = [trafficOf(burned, 2, startedAt, [10, 25, 40]), trafficOf(good, 3, laterAt, [10, 20, 30, 40])];
  for (const [n, entries] of logs.entries()) {
    // Rows of one segment are in no order of time, and two segments overlap.
    const [even, odd] = [entries.filter((_, i) => i % 2 === 0), entries.filter((_, i) => i % 2 === 1)];
    await putSegment(store, even.toReversed(), 2 * n);
    await putSegment(store, odd, 2 * n + 1);
  }
  const { predictionLog, logQueries } = openLog({ store, home: folder });
  const analysis = await firstLook(predictionLog);
  const changed = {
    ...analysis,
    guards: analysis.guards.map((guard) => ({ ...guard, eValue: guard.eValue * (1 + 2 ** -50) })),
  };
  const evidence = await saveDocument(store, analysisEvidenceSchema, analysis);
  await recordRun(registry, 'one', pinned, evidence);
  await registry.recordAnalysis({
    schema: 'pawl.analysis/1',
    model: 'tiny',
    version: 3,
    release: good,
    at: analysis.at,
    phase: analysis.phase,
    step: 0,
    status: analysis.verdict.status,
    decision: analysis.decision,
    fired: [],
    reasons: [],
    evidence,
  });
  const changedLook = await saveDocument(store, analysisEvidenceSchema, changed);
  await recordRun(registry, 'two', pinned, changedLook);
  const failed = logs.flat().filter((entry) => entry.kind === 'prediction' && entry.error !== null);
  return {
    context: { ports: { store, registry, logQueries, now: () => clock.now } } as unknown as Context,
    errors: failed.length,
    errorsBefore: (at) => failed.filter((entry) => entry.at < at).length,
    changedLook,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function addVersion(store: ArtifactStore, registry: Registry, pinned: Digest, n: number): Promise<void> {
  const digest = await store.putBlob(Buffer.from(`model ${n}`));
  const subject = { run: `run/${n}`, definition: pinned, snapshot: digest, model: digest, stages: [] };
  await registry.register({
    schema: 'pawl.version/1',
    model: 'tiny',
    created: new Date(startedAt).toISOString(),
    run: `run/${n}`,
    candidate: { model: digest, fp32: digest, variant: 'fp32' },
    lineage: {
      definition: pinned,
      dataset: await store.putBlob(canonicalJson(people)),
      snapshot: digest,
      training: null,
      champion: null,
      code: 'test',
      environment: {},
    },
    verdicts: [],
    subject,
    evidence: await store.putBlob(canonicalJson(subject)),
  });
}

/** Writes the history of the deployment record, as the release workflow does. */
async function deploy(registry: Registry, clock: { now: number }): Promise<void> {
  const state = async (at: number, change: Partial<Deployment>): Promise<void> => {
    clock.now = at;
    await registry.changeDeployment('tiny', () => ({ ...firstChange(1), ...change }));
  };
  const phase = (release: string, version: number, share: number, frozen = false): Partial<Deployment> => ({
    release,
    shadow: { version, sample: 1 },
    canary: share === 0 ? null : { version, share },
    reason: `${share === 0 ? 'shadow' : share > 0.5 ? 'bake' : 'canary'} of version ${version}`,
    frozen,
  });
  await state(startedAt - minute, {});
  await state(startedAt, { release: burned });
  await state(startedAt, phase(burned, 2, 0));
  await state(startedAt + 10 * minute, phase(burned, 2, 0.2));
  // A freeze writes the record, and begins no step.
  await state(startedAt + 12 * minute, phase(burned, 2, 0.2, true));
  await state(startedAt + 25 * minute, phase(burned, 2, 0.5));
  await state(startedAt + 40 * minute, { actor: 'ada', reason: 'customers called' });
  await state(laterAt, { release: good });
  await state(laterAt, phase(good, 3, 0));
  await state(laterAt + 10 * minute, phase(good, 3, 0.2));
  await state(laterAt + 20 * minute, phase(good, 3, 0.5));
  await state(laterAt + 30 * minute, phase(good, 3, 0.95));
  await state(laterAt + 40 * minute, { champion: 3, previous: 1, reason: 'version 3 is promoted' });
}

/**
 * Ten requests a minute of a key each, mirrored; phases end at these minutes, at the shares of `deploy`. Version 2 fails on every
 * other request that it answers itself.
 */
function trafficOf(release: string, version: number, from: number, ends: readonly number[]): LogEntry[] {
  const shares = [0, 0.2, 0.5, 0.95];
  const last = ends.at(-1) ?? 0;
  return Array.from({ length: 10 * last }, (_, i): LogEntry[] => {
    const at = from + (i + 0.5) * (minute / 10);
    const share = shares[ends.findIndex((end) => i < 10 * end)] ?? 0;
    const isCanary = ((i * 7) % 20) / 20 < share;
    const id = `${release}-${i}`;
    const failed = isCanary && version === 2 && i % 2 === 0;
    const answer = failed ? { error: 'it fell', label: null } : { label: i % 2 };
    const arm = isCanary ? ({ version, arm: 'canary' } as const) : ({ version: 1, arm: 'champion' } as const);
    return [
      prediction(id, { at, share, release, ...arm, ...answer }),
      mirror(id, { at: at + 1, release, version: isCanary ? 1 : version, label: i % 2 }),
    ];
  }).flat();
}

/** What the release of version 3 saw at its first step's end. */
async function firstLook(log: PredictionLog): Promise<AnalysisEvidence> {
  const [at, since] = [laterAt + 15 * minute, laterAt + 10 * minute];
  const observation = await log.observe({
    model: 'tiny',
    release: good,
    champion: 1,
    canary: 3,
    since: laterAt,
    stepSince: since,
    bakeStarts: [],
    skip: [],
    matureBefore: at,
    slowMs: definition.release.guards.slowMs,
    labelSpace: classesFor(0, 1),
  });
  const moment = { phase: 'canary', elapsedMs: at - since, step: 0, steps: 2, hasChampion: true } as const;
  const judged = judgeAnalysis(observation, definition.release, {
    ...moment,
    retry: 1,
    hotfix: false,
    acknowledged: [],
  });
  const who = { model: 'tiny', version: 3, champion: 1, holder: good } as const;
  return { schema: 'pawl.evidence.analysis/1', ...who, phase: 'canary', step: 0, at, observation, ...judged };
}

async function recordRun(registry: Registry, id: string, digest: Digest, evidence: Digest): Promise<void> {
  await registry.recordRun({
    schema: 'pawl.run/1',
    run: {
      id,
      model: 'tiny',
      startedAt: new Date(startedAt).toISOString(),
      definition: digest,
      dataset: digest,
      selection: {},
      imported: null,
      seed: 1,
      champion: 1,
      code: 'test',
    },
    snapshot: null,
    release: {
      outcome: 'promoted',
      model: 'tiny',
      version: 3,
      reason: 'every phase passed',
      analyses: 9,
      evidence,
      rollbackMs: null,
    },
    result: null,
    endedAt: null,
  });
}
