import type { EncodedRows, Encoding } from '../../ml/training/encoding.ts';
import type { EpochReport, TrainingJob, TrainingOutcome } from './port.ts';

/** What the training process is asked to do: rows are encoded already. */
export interface ProcessJob extends Omit<TrainingJob, 'features' | 'train' | 'validation'> {
  readonly encoding: Encoding;
  readonly train: EncodedRows;
  readonly validation: EncodedRows;
}

export type ParentMessage = { readonly kind: 'train'; readonly job: ProcessJob } | { readonly kind: 'goOn' };

export type ProcessMessage =
  | { readonly kind: 'epoch'; readonly report: EpochReport; readonly checkpoint: Uint8Array }
  | { readonly kind: 'done'; readonly result: TrainingOutcome }
  | { readonly kind: 'failed'; readonly message: string; readonly type: string | null };
