/** Names shared with the outside world. No zod here: workflow code imports this file by value. */

export const workflowTypes = {
  retrain: 'retrainAndRelease',
  release: 'release',
  rollback: 'rollback',
  monitor: 'monitorModel',
  reproduce: 'reproduce',
} as const;

/** Defaults; `temporal.yaml` may rename them. */
export const defaultQueues = {
  pipeline: 'pawl',
  cpu: 'pawl-cpu',
  gpu: 'pawl-gpu',
  release: 'pawl-release',
} as const;
export type QueueRole = keyof typeof defaultQueues;
export type QueueNames = Record<QueueRole, string>;

/** What a worker may be told to train networks on. */
export const wantedProviders = ['auto', 'cuda', 'webgpu', 'cpu'] as const;
export type WantedProvider = (typeof wantedProviders)[number];

export const searchAttributes = {
  model: 'PawlModel',
  stage: 'PawlStage',
  verdict: 'PawlVerdict',
  version: 'PawlVersion',
} as const;

export const messages = {
  approve: 'approve',
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  promote: 'promote',
  rollback: 'rollback',
  abort: 'abort',
  retry: 'retry',
  extend: 'extend',
  progress: 'progress',
} as const;

/** The stages of a run, in the order of the pipeline. */
export const stages = [
  'open',
  'snapshot',
  'data',
  'search',
  'train',
  'trial',
  'folds',
  'quality',
  'fairness',
  'explain',
  'optimize',
  'staging',
  'register',
  'approval',
  'release',
  'report',
] as const;
export type Stage = (typeof stages)[number];

/** The phases of a release, in order. */
export const releasePhases = ['waiting', 'shadow', 'canary', 'bake', 'ended'] as const;
export type ReleasePhase = (typeof releasePhases)[number];

/** Error types that a retry cannot mend; activities throw them as non-retryable `ApplicationFailure`s. */
export const errorTypes = {
  invalidRequest: 'InvalidRequestError',
  unknownModel: 'UnknownModelError',
  unknownDataset: 'UnknownDatasetError',
  unknownVersion: 'UnknownVersionError',
  invalidConfig: 'InvalidConfigError',
  invalidData: 'InvalidDataError',
  invalidModel: 'InvalidModelError',
  accessDenied: 'AccessDeniedError',
  missingBucket: 'MissingBucketError',
  corruptArtifact: 'CorruptArtifactError',
  memoryBudget: 'MemoryBudgetError',
  trainerFailed: 'TrainerFailedError',
} as const;

/** Type of the failure of a run that was judged or decided, and ended without its version in production. */
export const notPromotedType = 'RunNotPromotedError';

/** Type of the failure of a release whose version was taken back. */
export const rolledBackType = 'ReleaseRolledBackError';

/** The release target that follows the deployment record by itself. */
export const gatewayTarget = 'gateway';

/** The id of the one release workflow of a model. */
export const releaseWorkflowId = (model: string): string => `release/${model}`;
export const monitorScheduleId = (model: string): string => `monitor/${model}`;
export const retrainScheduleId = (model: string): string => `retrain/${model}`;

/** How a run ends: judged or decided, or by an error or a cancellation. */
export const outcomes = ['promoted', 'rejected', 'stopped', 'rolledBack', 'measured', 'failed', 'cancelled'] as const;
export type Outcome = (typeof outcomes)[number];

/** How a run or a release ended, as people read it. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  promoted: 'Promoted',
  rejected: 'Rejected',
  stopped: 'Stopped',
  rolledBack: 'Rolled back',
  measured: 'Measured',
  failed: 'Failed',
  cancelled: 'Cancelled',
};
