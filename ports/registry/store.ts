import { z } from 'zod';
import { approvalRecordSchema, type ApprovalRecord } from '../../contracts/run/approval.ts';
import { deploymentSchema, type Deployment } from '../../contracts/release/deployment.ts';
import { PawlError, unknownVersion } from '../../contracts/errors.ts';
import { guardSlotSchema, type GuardSlot } from '../../contracts/evidence/gateway-guard.ts';
import { monitorRecordSchema } from '../../contracts/evidence/monitor.ts';
import { errorTypes } from '../../contracts/names.ts';
import { analysisRecordSchema, releaseRecordSchema } from '../../contracts/release/release-log.ts';
import { runRecordSchema, type RunRecord } from '../../contracts/run/run.ts';
import { modelVersionSchema, type ModelVersion } from '../../contracts/model/version.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import { digestOf } from '../artifact-store/keys.ts';
import type { ArtifactStore } from '../artifact-store/port.ts';
import { changesBehind } from './changes.ts';
import { Documents, orConflict } from './documents.ts';
import {
  approvalKey,
  deploymentKey,
  earlierApprovalKey,
  earlierApprovalsPrefix,
  guardSlotKey,
  guardSlotsPrefix,
  historyKey,
  historyPrefix,
  analysisKey,
  analysesPrefix,
  monitorKey,
  modelsFolder,
  releaseKey,
  releasesPrefix,
  runIndexKey,
  runIndexPrefix,
  runKey,
  versionKey,
  versionsPrefix,
} from './keys.ts';
import type { DeploymentChange, Registry } from './port.ts';
import { versionDifferences } from '../differences.ts';

/**
 * The registry as documents under the pointers of a store:
 *
 * - `models/<model>/versions/<8 digits>`, never changed;
 * - `models/<model>/deployment`, changed by compare-and-swap, and `models/<model>/history/<12 digits>` per earlier state. A state
 *   is copied into the history before the next one may replace it, so no crash can lose one: the history is these and the record;
 * - `approvals/<model>/<run>`, `earlier-approvals/<model>/<run>/<evidence>` where an id was used again, `runs/<run>`, and `runs-of/<model>/<start>/<run>` as index, written before the run itself;
 * - `analyses/<model>/<release>/<time>`, never changed, and `releases/<model>/<start>/<release>`: how each release went and ended;
 * - `monitors/<model>`: what the monitor found last;
 * - `guards/<model>/<release>/<slot>`, never changed: who judges the release in that slot.
 *
 * All but the index are kept as blobs, too, before they are written: one document that is changed differs from all that were written.
 * Each state of the deployment is copied into the history once more when it is in force: a record that was put back by one state has a later one there.
 *
 * `now` gives milliseconds since the epoch.
 */
export function createRegistry(store: ArtifactStore, now: () => number): Registry {
  const documents = new Documents(store);
  const registry: Omit<Registry, 'changesBehind'> = {
    ...createVersions(documents),
    ...createDeployments(documents, now),
    ...createGuardSlots(documents, now),
    ...createReleases(documents),
    ...createRuns(documents),
    isAsWritten: (document) => documents.isSealed(document),
    async models() {
      return (await documents.folders(modelsFolder)).map((name) => decodeURIComponent(name)).toSorted();
    },
  };
  return { ...registry, changesBehind: (version) => changesBehind(registry, version) };
}

function createVersions(documents: Documents): Pick<Registry, 'versions' | 'version' | 'differencesOf' | 'register'> {
  const versions = async (model: string): Promise<ModelVersion[]> =>
    documents.readAll(modelVersionSchema, await documents.list(versionsPrefix(model)));
  return {
    versions,
    differencesOf: versionDifferences,
    async version(model, version) {
      const known = Number.isInteger(version) && version > 0;
      const found = known ? await documents.read(modelVersionSchema, versionKey(model, version)) : null;
      if (found === null) throw unknownVersion(model, version);
      const { value } = found;
      if (value.model === model && value.version === version) return value;
      throw new PawlError(
        errorTypes.corruptArtifact,
        `version ${version} of "${model}" has the document of version ${value.version} of "${value.model}": restore it from a copy`,
        { model, version },
      );
    },
    async register(draft) {
      for (;;) {
        const known = await versions(draft.model);
        const same = known.find(({ run, candidate }) => run === draft.run && candidate.model === draft.candidate.model);
        if (same !== undefined) return same;
        const version = modelVersionSchema.parse({ ...draft, version: (known.at(-1)?.version ?? 0) + 1 });
        await documents.seal(modelVersionSchema, version);
        if (await documents.create(modelVersionSchema, versionKey(draft.model, version.version), version))
          return version;
      }
    },
  };
}

