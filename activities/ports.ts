import type { WorkPlan } from '../contracts/work.ts';
import type { ArtifactStore } from '../ports/artifact-store/port.ts';
import type { Definitions } from '../ports/definitions/port.ts';
import type { Executions } from '../ports/executions/port.ts';
import type { ImportExaminer } from '../ports/import-examiner/port.ts';
import type { InferenceEngine } from '../ports/inference/port.ts';
import type { MetricSource } from '../ports/metric-source/port.ts';
import type { PredictionLog } from '../ports/prediction-log/port.ts';
import type { Registry } from '../ports/registry/port.ts';
import type { ReleaseTarget } from '../ports/release-target/port.ts';
import type { StagingHost } from '../ports/staging/port.ts';
import type { TableEngine } from '../ports/table-engine/port.ts';
import type { Trainer } from '../ports/trainer/port.ts';

/** Everything outside that activities may touch. */
export interface Ports {
  readonly store: ArtifactStore;
  readonly registry: Registry;
  readonly definitions: Definitions;
  readonly tables: TableEngine;
  readonly trainer: Trainer;
  readonly inference: InferenceEngine;
  readonly imports: ImportExaminer;
  readonly staging: StagingHost;
  readonly predictionLog: PredictionLog;
  readonly executions: Executions;
  /** The platform that serves a model. */
  readonly releaseTarget: (model: string) => ReleaseTarget;
  /** Where the counts of a model's releases come from; null is its prediction log. */
  readonly metricSource: (model: string) => MetricSource | null;
  /** Queues, time-outs and retries, from the config. */
  readonly work: WorkPlan;
  /** Revision of the running code, for the lineage. */
  readonly code: string;
  /** What work here runs on, by name. */
  readonly machine: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  now(): number;
}
