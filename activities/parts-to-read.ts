import { classesOf, type Classes } from '../contracts/classes.ts';
import { datasetDefinitionSchema } from '../contracts/dataset.ts';
import type { GroupWindow } from '../contracts/group-window.ts';
import type { ModelDefinition } from '../contracts/model-definition.ts';
import type { SegmentWindow } from '../contracts/segment-window.ts';
import type { ModelVersion } from '../contracts/version.ts';
import { groupsToRead } from '../policy/groups-to-read.ts';
import { segmentsToRead } from '../policy/segments-to-read.ts';
import { loadDocument } from './documents.ts';
import type { Ports } from './ports.ts';

/**
 * The labels, groups and segments that a release policy judges, as the dataset definition of the version makes them; groups and segments are
 * absent where it judges none. Of a hotfix keys by segment too.
 */
export async function partsToRead(
  store: Ports['store'],
  definition: ModelDefinition,
  versionOf: () => Promise<Pick<ModelVersion, 'lineage'>>,
  hotfix = false,
): Promise<{ classes: Classes; groups?: GroupWindow; segments?: SegmentWindow }> {
  const { lineage } = await versionOf();
  const dataset = await loadDocument(store, datasetDefinitionSchema, lineage.dataset);
  const [groups, segments] = [groupsToRead(definition, dataset), segmentsToRead(definition, dataset)];
  return {
    classes: classesOf(definition, dataset),
    ...(groups === null ? {} : { groups }),
    ...(segments === null ? {} : { segments: hotfix ? { ...segments, keys: true } : segments }),
  };
}
