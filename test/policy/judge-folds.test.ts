import { expect, test } from 'vitest';
import { judgeFolds, type FoldsFacts } from '../../policy/gates/folds.ts';

const facts: FoldsFacts = {
  folds: 5,
  means: [
    { metric: 'auc', estimate: 0.85, lower: 0.8, upper: 0.9 },
    { metric: 'logLoss', estimate: 0.4, lower: 0.35, upper: 0.45 },
  ],
  gain: { metric: 'auc', estimate: 0.35, lower: 0.3, upper: 0.4 },
  constant: 'the share of each label as its probability',
  champion: null,
  gate: { primary: 'auc', limits: { auc: 0.8, logLoss: 0.45 } },
};

test('a trainer within its limits, and better than the constant, passes, and the message says over how many folds', () => {
  const { status, checks } = judgeFolds(facts);
  expect(status).toBe('pass');
  expect(checks.map(({ message }) => message)).toEqual([
    'auc is 0.85 over 5 folds (0.8 to 0.9), at least 0.8 is asked for',
    'logLoss is 0.4 over 5 folds (0.35 to 0.45), at most 0.45 is asked for',
    'auc is better than that of the share of each label as its probability: gain 0.35 over 5 folds, lower confidence bound 0.3',
  ]);
});

const troubles = (given: Partial<FoldsFacts>): string[] =>
  judgeFolds({ ...facts, ...given })
    .checks.filter(({ status }) => status !== 'pass')
    .map(({ name, status }) => `${name} ${status}`);
const limits = (given: FoldsFacts['gate']['limits']): Partial<FoldsFacts> => ({
  gate: { primary: 'auc', limits: given },
});

test.each<[string, Partial<FoldsFacts>, string[]]>([
  ['a mean beyond its limit', limits({ auc: 0.86 }), ['auc.folds fail']],
  ['a loss beyond its limit', limits({ logLoss: 0.39 }), ['logLoss.folds fail']],
  ['an interval beyond the limit', limits({ auc: 0.81 }), ['auc.folds warn']],
  ['an interval of a loss beyond the limit', limits({ logLoss: 0.44 }), ['logLoss.folds warn']],
  ['a metric that a fold could not measure', limits({ ece: 0.1 }), ['ece.folds inconclusive']],
  [
    'a first version that is not shown to be better than the constant',
    { gain: { metric: 'auc', estimate: 0.1, lower: 0, upper: 0.2 } },
    ['auc.baseline fail'],
  ],
  [
    'a successor that is not shown to be better than the constant',
    { gain: { metric: 'auc', estimate: 0.1, lower: -0.01, upper: 0.2 }, champion: 3 },
    ['auc.baseline warn'],
  ],
  [
    'a loss that is not shown to be below that of the constant',
    { gain: { metric: 'logLoss', estimate: -0.1, lower: -0.3, upper: 0.1 }, gate: { primary: 'logLoss', limits: {} } },
    ['logLoss.baseline fail'],
  ],
  ['a primary metric that a fold could not measure', { gain: null }, ['auc.baseline inconclusive']],
])('%s', (_, given, expected) => {
  expect(troubles(given)).toEqual(expected);
});
