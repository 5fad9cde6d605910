import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { TrialEvidence } from '../../contracts/evidence/trial.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';

/** Ranges of equal width that answers are told apart by, and the share of the range within which two are the same. */
const ranges = 10;
const sameShare = 0.01;

/** What live numbers are judged by where no rows say it: the declared range of the label. Of classes nothing. */
export function numbersOfLabel(
  space: LabelSpace,
  { tensors }: Pick<ModelDefinition, 'tensors'>,
): Pick<TrialEvidence, 'errorCap' | 'sameWithin' | 'predictionEdges'> {
  if (space.kind === 'classes') return { errorCap: 1, sameWithin: 0, predictionEdges: [] };
  const { min = 0, max = 1 } = tensors?.label ?? {};
  const range = max - min;
  return {
    errorCap: range,
    sameWithin: sameShare * range,
    predictionEdges: Array.from({ length: ranges - 1 }, (_, edge) => min + (range * (edge + 1)) / ranges),
  };
}
