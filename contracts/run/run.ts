import { z } from 'zod';
import { dataSelectionSchema, snapshotRefSchema } from '../data/dataset.ts';
import { digestSchema } from '../digest.ts';
import { resultOrDetail } from '../failure-detail.ts';
import { notPromotedType, outcomes } from '../names.ts';
import { releaseResultSchema } from '../release/release.ts';
import { statusSchema } from '../verdict.ts';
import type { WorkPlan } from '../work.ts';

/** Input of `retrainAndRelease`: the model's name alone, or this. */
export const retrainRequestSchema = z.strictObject({
  model: z.string(),
  data: dataSelectionSchema.optional(),
  seed: z.int().optional(),
  /** Overrides of the trainer's settings. */
  params: z.record(z.string(), z.unknown()).optional(),
  /** A model that was trained elsewhere, by the digest of its bytes in the store: training is skipped. */
  imported: digestSchema.optional(),
  /** Digests of Parquet files in the store whose rows the imported model was trained on. */
  trainedOn: z.array(digestSchema).optional(),
  /** False: nothing that an earlier run did is reused. */
  cache: z.boolean().optional(),
});
export type RetrainRequest = z.infer<typeof retrainRequestSchema>;

/** What `openRun` pinned; every activity of the run gets it. */
export const runSchema = z.object({
  /** The workflow id. */
  id: z.string(),
  model: z.string(),
  /** ISO time at which the run started. */
  startedAt: z.string(),
  /** Digest of the resolved model definition, overrides applied. */
  definition: digestSchema,
  /** Digest of the dataset definition. */
  dataset: digestSchema,
  selection: dataSelectionSchema,
  imported: digestSchema.nullable(),
  trainedOn: z.array(digestSchema).optional(),
  seed: z.int(),
  /** The version that served when the run started; null where there is none. */
  champion: z.int().nullable(),
  /** Digest of the files of the project that the trainer takes. */
  program: digestSchema.optional(),
  /** False where nothing that another run did may be reused. */
  cache: z.boolean().optional(),
  /** Code revision and environment, for the lineage. */
  code: z.string(),
});
export type Run = z.infer<typeof runSchema>;

/** What `openRun` returns: the run, and what steers its workflow. */
export interface OpenedRun {
  run: Run;
  approval: { require: 'always' | 'never'; deadlineMs: number };
  plan: WorkPlan;
  /** Whether it takes tensors that are not columns: it has no rows, and no stage that needs some. @default false */
  isOnTensors?: boolean;
  /** How many folds the trainer is judged by; left out where it is judged by the test rows alone. */
  folds?: number;
  /** How many trials a search of the trainer's settings has at most, and how many at a time; left out without one. */
  search?: { trials: number; parallel: number; minutes?: number | undefined };
}

/** A model under judgement: its bytes and the stage that made them. */
export const candidateSchema = z.object({
  model: digestSchema,
  /** The fp32 reference; equal to `model` unless a quantized variant was chosen. */
  fp32: digestSchema,
  variant: z.enum(['fp32', 'dynamicInt8', 'staticInt8']),
});
export type Candidate = z.infer<typeof candidateSchema>;

export const stageVerdictSchema = z.object({
  stage: z.string(),
  status: statusSchema,
  evidence: digestSchema,
  /** The reasons, at most a handful: failed, inconclusive and warning checks. */
  reasons: z.array(z.string()),
  /** What an approver should see, a line each. */
  numbers: z.array(z.string()).optional(),
  /** The run that did the work, where this one reused it. */
  from: z.string().optional(),
});
export type StageVerdict = z.infer<typeof stageVerdictSchema>;

/**
 * Result of `retrainAndRelease`. A run that was promoted or measured returns it. One that was stopped, rejected or rolled back fails with
 * one failure of type `RunNotPromotedError`, whose details hold it.
 */
export const runResultSchema = z.object({
  outcome: z.enum(outcomes),
  version: z.int().nullable(),
  verdicts: z.array(stageVerdictSchema),
  reason: z.string(),
  /** Digest of the HTML report. */
  report: digestSchema.nullable(),
});
export type RunResult = z.infer<typeof runResultSchema>;

/** Awaits the end of a run, with any outcome; throws what ended it otherwise. */
export const resultOfRun = (handle: { result(): Promise<unknown> }): Promise<RunResult> =>
  resultOrDetail(handle, runResultSchema, notPromotedType);

/** What a gate activity returns. */
export const gateResultSchema = z.object({
  evidence: digestSchema,
  status: statusSchema,
  reasons: z.array(z.string()),
  /** Of a failed gate: what failed, without what was only warned of. */
  failures: z.array(z.string()).optional(),
  numbers: z.array(z.string()).optional(),
  /** The run that did the work, where this one reused it. */
  from: z.string().optional(),
});
export type GateResult = z.infer<typeof gateResultSchema>;

/** What the store keeps of a run, for `pawl status`, the report and later runs. */
export const runRecordSchema = z.object({
  schema: z.literal('pawl.run/1'),
  run: runSchema,
  snapshot: snapshotRefSchema.nullable(),
  release: releaseResultSchema.nullable(),
  result: runResultSchema.nullable(),
  endedAt: z.string().nullable(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
