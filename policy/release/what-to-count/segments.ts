import { codeOf, ruleOf, type CellRule } from '../../../contracts/data/cell.ts';
import type { DatasetDefinition } from '../../../contracts/data/dataset.ts';
import { PawlError } from '../../../contracts/errors.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { SegmentGuard } from '../../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { SegmentWindow } from '../../../contracts/release/segment-window.ts';
import { groupsOf, missingGroup } from '../../../ml/fairness/groups.ts';
import { wholeTraffic } from '../alpha-budget.ts';

const segmentOf = ({ column }: SegmentGuard, value: string): string => `${column}=${value}`;

/** Weights by segment: `all`, and one as `country=DE` for each value that the policy names. */
export function segmentWeights({ guards: { bySegment } }: ReleasePolicy): Record<string, number> {
  if (bySegment === null) return { [wholeTraffic]: 1 };
  const named = Object.entries(bySegment.values).map(([value, weight]) => [segmentOf(bySegment, value), weight]);
  return { [wholeTraffic]: bySegment.all, ...Object.fromEntries(named) };
}

/**
 * The segments that the policy judges, as the prediction log tells them: codes as they are logged, or the bands of a sensitive attribute, and
 * `missing` where a request has no value. Null where the policy names none. Throws `InvalidConfigError` where the log cannot tell them.
 */
export function segmentsToRead(
  definition: Pick<ModelDefinition, 'model' | 'features' | 'release' | 'serving'>,
  dataset: Pick<DatasetDefinition, 'dataset' | 'columns' | 'sensitive'>,
): SegmentWindow | null {
  const { bySegment } = definition.release.guards;
  if (bySegment === null) return null;
  const { column, values } = bySegment;
  const why = whyUntold(column, definition) ?? whyUnknown(bySegment, dataset);
  if (why !== null)
    throw new PawlError(
      errorTypes.invalidConfig,
      `model "${definition.model}": release.guards.bySegment judges by "${column}", ${why}`,
      { model: definition.model, column },
    );
  const bands = bandsOf(column, dataset);
  const rule = dataset.columns[column];
  return {
    part: {
      column,
      ...(bands === undefined ? {} : { bands }),
      ...(rule === undefined ? {} : { rule: ruleOf(rule) }),
    },
    segments: Object.keys(values).map((value) => ({
      segment: segmentOf(bySegment, value),
      group: groupOf(value, bands === undefined ? rule : undefined),
    })),
  };
}

function whyUntold(
  column: string,
  { features, serving: { log } }: Pick<ModelDefinition, 'features' | 'serving'>,
): string | null {
  if (!features.includes(column)) return `which is not an input of the model: name one of ${features.join(', ')}`;
  const instead = `take it from the list, name another input, or set bySegment to null`;
  if (log.drop.includes(column)) return `which serving.log.drop keeps out of the prediction log: ${instead}`;
  if (log.hash.includes(column))
    return `which serving.log.hash leaves only as hashes in the prediction log: ${instead}`;
  return null;
}

/** As `GroupNames` calls it: `01` of whole numbers is `1`. */
const groupOf = (value: string, rule: CellRule | undefined): string =>
  rule === undefined || value === missingGroup ? value : codeOf(value, rule);

/** Values that can never come would hold every release. */
function whyUnknown(
  { column, values }: SegmentGuard,
  dataset: Pick<DatasetDefinition, 'dataset' | 'columns' | 'sensitive'>,
) {
  const bands = bandsOf(column, dataset);
  const rule = bands === undefined ? dataset.columns[column] : undefined;
  const known = bands === undefined ? dataset.columns[column]?.allowed : bandNames(column, bands);
  if (known === undefined) return null;
  const groups = known.map((value) => groupOf(value, rule));
  const unknown = Object.keys(values).filter(
    (value) => !groups.includes(groupOf(value, rule)) && value !== missingGroup,
  );
  if (unknown.length === 0) return null;
  return `which has in dataset "${dataset.dataset}" no value ${unknown.map((value) => `"${value}"`).join(', ')}: it has ${known.join(', ')}`;
}

const bandsOf = (column: string, { sensitive }: Pick<DatasetDefinition, 'sensitive'>): number[] | undefined =>
  sensitive.find((attribute) => attribute.column === column)?.bands;

/** A number below all edges, and each edge, are one of each band. */
function bandNames(column: string, bands: number[]): readonly string[] {
  const values = Float64Array.of(Math.min(...bands) - 1, ...bands);
  return groupsOf({ rowCount: values.length, columns: { [column]: { type: 'number', values } } }, { column, bands })
    .names;
}
