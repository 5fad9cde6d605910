import type { LinearEvidence } from './linear.ts';
import type { TrainingEvidence } from './training.ts';
import { trainingSteps, type TrainerSettings } from '../model/trainer.ts';

/** What is to be done about a training that ended before it was over: its validation loss still fell, or it did not converge. Null where it was over. */
export function trainingNote({
  bestEpoch,
  curve,
  settings,
  linear,
}: NonNullable<TrainingEvidence['training']>): string | null {
  if (linear !== undefined) return linear.converged ? null : unconverged(linear);
  const kinds: Readonly<Record<string, (typeof trainingSteps)[TrainerSettings['kind']] | undefined>> = trainingSteps;
  const steps = kinds[String(settings['kind'])];
  if (steps?.most == null || bestEpoch !== curve.length || curve.length !== settings[steps.most]) return null;
  return `The best ${steps.one} is the last one that was allowed: more ${steps.several} may do better (trainer.${steps.most}).`;
}

const unconverged = ({ gradientNorm }: LinearEvidence): string =>
  `It did not converge (largest gradient by row ${gradientNorm.toExponential(1)}): raise trainer.iterations or trainer.l2.`;
