import { regressionRules } from './regression.ts';
import type { TaskRules } from './rules.ts';

/** The order of the rows of a query, by a score of each. */
export const rankingRules: TaskRules = {
  ...regressionRules,
  predictions: 'none',
  metrics: ['ndcg', 'ndcg10', 'meanAveragePrecision', 'mrr'],
  primary: 'ndcg',
  margins: { ndcg: 0.005 },
  fairness: ['exposureDifference'],
  rates: [],
  foreign: [
    ...regressionRules.foreign.filter((key) => key !== 'query' && key !== 'monitor.minAccuracy'),
    'costs',
    'fairness.attributes.*.maxGroupLoss',
    'release.guards.fairness',
    'release.guards.predictionRatio',
    'release.guards.minAgreement',
    'release.guards.liveAccuracyLoss',
    'release.promotion.metrics.agreement',
    'release.promotion.metrics.liveAccuracy',
    'monitor.maxError',
  ],
};
