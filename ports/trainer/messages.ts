import type { LabelValue } from '../../contracts/data/classes.ts';
import type { EncodedRows, Encoding } from '../../ml/training/encoding.ts';
import type { TrainerSettings } from '../../contracts/model/model-definition.ts';
import type { EpochReport } from './port.ts';

/** What the training process is asked to do: rows are encoded already. */
export interface ProcessJob {
  readonly settings: TrainerSettings;
  readonly seed: number;
  readonly encoding: Encoding;
  readonly train: EncodedRows;
  readonly validation: EncodedRows;
  readonly trainLabels: Uint8Array;
  readonly validationLabels: Uint8Array;
  readonly classes: readonly [LabelValue, LabelValue];
  readonly threshold: number;
  readonly resume: Uint8Array | null;
}

export type ParentMessage = { readonly kind: 'train'; readonly job: ProcessJob } | { readonly kind: 'goOn' };

export interface ProcessResult {
  readonly model: Uint8Array;
  readonly curve: readonly EpochReport[];
  readonly bestEpoch: number;
  readonly provider: string;
  readonly parameters: number;
  readonly environment: Readonly<Record<string, string>>;
}

export type ProcessMessage =
  | { readonly kind: 'epoch'; readonly report: EpochReport; readonly checkpoint: Uint8Array }
  | { readonly kind: 'done'; readonly result: ProcessResult }
  | { readonly kind: 'failed'; readonly message: string; readonly type: string | null };
