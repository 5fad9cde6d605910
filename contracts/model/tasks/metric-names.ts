/** Every metric of a task, by the name that definitions, evidence and reports use. */
export const metricNames = [
  'accuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'f1',
  'macroPrecision',
  'macroF1',
  'weightedF1',
  'mcc',
  'top3',
  'auc',
  'aucOneVsRest',
  'aucOneVsOne',
  'logLoss',
  'brier',
  'ece',
  'mae',
  'rmse',
  'r2',
  'mape',
  'pinball',
  'coverage',
  'ndcg',
  'ndcg10',
  'meanAveragePrecision',
  'mrr',
  'utility',
  'cost',
] as const;
export type MetricName = (typeof metricNames)[number];

export interface MetricFacts {
  /** Whether more of it is better: scores are `higher`, losses `lower`. */
  readonly direction: 'higher' | 'lower';
  /** `share`: in [0, 1]. `target`: in the unit of the target, from 0. `none`: a number without a unit. */
  readonly unit: 'share' | 'target' | 'none';
  /** Its least and greatest value. */
  readonly range: readonly [least: number, most: number];
}

const score: MetricFacts = { direction: 'higher', unit: 'share', range: [0, 1] };
const error: MetricFacts = { direction: 'lower', unit: 'share', range: [0, 1] };
const distance: MetricFacts = { direction: 'lower', unit: 'target', range: [0, Infinity] };
const amount: MetricFacts = { direction: 'lower', unit: 'none', range: [0, Infinity] };

export const metricFacts: Readonly<Record<MetricName, MetricFacts>> = {
  accuracy: score,
  balancedAccuracy: score,
  precision: score,
  recall: score,
  f1: score,
  macroPrecision: score,
  macroF1: score,
  weightedF1: score,
  mcc: { direction: 'higher', unit: 'none', range: [-1, 1] },
  top3: score,
  auc: score,
  aucOneVsRest: score,
  aucOneVsOne: score,
  logLoss: amount,
  brier: error,
  ece: error,
  mae: distance,
  rmse: distance,
  r2: { direction: 'higher', unit: 'none', range: [-Infinity, 1] },
  mape: amount,
  pinball: distance,
  coverage: score,
  ndcg: score,
  ndcg10: score,
  meanAveragePrecision: score,
  mrr: score,
  utility: { direction: 'higher', unit: 'none', range: [-Infinity, Infinity] },
  cost: amount,
};
