import type { Arm } from '../../../contracts/release/arm.ts';
import type { NoiseFactors } from '../../../ml/simulation/noise.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import type { Harm } from './incident.ts';
import type { EventRates } from './key-events.ts';

const mostRate = 0.95;

/** Chances per key in a minute of a release. */
export function ratesAt(
  minute: number,
  { traffic, noise }: { readonly traffic: DeclaredTraffic; readonly noise: NoiseFactors },
  { errorRatio = 1, slowRatio = 1, positiveRate }: Harm,
): EventRates {
  const { champion, canary } = noise;
  const level = (rate: number, factor: number): number => Math.min(mostRate, rate * factor);
  const by = (rate: number, ratio: number) => ({
    champion: level(rate, champion[minute] ?? 1),
    canary: level(rate * ratio, canary[minute] ?? 1),
  });
  const { errorRate, slowRate, positiveRate: before } = traffic;
  return {
    error: by(errorRate, errorRatio),
    slow: by(slowRate, slowRatio),
    positive: { champion: before, canary: positiveRate ?? before },
  };
}

/** Chance that an arm is right about a live key: a request that failed is not. */
export function rightOf(arm: Arm, { wrongRate }: DeclaredTraffic, { error }: EventRates, { drop = 0 }: Harm): number {
  const wrong = wrongRate + (arm === 'canary' ? drop : 0);
  return (1 - error[arm]) * (1 - Math.min(1, wrong));
}