function createDeployments(
  documents: Documents,
  now: () => number,
): Pick<
  Registry,
  | 'currentDeployment'
  | 'deployment'
  | 'changeDeployment'
  | 'heldStates'
  | 'statesSince'
  | 'deploymentHistory'
  | 'wasPutBack'
> {
  const archive = (record: Deployment) =>
    documents.create(deploymentSchema, historyKey(record.model, record.seq), record);
  const write = async (
    model: string,
    decided: DeploymentChange,
    current: { value: Deployment; token: string } | null,
  ) => {
    const record = deploymentSchema.parse({
      ...decided,
      guard: decided.guard ?? null,
      forced: forcedIn(decided, current?.value ?? null),
      schema: 'pawl.deployment/1',
      seq: (current?.value.seq ?? 0) + 1,
      before: current === null ? null : digestOf(canonicalJson(current.value)),
      signature: null,
      model,
      at: new Date(now()).toISOString(),
    });
    await Promise.all([current === null ? null : archive(current.value), documents.seal(deploymentSchema, record)]);
    await documents.write(deploymentSchema, deploymentKey(model), record, current?.token ?? null);
    // The traffic has changed, whether this succeeds or not; the next change makes up for it.
    await archive(record).catch(() => undefined);
    return record;
  };
  return {
    async currentDeployment(model) {
      return (await documents.read(deploymentSchema, deploymentKey(model)))?.value ?? null;
    },
    async deployment(model, unless) {
      const found = await documents.readUnless(deploymentSchema, deploymentKey(model), unless);
      return found === null || found === 'unchanged' ? found : { record: found.value, token: found.token };
    },
    async changeDeployment(model, decide) {
      for (;;) {
        const current = await documents.read(deploymentSchema, deploymentKey(model));
        const decided = decide(current?.value ?? null);
        if (decided === null) return current?.value ?? null;
        const record = await orConflict(() => write(model, decided, current), null);
        if (record !== null) return record;
      }
    },
    async heldStates(model, holder) {
      const states: Deployment[] = [];
      let state = (await documents.read(deploymentSchema, deploymentKey(model)))?.value;
      while (state?.release === holder) {
        states.unshift(state);
        state = (await documents.read(deploymentSchema, historyKey(model, state.seq - 1)))?.value;
      }
      return states;
    },
    async statesSince(record, from) {
      const first = Math.max(1, from);
      const keys = Array.from({ length: Math.max(0, record.seq - first) }, (_, i) =>
        historyKey(record.model, first + i),
      );
      return [...(await documents.readAll(deploymentSchema, keys)), record];
    },
    async wasPutBack({ model, seq }) {
      if ((await documents.read(deploymentSchema, historyKey(model, seq + 1))) === null) return false;
      // It may have been replaced since it was read.
      return ((await documents.read(deploymentSchema, deploymentKey(model)))?.value.seq ?? 0) <= seq;
    },
    async deploymentHistory(model) {
      // The record first: a change meanwhile then only adds states to the history, and none can be missed.
      const current = await documents.read(deploymentSchema, deploymentKey(model));
      if (current === null) return [];
      const keys = (await documents.list(historyPrefix(model))).filter(
        (key) => key < historyKey(model, current.value.seq),
      );
      return [...(await documents.readAll(deploymentSchema, keys)), current.value];
    },
  };
}

/** A version keeps the mark of its force for as long as it has a place, or its release goes on. */
function forcedIn(decided: DeploymentChange, current: Deployment | null): Deployment['forced'] {
  const { champion, previous, canary, shadow, release, forced = [] } = decided;
  const placed = new Set([champion, previous, canary?.version, shadow?.version]);
  const goesOn = release !== null && release === current?.release;
  const kept = (current?.forced ?? []).filter(
    ({ version }) => (goesOn || placed.has(version)) && !forced.some((one) => one.version === version),
  );
  return [...kept, ...forced];
}

