import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { DeclaredTraffic } from '../../policy/release/plan/setting.ts';

export interface PlanCase {
  readonly policy: ReleasePolicy;
  readonly traffic: DeclaredTraffic;
}

const everything = {
  guards: {
    fairness: { maxGroupLoss: 0.05, promote: true },
    minAgreement: 0.95,
    maxScoreShift: 0.05,
    scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 },
    outOfRangeRatio: 1.5,
    liveAccuracyLoss: 0.02,
    value: { from: 0, to: 10, maxLoss: 0.2 },
    bySegment: { column: 'country', values: { AT: 1, CH: 1, DE: 2 }, all: 4 },
  },
  promotion: {
    metrics: {
      accuracy: {},
      liveAccuracy: {},
      value: { margin: 0.2 },
      errors: { ratio: 1.5, rate: 0.005 },
      slow: { ratio: 1.5, rate: 0.005 },
      agreement: { margin: 0.02 },
      scoreShift: { margin: 0.02 },
    },
  },
};
const policies = [
  {},
  { ...everything },
  { ...everything, mode: 'blueGreen' },
  { steps: { linear: { from: 0.05, to: 0.5, steps: 10 } }, holdback: 0.2, bake: 86_400_000 },
].map((policy) => releasePolicySchema.parse(policy));
const keysPerHour = [600, 3600, 36_000, 360_000, 3_600_000];
const rates = [
  { errorRate: 0.001, labelled: 0.5 },
  { errorRate: 0.02, labelled: 0.01 },
];

/** Policies x keys an hour x rates. */
export const planSettings = (): PlanCase[] =>
  policies.flatMap((policy) =>
    keysPerHour.flatMap((keys) =>
      rates.map(({ errorRate, labelled }) => ({
        policy,
        traffic: {
          keysPerHour: keys,
          labelsPerHour: keys * labelled,
          labelDelayHours: 0.5,
          errorRate,
          slowRate: 0.02,
          positiveRate: 0.3,
          discordantShare: 0.04,
          disagreementShare: 0.04,
          wrongRate: 0.1,
          scoreSpread: 0.05,
          groupShare: 0.1,
          bandRate: 0.1,
          outOfRangeRate: 0,
          predictionParts: 10,
          predictionShare: 0.1,
          valuesPerHour: keys * labelled,
          valueDelayHours: 0.5,
          valueMean: 0.3,
        },
      })),
    ),
  );
