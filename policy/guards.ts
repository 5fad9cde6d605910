import type { Guard, ReleaseObservation } from '../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../contracts/model-definition.ts';
import { eventRateEvidence, rateEvidence } from '../ml/sequential/event-rate.ts';
import { pairedLossEvidence } from '../ml/sequential/paired.ts';
import { sampleRatioEvidence } from '../ml/sequential/sample-ratio.ts';
import { clopperPearsonInterval } from '../ml/statistics/proportion.ts';

export type LookPhase = 'shadow' | 'canary' | 'bake';

/** How the chance of rolling back a harmless candidate is shared out among the guards; the sum is 1. */
export const guardWeights = {
  accuracy: 0.5,
  errors: 0.1,
  slow: 0.1,
  positives: 0.05,
  negatives: 0.05,
  sampleRatio: 0.05,
  mirroredErrors: 0.05,
  mirroredSlow: 0.05,
  bakeErrors: 0.05,
} as const;
export type GuardName = keyof typeof guardWeights;

/** A version of whose requests fewer are slow is not called slow, whatever the ratio: its p99 is within `slowMs`. */
const leastSlowShare = 0.01;

/**
 * The sequential tests of a look. Each is an e-process, so that looking often costs nothing; together they roll back a
 * harmless candidate with a chance of at most `policy.alpha` (union bound over `guardWeights`).
 */
export function guardsOf(seen: ReleaseObservation, policy: ReleasePolicy, phase: LookPhase): Guard[] {
  const make = (name: GuardName, eValue: number, estimand: string, grave = true): Guard => {
    const alpha = policy.alpha * guardWeights[name];
    return { name, eValue, alpha, convicted: grave && eValue >= 1 / alpha, estimand };
  };
  const { guards } = policy;
  const live = [
    make(
      'accuracy',
      pairedLossEvidence(seen.paired, guards.accuracyLoss),
      `accuracy lost on mirrored requests is at most ${guards.accuracyLoss}`,
    ),
    make(
      'errors',
      eventRateEvidence(seen.events.error, guards.errorRatio),
      `rate of keys with an error is at most ${guards.errorRatio} times the champion's`,
    ),
    make(
      'slow',
      eventRateEvidence(seen.events.slow, guards.slowRatio),
      `rate of keys with an answer slower than ${guards.slowMs} ms is at most ${guards.slowRatio} times the champion's`,
      seen.arms.canary.slow > leastSlowShare * seen.arms.canary.requests,
    ),
    make(
      'positives',
      eventRateEvidence(seen.events.positive, guards.predictionRatio),
      `rate of keys with a positive prediction is at most ${guards.predictionRatio} times the champion's`,
    ),
    make(
      'negatives',
      eventRateEvidence(seen.events.negative, guards.predictionRatio),
      `rate of keys with a negative prediction is at most ${guards.predictionRatio} times the champion's`,
    ),
    make('sampleRatio', sampleRatioEvidence(seen.events.key), 'keys fall on the canary by the share in force'),
  ];
  if (phase === 'shadow') return [...live, ...shadowGuards(seen, policy, make)];
  if (phase === 'bake') return [...live, bakeGuard(seen, policy, make)];
  return live;
}

type Make = (name: GuardName, eValue: number, estimand: string, grave?: boolean) => Guard;

/** While a sample s of the champion's requests is copied, a copy is one of s / (1 + s) of all requests. */
function shadowGuards(seen: ReleaseObservation, { guards, shadow }: ReleasePolicy, make: Make): Guard[] {
  const { champion } = seen.arms;
  const share = shadow.sample / (1 + shadow.sample);
  const against = (canary: number, of: number) => [{ share, canary, champion: of }];
  return [
    make(
      'mirroredErrors',
      eventRateEvidence(against(seen.mirrored.errors, champion.errors), guards.errorRatio),
      `rate of errors on copies is at most ${guards.errorRatio} times the champion's on its requests`,
    ),
    make(
      'mirroredSlow',
      eventRateEvidence(against(seen.mirrored.slow, champion.slow), guards.slowRatio),
      `rate of copies slower than ${guards.slowMs} ms is at most ${guards.slowRatio} times the champion's on its requests`,
      seen.mirrored.slow > leastSlowShare * seen.mirrored.requests,
    ),
  ];
}

/**
 * Once promoted there is no other arm beside: the version's errors are held against the upper bound of what the old
 * champion's rate was. The bound may fail with half of the guard's alpha, the test with the other half.
 */
function bakeGuard(seen: ReleaseObservation, policy: ReleasePolicy, make: Make): Guard {
  const { champion, canary } = seen.arms;
  const alpha = policy.alpha * guardWeights.bakeErrors;
  const limit = policy.guards.errorRatio * clopperPearsonInterval(champion.errors, champion.requests, alpha).upper;
  return make(
    'bakeErrors',
    rateEvidence(canary.errors, canary.requests, limit) / 2,
    `rate of errors is at most ${policy.guards.errorRatio} times the upper bound of what the champion's was`,
  );
}