function createGuardSlots(documents: Documents, now: () => number): Pick<Registry, 'claimGuardSlot' | 'guardSlots'> {
  return {
    guardSlots: async (model, release) =>
      documents.readAll(guardSlotSchema, await documents.list(guardSlotsPrefix(model, release))),
    async claimGuardSlot({ model, release, slots }, { instance, judge }) {
      const at = new Date(now()).toISOString();
      for (let slot = 0; slot < slots; slot++) {
        const key = guardSlotKey(model, release, slot);
        const holder = await documents.read(guardSlotSchema, key);
        if (isSame(holder?.value, { model, release, slot, judge }) && (await documents.isSealed(holder?.value)))
          return slot;
        if (holder !== null) continue;
        const claim: GuardSlot = { schema: 'pawl.guard-slot/2', model, release, slot, instance, judge, at };
        await documents.seal(guardSlotSchema, claim);
        if (await documents.create(guardSlotSchema, key, claim)) return slot;
      }
      return null;
    },
  };
}

const isSame = (
  found: GuardSlot | undefined,
  { model, release, slot, judge }: Omit<GuardSlot, 'schema' | 'instance' | 'at'>,
): boolean => found?.model === model && found.release === release && found.slot === slot && found.judge === judge;

function createReleases(
  documents: Documents,
): Pick<Registry, 'recordAnalysis' | 'analyses' | 'recordRelease' | 'releases'> {
  return {
    async recordAnalysis(analysis) {
      await documents.seal(analysisRecordSchema, analysis);
      await documents.create(
        analysisRecordSchema,
        analysisKey(analysis.model, analysis.release, analysis.at),
        analysis,
      );
    },
    analyses: async (model, release) =>
      documents.readAll(analysisRecordSchema, await documents.list(analysesPrefix(model, release))),
    async recordRelease(record) {
      await documents.seal(releaseRecordSchema, record);
      await documents.replace(
        releaseRecordSchema,
        releaseKey(record.result.model, record.startedAt, record.release),
        record,
      );
    },
    releases: async (model) => documents.readAll(releaseRecordSchema, await documents.list(releasesPrefix(model))),
  };
}

function createRuns(
  documents: Documents,
): Pick<
  Registry,
  'recordApproval' | 'approval' | 'approvals' | 'recordRun' | 'run' | 'runs' | 'recordMonitor' | 'lastMonitor'
> {
  return {
    async recordApproval(model, run, approval) {
      const earlier = (await documents.read(approvalRecordSchema, approvalKey(model, run)))?.value;
      if (earlier !== undefined && earlier.evidence !== approval.evidence)
        await documents.replace(approvalRecordSchema, earlierApprovalKey(model, run, earlier.evidence), earlier);
      await documents.seal(approvalRecordSchema, approval);
      await documents.replace(approvalRecordSchema, approvalKey(model, run), approval);
    },
    async approval(model, run, evidence) {
      const last = (await documents.read(approvalRecordSchema, approvalKey(model, run)))?.value ?? null;
      if (last === null || evidence === undefined || last.evidence === evidence) return last;
      return (await documents.read(approvalRecordSchema, earlierApprovalKey(model, run, evidence)))?.value ?? last;
    },
    async approvals(model, run) {
      const keys = await documents.list(earlierApprovalsPrefix(model, run));
      const found: ApprovalRecord[] = await documents.readAll(approvalRecordSchema, [...keys, approvalKey(model, run)]);
      return found.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
    },
    async recordRun(record) {
      const { id, model, startedAt } = record.run;
      await documents.create(z.object({ run: z.string() }), runIndexKey(model, startedAt, id), { run: id });
      await documents.seal(runRecordSchema, record);
      await documents.replace(runRecordSchema, runKey(id), record);
    },
    async run(id) {
      return (await documents.read(runRecordSchema, runKey(id)))?.value ?? null;
    },
    async runs(model) {
      const keys = await documents.list(runIndexPrefix(model));
      const runs = keys.toReversed().map((key) => `runs/${key.slice(key.lastIndexOf('/') + 1)}`);
      // An id that was used again is in the index twice, and a run of another model may have taken it over.
      const records: RunRecord[] = await documents.readAll(runRecordSchema, [...new Set(runs)]);
      return records.filter(({ run }) => run.model === model);
    },
    async recordMonitor(record) {
      await documents.seal(monitorRecordSchema, record);
      await documents.replace(monitorRecordSchema, monitorKey(record.model), record);
    },
    async lastMonitor(model) {
      return (await documents.read(monitorRecordSchema, monitorKey(model)))?.value ?? null;
    },
  };
}
