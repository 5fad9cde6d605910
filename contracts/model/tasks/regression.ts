import type { TaskRules } from './rules.ts';

/** A number. Margins are in the unit of the target, so that there is none by default. */
export const regressionRules: TaskRules = {
  labels: 'numbers',
  outputs: ['prediction'],
  predictions: 'mix',
  metrics: ['mae', 'rmse', 'r2', 'mape', 'cost'],
  primary: 'mae',
  margins: {},
  fairness: ['meanPredictionDifference', 'meanErrorDifference', 'meanAbsoluteErrorDifference'],
  rates: ['error'],
  foreign: [
    'positive',
    'negative',
    'threshold',
    'quantile',
    'query',
    'utility',
    'data.labelBalance',
    'fairness.minGroupEvents',
    'release.guards.maxScoreShift',
    'release.guards.scoreBand',
    'release.guards.outOfRangeRatio',
    'release.promotion.metrics.scoreShift',
    'monitor.minAccuracy',
  ],
};
