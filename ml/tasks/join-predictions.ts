import type { Predictions } from '../../contracts/data/frame.ts';

/** Predictions of one chunk of rows after the other, as those of all rows. */
export function joinPredictions(parts: readonly Predictions[]): Predictions {
  const rows = parts.reduce((sum, { answer }) => sum + answer.length, 0);
  const width = parts[0]?.width ?? 0;
  const joined = { answer: new Float64Array(rows), scores: new Float64Array(rows * width), width };
  let at = 0;
  for (const { answer, scores } of parts) {
    joined.answer.set(answer, at);
    joined.scores.set(scores, at * width);
    at += answer.length;
  }
  return joined;
}
