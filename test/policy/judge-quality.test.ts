import { expect, test } from 'vitest';
import type { Difference, MetricValues } from '../../contracts/evidence/quality.ts';
import { comparedMetrics, judgeQuality } from '../../policy/judge-quality.ts';
import type { QualityFacts } from '../../policy/judge-quality.ts';
import { definition, troubles } from './definition.ts';

const candidate: MetricValues = {
  accuracy: 0.82,
  precision: 0.8,
  recall: 0.8,
  f1: 0.8,
  auc: 0.89,
  logLoss: 0.4,
  brier: 0.13,
  ece: null,
};
const gate = { ...definition.quality, margins: { auc: 0.005, logLoss: 0.02 } };
const difference = (metric: Difference['metric'], lower: number, upper: number): Difference => ({
  metric,
  estimate: (lower + upper) / 2,
  lower,
  upper,
});
const good = [difference('auc', 0.002, 0.01), difference('logLoss', -0.03, -0.01)];
const faults: QualityFacts['faults'] = { rows: 500, notFinite: 0, outside: 0, first: null, labelAgreement: 1 };
const facts: QualityFacts = { candidate, faults, champion: 3, incomparable: null, differences: good, gate };

test('a candidate that is better on the primary metric and no worse on the others passes', () => {
  expect(judgeQuality(facts).status).toBe('pass');
});

test.each<[string, Partial<QualityFacts>, string[]]>([
  [
    'without a champion a person must approve',
    { champion: null, differences: [] },
    ['champion.comparison inconclusive'],
  ],
  [
    'without a champion the absolute limits still hold',
    { champion: null, differences: [], gate: { ...gate, limits: { auc: 0.9 } } },
    ['auc.limit fail', 'champion.comparison inconclusive'],
  ],
  [
    'better on the point but not on the bound is not better',
    { differences: [difference('auc', -0.001, 0.02), difference('logLoss', -0.03, -0.01)] },
    ['auc.better fail'],
  ],
  [
    'a bound below the margin fails, whatever the point',
    { differences: [difference('auc', -0.006, 0.02), difference('logLoss', -0.03, -0.01)] },
    ['auc.nonInferior fail', 'auc.better fail'],
  ],
  [
    'for a loss the upper bound counts',
    { differences: [difference('auc', 0.002, 0.01), difference('logLoss', -0.03, 0.021)] },
    ['logLoss.nonInferior fail'],
  ],
  [
    'a metric that could not be compared holds the gate',
    { differences: [difference('auc', 0.002, 0.01)] },
    ['logLoss.nonInferior inconclusive'],
  ],
  ['a model that was trained on a test row', { seen: { rows: 500, seen: 1, keys: ['7'] } }, ['test.unseen fail']],
  ['a model whose training rows nobody told', { seen: 'untold' as const }, ['test.unseen warn']],
  ['an upper limit on a loss', { gate: { ...gate, limits: { logLoss: 0.39 } } }, ['logLoss.limit fail']],
  [
    'a limit on a metric without a value holds the gate',
    { gate: { ...gate, limits: { ece: 0.1 } } },
    ['ece.limit inconclusive'],
  ],
  [
    'where freshness is enough an equal candidate passes',
    {
      gate: { ...gate, require: 'freshness' },
      differences: [difference('auc', -0.002, 0.002), difference('logLoss', -0.01, 0.01)],
    },
    [],
  ],
])('%s', (_, given, expected) => {
  expect(troubles(judgeQuality({ ...facts, ...given }))).toEqual(expected);
});

test('a primary metric that is a loss is better when it is lower', () => {
  const brier = { ...gate, primary: 'brier' as const, margins: {} };
  expect(judgeQuality({ ...facts, gate: brier, differences: [difference('brier', -0.02, -0.001)] }).status).toBe(
    'pass',
  );
  expect(judgeQuality({ ...facts, gate: brier, differences: [difference('brier', 0.001, 0.02)] }).status).toBe('fail');
});

test('the metrics that need a comparison are the primary one and those with a margin, once each', () => {
  expect(comparedMetrics({ ...gate, primary: 'brier' })).toEqual(['brier', 'auc', 'logLoss']);
  expect(comparedMetrics(gate)).toEqual(['auc', 'logLoss']);
});
