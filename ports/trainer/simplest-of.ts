import { PawlError } from '../../contracts/errors.ts';
import type { TriedTrainer } from '../../contracts/evidence/training.ts';
import { errorTypes } from '../../contracts/names.ts';
import { chooseSimplest } from '../../ml/training/choose-simplest.ts';
import type { Unusable } from './auto-checkpoint.ts';
import type { TrainingOutcome } from './port.ts';

interface Judged {
  readonly name: string;
  readonly outcome: TrainingOutcome;
  readonly losses: Float64Array;
  /** Equal ones for all candidates. */
  readonly weights: Float64Array | null;
}

/** A candidate with its losses of the validation rows (of a ranking, of their queries), or why it has none. */
export type Tried = Judged | ({ readonly name: string } & (Unusable | { readonly late: true }));

/** The simplest candidate of those that are judged, with a row for each. Throws `InvalidDataError` where none is judged. */
export function simplestOf(tried: readonly Tried[]): TrainingOutcome {
  const judged = tried.filter((one) => 'outcome' in one);
  if (judged.length === 0) throw noneUsable(tried);
  const { chosen, compared } = chooseSimplest(
    judged.map(({ losses }) => losses),
    judged[0]!.weights,
  );
  const rowOf = (one: Tried): TriedTrainer => {
    if (!('outcome' in one)) return one;
    const at = judged.indexOf(one);
    return {
      name: one.name,
      ...compared[at]!,
      steps: one.outcome.curve.length,
      parameters: one.outcome.parameters,
      chosen: at === chosen,
    };
  };
  return { ...judged[chosen]!.outcome, tried: tried.map(rowOf) };
}

function noneUsable(tried: readonly Tried[]): PawlError {
  const reasons = tried.map((one) => `${one.name}: ${'unusable' in one ? one.unusable : 'the minutes were over'}`);
  return new PawlError(
    errorTypes.invalidData,
    `trainer auto has no candidate to choose: correct the rows, or name another trainer. ${reasons.join('. ')}`,
  );
}
