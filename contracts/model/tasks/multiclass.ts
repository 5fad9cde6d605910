import type { TaskRules } from './rules.ts';

/** One of several labels: the allowed codes of the target, in their order. */
export const multiclassRules: TaskRules = {
  labels: 'classes',
  predictions: 'mix',
  metrics: [
    'accuracy',
    'balancedAccuracy',
    'macroPrecision',
    'macroF1',
    'weightedF1',
    'mcc',
    'top3',
    'aucOneVsRest',
    'aucOneVsOne',
    'logLoss',
    'brier',
    'ece',
    'utility',
  ],
  primary: 'logLoss',
  margins: { accuracy: 0.01, logLoss: 0.02 },
  fairness: [
    'demographicParityDifference',
    'equalizedOddsDifference',
    'equalOpportunityDifference',
    'predictiveParityDifference',
  ],
  rates: ['error'],
  foreign: [
    'positive',
    'negative',
    'threshold',
    'quantile',
    'query',
    'costs',
    'release.guards.maxScoreShift',
    'release.guards.scoreBand',
    'release.guards.outOfRangeRatio',
    'release.promotion.metrics.scoreShift',
    'monitor.maxError',
  ],
};
