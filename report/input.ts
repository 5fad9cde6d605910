import type { ApprovalRecord } from '../contracts/run/approval.ts';
import type { Snapshot } from '../contracts/data/dataset.ts';
import type { DataEvidence } from '../contracts/evidence/data.ts';
import type { ExplanationEvidence } from '../contracts/evidence/explanation.ts';
import type { FairnessEvidence } from '../contracts/evidence/fairness.ts';
import type { FoldsEvidence } from '../contracts/evidence/folds.ts';
import type { SearchEvidence } from '../contracts/evidence/search.ts';
import type { OptimizationEvidence } from '../contracts/evidence/optimization.ts';
import type { QualityEvidence } from '../contracts/evidence/quality.ts';
import type { AnalysisEvidence } from '../contracts/evidence/release.ts';
import type { StagingEvidence } from '../contracts/evidence/staging.ts';
import type { TrainingEvidence } from '../contracts/evidence/training.ts';
import type { TrialEvidence } from '../contracts/evidence/trial.ts';
import type { ModelDefinition } from '../contracts/model/model-definition.ts';
import type { ReleaseResult } from '../contracts/release/release.ts';
import type { Run, RunResult } from '../contracts/run/run.ts';
import type { ReportTables } from './tables.ts';

/** All that a report is made from; what a run never got to is null. */
export interface ReportInput {
  readonly run: Run;
  /** Resolved, the run's overrides applied. */
  readonly definition: ModelDefinition;
  readonly snapshot: Snapshot | null;
  readonly data: DataEvidence | null;
  readonly training: TrainingEvidence | null;
  readonly trial: TrialEvidence | null;
  readonly search: SearchEvidence | null;
  readonly folds: FoldsEvidence | null;
  readonly quality: QualityEvidence | null;
  readonly fairness: FairnessEvidence | null;
  readonly explanation: ExplanationEvidence | null;
  readonly optimization: OptimizationEvidence | null;
  readonly staging: StagingEvidence | null;
  readonly approval: ApprovalRecord | null;
  readonly release: ReleaseResult | null;
  /** The analysis that decided the release; null where a person or the deadline did. */
  readonly lastAnalysis: AnalysisEvidence | null;
  /** Overviews of columns, slices and attributes. */
  readonly tables: ReportTables;
  readonly result: ReportedResult;
}

/** How a run ended, what the server says of one that could not close its record, or that it is under way. */
export type ReportedResult = Omit<RunResult, 'outcome'> & {
  readonly outcome: RunResult['outcome'] | 'underWay' | 'waiting' | 'terminated' | 'timedOut';
  /** The stage that it is at, or was at when it was ended from outside; absent where the run closed its record. */
  readonly at?: string;
};
