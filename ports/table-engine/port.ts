import type { DataSelection, DatasetDefinition, Snapshot } from '../../contracts/dataset.ts';
import type { DataProfile } from '../../contracts/evidence/data.ts';
import type { Frame } from '../../contracts/frame.ts';
import type { ModelDefinition } from '../../contracts/model-definition.ts';

export type SplitSide = 'train' | 'validation' | 'test';
type Split = ModelDefinition['split'];

/** Rows on disk: reads sources, writes snapshots, profiles and hands out columns. */
export interface TableEngine {
  /**
   * Copies the selected rows of a local Parquet, CSV or NDJSON file into one Parquet file, in the order of the key.
   * Text stays text: nothing is cast, so that the data checks can judge what came.
   */
  writeSnapshot(job: {
    source: string;
    dataset: DatasetDefinition;
    selection: DataSelection;
    target: string;
  }): Promise<Pick<Snapshot, 'rows' | 'rowCount' | 'columns' | 'timeRange'>>;
  /** What the data checks judge; `reference` is the champion's training snapshot, for drift. */
  profile(job: { path: string; dataset: DatasetDefinition; reference: string | null }): Promise<DataProfile>;
  /** Columns in memory, rows ordered by key. Without `side`, all rows. `limit` takes the first rows in the order of the key's hash. */
  readFrame(job: {
    path: string;
    dataset: DatasetDefinition;
    columns: readonly string[];
    split?: { rule: Split; side: SplitSide };
    limit?: number;
  }): Promise<Frame>;
}
