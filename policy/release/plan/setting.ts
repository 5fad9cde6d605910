import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import type { PlannedStep, Simulation } from '../../../ml/power/simulation.ts';
import type { AlphaDeclaration } from '../alpha-budget.ts';
import type { ValueTraffic } from './value-traffic.ts';

/** A phase in which a release is analyzed. */
export type AnalysisPhase = 'shadow' | 'canary' | 'bake';

/** What is known of a model's traffic before its release. Rates are chances in [0, 1] of a champion's key. */
export interface DeclaredTraffic extends ValueTraffic {
  /** New sticky keys an hour. */
  readonly keysPerHour: number;
  /** Requests an hour whose true label comes back, before the sample that is mirrored. */
  readonly labelsPerHour: number;
  /** Hours from a request to its label. */
  readonly labelDelayHours: number;
  readonly errorRate: number;
  readonly slowRate: number;
  readonly positiveRate: number;
  /** Share of the labelled requests on which just one of the two versions is right; of numbers and of a utility the mean square of the difference of both bounded losses. */
  readonly discordantShare: number;
  /** Share of the mirrored keys to which two versions as good as each other give different answers, as far as it matters. */
  readonly disagreementShare: number;
  /** Share of the labelled requests on which the champion is wrong; of numbers and of a utility its mean bounded loss. */
  readonly wrongRate: number;
  /** Standard deviation of the difference of both versions' scores of a mirrored key. */
  readonly scoreSpread: number;
  /** Share of the keys that are in the group that is asked about. */
  readonly groupShare: number;
  /** Keys with an answer whose probability lies in the band of `guards.scoreBand`. */
  readonly bandRate: number;
  /** Keys with an answer without a probability in [0, 1]. */
  readonly outOfRangeRate: number;
  /** Predictions that `guards.mix` tells apart: labels, or ranges of numbers. */
  readonly predictionParts: number;
  /** Share of the champion's keys with the prediction that is asked about. */
  readonly predictionShare: number;
}

/** The harm that the plan asks about, and what the policy does not say. */
export interface PlanOptions extends Simulation {
  /** Times the tolerated ratio of rates. @default 2 */
  readonly ratio?: number;
  /** Share of the canary's keys with an event that the champion does not have. @default 0.02 */
  readonly rate?: number;
  /** Factor on the canary's odds of getting a key. @default 1.2 */
  readonly odds?: number;
  /** Accuracy lost beyond what is tolerated; of values so great a share of their range. @default 0.02 */
  readonly drop?: number;
  /** Share of the mirrored keys with different labels, beyond what is tolerated. @default 0.02 */
  readonly fall?: number;
  /** Mean shift of the score beyond what is tolerated. @default 0.02 */
  readonly shift?: number;
  /** What a group loses of a rate beyond what is tolerated. @default 0.05 */
  readonly groupLoss?: number;
  /** Share of the previous version during the bake. @default the policy's */
  readonly holdback?: number;
  /** Chance with which an effect must be found to count as found. @default 0.95 */
  readonly power?: number;
  /** How alpha is split. @default as the policy splits it at the first try (`guardBudget`) */
  readonly budget?: Omit<AlphaDeclaration, 'alpha'>;
}

/** What the plan of one guard goes by. */
export interface Setting {
  readonly policy: ReleasePolicy;
  readonly traffic: DeclaredTraffic;
  readonly asked: Required<Omit<PlanOptions, 'budget'>>;
  readonly alpha: (guard: string) => number;
  readonly ramp: readonly PlannedStep[];
}

/** The steps of the canary, in hours; empty for modes that have none. */
export function rampOf({ mode, steps, stepDuration, ab }: ReleasePolicy): PlannedStep[] {
  if (mode === 'shadow' || mode === 'blueGreen') return [];
  if (mode === 'ab') return [{ share: ab.share, hours: ab.duration / hourMs }];
  return steps.map(({ share, duration }) => ({ share, hours: (duration ?? stepDuration) / hourMs }));
}

export const nothingMirrored = 'nothing is mirrored';

/** Hours at which steps end that begin after so many. */
export function endsOf(steps: readonly PlannedStep[], before: number): number[] {
  let end = before;
  return steps.map(({ hours }) => (end += hours));
}

/** Whether the policy's mode ends with all of the traffic on the candidate. */
export const bakes = ({ mode }: ReleasePolicy): boolean => mode === 'canary' || mode === 'blueGreen';
