import type { TaskRules } from './rules.ts';

/** One of two labels; every probability is of the positive one. */
export const binaryRules: TaskRules = {
  labels: 'classes',
  outputs: ['label', 'probabilities'],
  predictions: 'twoLabels',
  metrics: [
    'accuracy',
    'balancedAccuracy',
    'precision',
    'recall',
    'f1',
    'mcc',
    'auc',
    'logLoss',
    'brier',
    'ece',
    'utility',
  ],
  primary: 'auc',
  margins: { auc: 0.005, accuracy: 0.01, logLoss: 0.02 },
  fairness: [
    'demographicParityDifference',
    'demographicParityRatio',
    'equalizedOddsDifference',
    'equalOpportunityDifference',
    'predictiveParityDifference',
  ],
  rates: ['tpr', 'fpr', 'error'],
  foreign: ['quantile', 'query', 'costs', 'monitor.maxError'],
};
