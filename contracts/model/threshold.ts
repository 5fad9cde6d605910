import type { LabelSpace } from '../data/label-space.ts';
import type { ModelDefinition } from './model-definition.ts';

/** The key by which the definition chooses the label of probabilities; null where the most probable one is the label. */
export function chosenBy(
  { threshold }: Pick<ModelDefinition, 'threshold'>,
  space: LabelSpace,
): 'threshold' | 'utility' | null {
  if (space.kind === 'numbers') return null;
  if (threshold !== undefined) return 'threshold';
  return space.utility === undefined ? null : 'utility';
}

/**
 * The probability at and above which the label of a binary task is positive: that of the definition, else the one at which both answers are worth the
 * same by `utility` (Elkan 2001), else .5. In (0, 1) where the utilities are of a use (`utilityFaults`).
 */
export function thresholdOf({ threshold }: Pick<ModelDefinition, 'threshold'>, space: LabelSpace): number {
  if (threshold !== undefined) return threshold;
  if (space.kind === 'numbers' || space.utility === undefined || space.task !== 'binary') return 0.5;
  const [[ofNo, ofFalseAlarm], [ofMiss, ofYes]] = space.utility as [[number, number], [number, number]];
  const [lostByAlarm, wonByYes] = [ofNo - ofFalseAlarm, ofYes - ofMiss];
  return lostByAlarm / (lostByAlarm + wonByYes);
}
