import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Column } from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { LinearEvidence } from '../../contracts/evidence/linear.ts';
import type { ProgramEvidence, TriedTrainer } from '../../contracts/evidence/training.ts';
import type { OwnSettings, SingleSettings, TrainerSettings } from '../../contracts/model/trainer.ts';
import type { ProgramFile } from '../../contracts/run/program.ts';

export interface TrainingJob<S extends TrainerSettings = TrainerSettings> {
  readonly settings: S;
  readonly seed: number;
  /** Feature columns, in the order of the definition. */
  readonly features: readonly { readonly name: string; readonly column: Column }[];
  readonly train: Frame;
  readonly validation: Frame;
  /** By row: the index of a class, or a number. */
  readonly trainLabels: Float64Array;
  readonly validationLabels: Float64Array;
  /** How much each row counts, with a mean of 1; null where each counts once. */
  readonly trainWeights: Float64Array | null;
  readonly validationWeights: Float64Array | null;
  /** Of a ranking: the number of each row's query; null of other tasks. */
  readonly trainQueries: Int32Array | null;
  readonly validationQueries: Int32Array | null;
  /** What labels may be: the exported model answers with these. */
  readonly labelSpace: LabelSpace;
  readonly threshold: number;
  /** A checkpoint to go on from. */
  readonly resume: Uint8Array | null;
  /** A step whose checkpoint is handed over in any case: training is broken off there. */
  readonly pauseAt?: number;
  /** For a trainer that takes files of the project. */
  readonly program?: ProgramSources;
}

/** What a trainer needs that takes files of the project: a program, or a model. */
export interface ProgramSources {
  readonly files: readonly ProgramFile[];
  /** The model that serves, in the form that Pawl exports; null where there is none. */
  readonly champion: Uint8Array | null;
  /** The model as Pawl exports models. Throws `InvalidModelError` with all reasons why it cannot be. */
  readonly adapt: (model: Uint8Array) => Promise<Uint8Array>;
}

/** Of one pass over the rows, or one round of trees. */
export interface EpochReport {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

/** Hears of each epoch, with all that is needed to go on from there, or null where little is lost by going on from before. */
export type OnEpoch = (report: EpochReport, checkpoint: Uint8Array | null) => Promise<void>;

export interface TrainingHooks {
  readonly onEpoch: OnEpoch;
  readonly signal: AbortSignal;
}

export interface TrainingOutcome {
  /** ONNX bytes: raw columns in, the outputs of the task out. */
  readonly model: Uint8Array;
  /** Those of the job, with what was chosen for it. */
  readonly settings: SingleSettings;
  /** Where several were tried: how the validation losses compare, the simplest first. */
  readonly tried?: readonly TriedTrainer[];
  /** Of a linear model: whether it converged, and its coefficients. */
  readonly linear?: LinearEvidence;
  readonly curve: readonly EpochReport[];
  readonly bestEpoch: number;
  /** `cpu`, `cuda`, ... */
  readonly provider: string;
  readonly parameters: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Of a program. */
  readonly program?: ProgramEvidence;
}

/** Trains by one kind of settings. */
export type SingleTrainer = Trainer<SingleSettings>;
/** Trains by one kind of settings that are Pawl's own. */
export type OwnTrainer = Trainer<OwnSettings>;

/** Equal job, seed and provider give equal bytes, also after resuming. */
export interface Trainer<S extends TrainerSettings = TrainerSettings> {
  /** Where this machine would train: `cuda` where that was seen to compute, else `cpu`. */
  provider(): Promise<string>;
  /**
   * Throws `InvalidDataError` for rows that cannot be trained on, `CorruptArtifactError` for a checkpoint of another job, what a hook
   * throws, and the signal's reason.
   */
  train(job: TrainingJob<S>, hooks: TrainingHooks): Promise<TrainingOutcome>;
}
