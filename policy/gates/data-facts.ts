import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { DataProfile, DriftResult } from '../../contracts/evidence/data.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';

/** What the data checks judge. */
export interface DataFacts {
  readonly profile: DataProfile;
  /** By the champion's snapshot; empty where there is none. */
  readonly drift: readonly DriftResult[];
  readonly previousRows: number | null;
  readonly dataset: DatasetDefinition;
  /** The labels that the target may have. */
  readonly labelSpace: LabelSpace;
  /** Lines of the source that lie within quoted cells. */
  readonly linesInCells: number;
  /** Rows that the bounds of the run left out because they have no time. */
  readonly timeless: number;
  readonly gate: ModelDefinition['data'];
  /** Column with the weights of rows. @default every row counts once */
  readonly weight?: string | undefined;
}
