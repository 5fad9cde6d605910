import { labelSpaceOf, type LabelSpace } from '../../../contracts/data/label-space.ts';
import { datasetDefinitionSchema } from '../../../contracts/data/dataset.ts';
import type { GroupWindow } from '../../../contracts/release/group-window.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import type { SegmentWindow } from '../../../contracts/release/segment-window.ts';
import type { ModelVersion } from '../../../contracts/model/version.ts';
import { groupsToRead } from '../../../policy/release/what-to-count/groups.ts';
import { segmentsToRead } from '../../../policy/release/what-to-count/segments.ts';
import { loadDocument } from '../../support/documents.ts';
import { numbersOf } from '../../support/numbers-of.ts';
import type { Ports } from '../../ports.ts';

/**
 * The labels, what errors of numbers are bounded by, between which ranges numbers are told apart, and the groups and segments that a release policy judges, as the dataset definition of the version makes them; groups and segments are
 * absent where it judges none. Of a hotfix keys by segment too.
 */
export async function partsToRead(
  store: Ports['store'],
  definition: ModelDefinition,
  versionOf: () => Promise<Pick<ModelVersion, 'lineage' | 'verdicts'>>,
  hotfix = false,
): Promise<{
  labelSpace: LabelSpace;
  errorCap?: number;
  predictionEdges?: readonly number[];
  sameWithin?: number;
  groups?: GroupWindow;
  segments?: SegmentWindow;
}> {
  const { lineage, verdicts } = await versionOf();
  const dataset = await loadDocument(store, datasetDefinitionSchema, lineage.dataset);
  const [groups, segments] = [groupsToRead(definition, dataset), segmentsToRead(definition, dataset)];
  const labelSpace = labelSpaceOf(definition, dataset);
  return {
    labelSpace,
    ...(labelSpace.kind === 'numbers' ? await numbersOf(store, verdicts) : {}),
    ...(groups === null ? {} : { groups }),
    ...(segments === null ? {} : { segments: hotfix ? { ...segments, keys: true } : segments }),
  };
}
