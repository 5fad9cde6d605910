import { labelSpaceOf, type LabelSpace } from '../../../contracts/data/label-space.ts';
import { datasetDefinitionSchema } from '../../../contracts/data/dataset.ts';
import { PawlError } from '../../../contracts/errors.ts';
import { qualityEvidenceSchema } from '../../../contracts/evidence/quality.ts';
import type { GroupWindow } from '../../../contracts/release/group-window.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import type { SegmentWindow } from '../../../contracts/release/segment-window.ts';
import type { ModelVersion } from '../../../contracts/model/version.ts';
import { groupsToRead } from '../../../policy/release/what-to-count/groups.ts';
import { segmentsToRead } from '../../../policy/release/what-to-count/segments.ts';
import { loadDocument } from '../../support/documents.ts';
import type { Ports } from '../../ports.ts';

/**
 * The labels, what errors of numbers are bounded by, and the groups and segments that a release policy judges, as the dataset definition of the version makes them; groups and segments are
 * absent where it judges none. Of a hotfix keys by segment too.
 */
export async function partsToRead(
  store: Ports['store'],
  definition: ModelDefinition,
  versionOf: () => Promise<Pick<ModelVersion, 'lineage' | 'verdicts'>>,
  hotfix = false,
): Promise<{ labelSpace: LabelSpace; errorCap?: number; groups?: GroupWindow; segments?: SegmentWindow }> {
  const { lineage, verdicts } = await versionOf();
  const dataset = await loadDocument(store, datasetDefinitionSchema, lineage.dataset);
  const [groups, segments] = [groupsToRead(definition, dataset), segmentsToRead(definition, dataset)];
  const labelSpace = labelSpaceOf(definition, dataset);
  const errorCap = labelSpace.kind === 'numbers' ? await errorCapOf(store, verdicts) : null;
  return {
    labelSpace,
    ...(errorCap === null ? {} : { errorCap }),
    ...(groups === null ? {} : { groups }),
    ...(segments === null ? {} : { segments: hotfix ? { ...segments, keys: true } : segments }),
  };
}

/** What errors of a version's numbers are bounded by, as its evaluation found it. Throws `CorruptArtifactError` where it has none. */
async function errorCapOf(store: Ports['store'], verdicts: ModelVersion['verdicts']): Promise<number> {
  const judged = verdicts.find(({ stage }) => stage === 'quality');
  if (judged === undefined)
    throw new PawlError(
      errorTypes.corruptArtifact,
      'the version has no evidence of its quality, which says what errors are bounded by: restore its document from a copy',
    );
  return (await loadDocument(store, qualityEvidenceSchema, judged.evidence)).errorCap;
}
