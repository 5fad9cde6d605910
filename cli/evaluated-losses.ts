import { loadDocument } from '../activities/support/documents.ts';
import type { LabelSpace } from '../contracts/data/label-space.ts';
import { qualityEvidenceSchema } from '../contracts/evidence/quality.ts';
import type { EvaluatedLosses } from '../policy/release/plan/choose-traffic.ts';
import type { Context } from './context.ts';

/** Versions that are looked at for one that was compared with a champion. */
const mostRead = 20;

/**
 * What the newest evaluation of a model says of its losses, if possible one that compared it with a champion; null where no version was
 * evaluated. Nothing where an answer is right or wrong: the log tells that.
 */
export async function evaluatedLosses(
  { ports }: Pick<Context, 'ports'>,
  model: string,
  space: LabelSpace,
): Promise<{ losses?: EvaluatedLosses | null }> {
  if (space.kind === 'classes' && space.utility === undefined) return {};
  const versions = (await ports.registry.versions(model)).toSorted((a, b) => b.version - a.version);
  let losses: EvaluatedLosses | null = null;
  for (const { version, verdicts } of versions.slice(0, mostRead)) {
    const judged = verdicts.find(({ stage }) => stage === 'quality');
    if (judged === undefined) continue;
    const { rows, meanLoss, paired } = await loadDocument(ports.store, qualityEvidenceSchema, judged.evidence);
    const note = `${rows} test rows of version ${version}`;
    if (paired !== null) {
      const { squaredDifference, agreement } = paired;
      return { losses: { rows, note, meanLoss, squaredDifference, disagreement: 1 - agreement } };
    }
    losses ??= { rows, note, meanLoss, squaredDifference: null, disagreement: null };
  }
  return { losses };
}
