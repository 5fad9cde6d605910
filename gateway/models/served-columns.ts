import type { CellRule } from '../../contracts/data/cell.ts';
import { labelSpaceOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import { limitsOf, type ColumnLimits } from '../../contracts/data/column-limits.ts';
import { datasetDefinitionSchema, type Column } from '../../contracts/data/dataset.ts';
import type { TrainedCodes } from '../../contracts/data/trained-codes.ts';
import { declaredOr, type InputBounds, type InputLimits } from '../../contracts/model/input-bounds.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';

/** What the dataset that a version was trained on says of a column. */
export interface ServedColumn {
  readonly declared: Column;
  readonly rule: CellRule;
  readonly nullable: boolean;
  readonly limits: ColumnLimits | null;
}

/** How requests for a version are to be read, as its training read the data. */
export interface ServedColumns {
  readonly columns: ReadonlyMap<string, ServedColumn>;
  /** A missing value is refused where the dataset allows none. */
  readonly strict: boolean;
  /** Null where the definitions name no two labels, as in a staging benchmark. */
  readonly labelSpace: LabelSpace | null;
  /** Of times without an offset. */
  readonly timezone: string;
  /** Of a model on tensors, by input, what the definition declares, or its embeddings say; null of one that takes columns. */
  readonly ranges: ReadonlyMap<string, InputLimits> | null;
}

export const noColumns: ServedColumns = {
  columns: new Map(),
  strict: false,
  labelSpace: null,
  timezone: 'UTC',
  ranges: null,
};

/** Of the documents that a version was registered with. A staging benchmark has none, and imported models no `codes`. */
export function servedColumns(
  definition: unknown,
  dataset: unknown,
  strict: boolean,
  codes: TrainedCodes = {},
  bounds: InputBounds = {},
): ServedColumns {
  const data = datasetDefinitionSchema.safeParse(dataset);
  if (!data.success) return noColumns;
  const model = modelDefinitionSchema.safeParse(definition);
  const columns = Object.entries(data.data.columns).map(([name, column]): [string, ServedColumn] => [
    name,
    {
      declared: column,
      rule: column,
      nullable: column.nullable,
      limits: limitsOf(column, codes[name]),
    },
  ]);
  return {
    columns: new Map(columns),
    strict,
    labelSpace: model.success ? labelSpaceOf(model.data, data.data) : null,
    timezone: data.data.timezone,
    ranges: model.data?.tensors === undefined ? null : new Map(Object.entries(declaredOr(bounds, model.data.tensors))),
  };
}
