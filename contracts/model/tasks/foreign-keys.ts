import { usualRatio, type GuardName } from '../../release/guards-policy.ts';
import type { ModelDefinition } from '../model-definition.ts';

type Definition = Pick<
  ModelDefinition,
  | 'positive'
  | 'negative'
  | 'threshold'
  | 'quantile'
  | 'query'
  | 'utility'
  | 'costs'
  | 'data'
  | 'fairness'
  | 'release'
  | 'monitor'
>;

/** By key, whether a definition uses it: keys that only some tasks understand. */
export const foreignKeys = {
  positive: ({ positive }: Definition) => positive !== undefined,
  negative: ({ negative }: Definition) => negative !== undefined,
  threshold: ({ threshold }: Definition) => threshold !== undefined,
  utility: ({ utility }: Definition) => utility !== undefined,
  costs: ({ costs }: Definition) => costs !== undefined,
  quantile: ({ quantile }: Definition) => quantile !== undefined,
  query: ({ query }: Definition) => query !== undefined,
  'data.labelBalance': ({ data }: Definition) => data.labelBalance !== undefined,
  'fairness.attributes.*.maxGroupLoss': ({ fairness }: Definition) =>
    Object.values(fairness.attributes).some(({ maxGroupLoss }) => maxGroupLoss !== undefined),
  'fairness.minGroupEvents': ({ fairness }: Definition) => fairness.minGroupEvents !== undefined,
  'release.guards.predictionRatio': ({ release }: Definition) => release.guards.predictionRatio !== usualRatio,
  'release.guards.fairness': ({ release }: Definition) => release.guards.fairness !== null,
  'release.guards.maxScoreShift': ({ release }: Definition) => release.guards.maxScoreShift !== null,
  'release.guards.scoreBand': ({ release }: Definition) => release.guards.scoreBand !== null,
  'release.guards.outOfRangeRatio': ({ release }: Definition) => release.guards.outOfRangeRatio !== null,
  'release.guards.minAgreement': ({ release }: Definition) => release.guards.minAgreement !== null,
  'release.guards.liveAccuracyLoss': ({ release }: Definition) => release.guards.liveAccuracyLoss !== null,
  'release.promotion.metrics.scoreShift': ({ release }: Definition) => release.promotion.metrics.scoreShift !== null,
  'release.promotion.metrics.agreement': ({ release }: Definition) => release.promotion.metrics.agreement !== null,
  'release.promotion.metrics.liveAccuracy': ({ release }: Definition) =>
    release.promotion.metrics.liveAccuracy !== null,
  'monitor.maxError': ({ monitor }: Definition) => monitor.maxError !== undefined,
  'monitor.minAccuracy': ({ monitor }: Definition) => monitor.minAccuracy !== undefined,
} as const;

/** By key, the guard that it puts in force: a rule for it says nothing either. */
export const guardOfKey: Readonly<Partial<Record<keyof typeof foreignKeys, GuardName>>> = {
  'release.guards.fairness': 'fairness',
  'release.guards.maxScoreShift': 'scoreShift',
  'release.guards.scoreBand': 'scoreBand',
  'release.guards.outOfRangeRatio': 'outOfRange',
  'release.guards.minAgreement': 'agreement',
  'release.guards.liveAccuracyLoss': 'liveAccuracy',
};
