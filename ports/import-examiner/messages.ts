import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { TakenImport, WeightFile } from './port.ts';

/** What the process is asked: a model's file, where its adapted form goes, and where it goes with weights that lie beside it. */
export interface ExamineQuestion {
  readonly source: string;
  readonly target: string;
  /** Null where none may lie beside it. */
  readonly whole: string | null;
  readonly definition: ModelDefinition;
  readonly dataset: DatasetDefinition;
}

type Taken = Extract<TakenImport, { bytes: Uint8Array }>;

/** What the process says; the bytes lie in the file that it was given. */
export type ExamineAnswer =
  | { readonly kind: 'refused'; readonly faults: readonly string[]; readonly files: readonly WeightFile[] }
  | ({ readonly kind: 'taken'; readonly files: readonly WeightFile[] } & Omit<Taken, 'bytes' | 'faults'>)
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };
