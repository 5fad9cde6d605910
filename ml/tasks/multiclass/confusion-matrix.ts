import type { Predictions } from '../../../contracts/data/frame.ts';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { QualityEvidence } from '../../../contracts/evidence/quality.ts';
import type { Outcomes } from '../metric.ts';

/** Rows by true label (first index) and answer. */
export function confusionMatrix(
  { truth }: Outcomes,
  { answer, width }: Predictions,
  space: LabelSpace,
): NonNullable<QualityEvidence['confusion']> {
  const rows = Array.from({ length: width }, () => Array.from({ length: width }, () => 0));
  for (const [row, label] of truth.entries()) rows[label]![answer[row]!]! += 1;
  const labels = space.kind === 'classes' ? space.classes.map(({ code }) => code) : [];
  return { labels, rows };
}
