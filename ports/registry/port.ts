import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { GuardSlot } from '../../contracts/evidence/gateway-guard.ts';
import type { MonitorRecord } from '../../contracts/evidence/monitor.ts';
import type { AnalysisRecord, ReleaseRecord } from '../../contracts/release/release-log.ts';
import type { RunRecord } from '../../contracts/run/run.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import type { StoreDifference } from '../../contracts/store-difference.ts';
import type { PointerToken } from '../artifact-store/port.ts';

/** The fields a change of the deployment record decides; `schema`, `seq`, `model`, `at` and the chain are the registry's. */
export type DeploymentChange = Omit<
  Deployment,
  'schema' | 'seq' | 'model' | 'at' | 'before' | 'signature' | 'guard' | 'forced'
> & {
  /** @default null */
  readonly guard?: Deployment['guard'];
  /** Added to those of the state before whose versions keep a place. @default [] */
  readonly forced?: Deployment['forced'];
};

/** What the registry keeps under its digest, too. */
export type RegistryDocument =
  | ModelVersion
  | Deployment
  | ApprovalRecord
  | ReleaseRecord
  | RunRecord
  | AnalysisRecord
  | MonitorRecord
  | GuardSlot;

export interface Registry {
  /** Models that have a version or a deployment record, ascending. */
  models(): Promise<string[]>;
  /** Ascending by number. */
  versions(model: string): Promise<ModelVersion[]>;
  /** Throws `UnknownVersionError`. */
  version(model: string, version: number): Promise<ModelVersion>;
  /** What a version's document says of itself that does not hold together, by its digests; empty where all does. */
  differencesOf(version: ModelVersion): string[];
  /**
   * Whether a document has contents that this registry wrote: it keeps each of them under its digest, too. False for one that was changed in
   * the store.
   */
  isAsWritten(document: RegistryDocument): Promise<boolean>;
  /** What was changed in the store of that by which a release of the version is decided, in words; empty where nothing was. */
  changesBehind(version: ModelVersion): Promise<string>;
  /** Gives the next free number. Idempotent: the same run and model digest get the version that they already have. */
  register(draft: Omit<ModelVersion, 'version'>): Promise<ModelVersion>;
  /** The record in force; null before the first change. */
  currentDeployment(model: string): Promise<Deployment | null>;
  /** The record with its token, for those who follow it. Null before the first change; `'unchanged'` where the token still is `unless`. */
  deployment(
    model: string,
    unless?: PointerToken,
  ): Promise<{ record: Deployment; token: PointerToken } | 'unchanged' | null>;
  /**
   * Compare-and-swap: reads, asks `decide`, writes, and starts over when someone else was faster.
   * `decide` returns null to leave the record as it is. Returns the record in force.
   */
  changeDeployment(
    model: string,
    decide: (current: Deployment | null) => DeploymentChange | null,
  ): Promise<Deployment | null>;
  /** The states of the record since `holder` took the release, oldest first: of the record's `release`; none where it does not hold it now. */
  heldStates(model: string, holder: string): Promise<Deployment[]>;
  /** The states of the record's history from number `from` on, oldest first, and the record; one that is missing is left out. */
  statesSince(record: Deployment, from: number): Promise<Deployment[]>;
  /** Whether the record was put back: a state that follows it was in force, and it is in force all the same. */
  wasPutBack(record: Deployment): Promise<boolean>;
  /** Every state of the deployment record, oldest first. */
  deploymentHistory(model: string): Promise<Deployment[]>;
  /**
   * Takes the first free of a release's `slots` for a judge, for good. Returns its number from 0, or null where none is left; a judge
   * that asks again gets the one that it has.
   */
  claimGuardSlot(
    release: { readonly model: string; readonly release: string; readonly slots: number },
    judge: Pick<GuardSlot, 'instance' | 'judge'>,
  ): Promise<number | null>;
  /** Who judges a release, by slot. */
  guardSlots(model: string, release: string): Promise<GuardSlot[]>;
  /** Keeps an analysis; the same one again changes nothing. */
  recordAnalysis(analysis: AnalysisRecord): Promise<void>;
  /** Analyses of one release, oldest first. */
  analyses(model: string, release: string): Promise<AnalysisRecord[]>;
  /** Creates or replaces how a release ended. */
  recordRelease(record: ReleaseRecord): Promise<void>;
  /** Releases of a model that have ended, oldest first. */
  releases(model: string): Promise<ReleaseRecord[]>;
  /** Keeps what was decided about a run, and what an earlier run of the same id was decided about, by its evidence. */
  recordApproval(model: string, run: string, approval: ApprovalRecord): Promise<void>;
  /** The last decision about the run; with `evidence` the one that names it, where an earlier run of the same id had it. */
  approval(model: string, run: string, evidence?: Digest): Promise<ApprovalRecord | null>;
  /** All decisions under a run's id, the earliest first: several where the id was used again. */
  approvals(model: string, run: string): Promise<ApprovalRecord[]>;
  /** Creates or replaces the record of a run (one writer: the run). */
  recordRun(record: RunRecord): Promise<void>;
  run(id: string): Promise<RunRecord | null>;
  /** Newest first. */
  runs(model: string): Promise<RunRecord[]>;
  /** Replaces what the monitor found last. */
  recordMonitor(record: MonitorRecord): Promise<void>;
  /** What the monitor found last; null where it never ran. */
  lastMonitor(model: string): Promise<MonitorRecord | null>;
}

export interface Verified {
  readonly versions: number;
  /** States of the deployment record. */
  readonly states: number;
  readonly approvals: number;
  /** Blobs whose bytes were read and compared with their digests. */
  readonly blobs: number;
  readonly differences: readonly StoreDifference[];
}

/** Compares what the store holds of a model with what Pawl wrote there. */
export interface Verifier {
  /** All of it. Reads the bytes of each version's model and evidence. */
  model(model: string): Promise<Verified>;
  /** A version's document, approval, model and evidence, whose bytes are read. */
  version(version: ModelVersion): Promise<StoreDifference[]>;
  /** The states of the deployment record: their chain, and whether each released what was approved or forced. */
  record(model: string): Promise<StoreDifference[]>;
  /** The analyses of a release, whose evidence is read, and who judges it. */
  release(model: string, release: string): Promise<StoreDifference[]>;
  /** What the monitor found last. */
  monitor(model: string): Promise<StoreDifference[]>;
}
