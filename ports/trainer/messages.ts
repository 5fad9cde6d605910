import type { Binned } from '../../ml/gbdt/binned.ts';
import type { Binning } from '../../ml/gbdt/columns.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import type { Curve } from '../../ml/linear/curves.ts';
import type { EncodedRows, Encoding } from '../../ml/training/encoding.ts';
import type { SettingsOf } from '../../contracts/model/trainer.ts';
import type { EpochReport, TrainingJob, TrainingOutcome } from './port.ts';

type WithoutRows = Omit<TrainingJob, 'settings' | 'features' | 'train' | 'validation' | 'program'>;

/** What the training process is asked to do: rows are encoded already. */
export interface NetworkJob extends WithoutRows {
  readonly settings: SettingsOf<'network'> & { readonly batchSize: number };
  readonly encoding: Encoding;
  readonly train: EncodedRows;
  readonly validation: EncodedRows;
}

export interface TreesJob extends WithoutRows {
  readonly settings: SettingsOf<'gbdt'>;
  readonly binning: Binning;
  readonly train: Binned;
  readonly validation: Binned;
}

export interface LinearJob extends WithoutRows {
  readonly settings: SettingsOf<'linear'>;
  readonly encoding: Encoding;
  readonly curves: readonly Curve[];
  readonly train: EncodedRows;
  readonly validation: EncodedRows;
}

/** Rows as a model takes them: a tensor `[rows, 1]` for each input, in its order. */
export interface ModelRows {
  readonly rows: number;
  readonly inputs: readonly Tensor[];
}

export interface GraphJob extends WithoutRows {
  readonly settings: SettingsOf<'graph'> & { readonly batchSize: number };
  /** ONNX bytes: raw columns in, the outputs of the task out. */
  readonly graph: Uint8Array;
  readonly train: ModelRows;
  readonly validation: ModelRows;
}

export type ProcessJob = NetworkJob | TreesJob | LinearJob | GraphJob;

export type ParentMessage =
  | { readonly kind: 'train'; readonly job: ProcessJob; readonly provider: string }
  | { readonly kind: 'goOn' };

export type ProcessMessage =
  | { readonly kind: 'epoch'; readonly report: EpochReport; readonly checkpoint: Uint8Array | null }
  | { readonly kind: 'done'; readonly result: TrainingOutcome }
  | { readonly kind: 'failed'; readonly message: string; readonly type: string | null };
