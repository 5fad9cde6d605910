import { expect, test } from 'vitest';
import { failuresOf } from '../../policy/verdict.ts';
import type { Difference, MetricValues } from '../../contracts/evidence/quality.ts';
import { comparedMetrics, judgeQuality } from '../../policy/gates/quality.ts';
import type { QualityGate } from '../../contracts/model/task.ts';
import type { QualityFacts } from '../../policy/gates/quality.ts';
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
const gate: QualityGate = { ...definition.quality, primary: 'auc', margins: { auc: 0.005, logLoss: 0.02 } };
const difference = (metric: Difference['metric'], lower: number, upper: number): Difference => ({
  metric,
  estimate: (lower + upper) / 2,
  lower,
  upper,
});
const baselineWith = (lower: number): NonNullable<QualityFacts['baseline']> => ({
  answer: 'the share of each label as its probability',
  metrics: { auc: 0.5 },
  gain: difference('auc', lower, lower + 0.1),
});
const good = [difference('auc', 0.002, 0.01), difference('logLoss', -0.03, -0.01)];
const faults: QualityFacts['faults'] = {
  kind: 'classes',
  rows: 500,
  notFinite: 0,
  outside: 0,
  first: null,
  labelAgreement: 1,
  agreementOf: 'pairs of a positive and a negative answer are in the order of their probabilities',
};
const facts: QualityFacts = { candidate, faults, champion: 3, incomparable: null, differences: good, gate };

test('a candidate that is better on the primary metric and no worse on the others passes', () => {
  expect(judgeQuality(facts).status).toBe('pass');
});

/** Rows that an import was trained on, as they should be. */
const told = { rows: 500, seen: 0, keys: [], trained: 1000, known: 1000, relabelled: 0 };

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
    'a first version that is not better than one answer for all',
    { champion: null, differences: [], baseline: baselineWith(-0.01) },
    ['auc.baseline fail', 'champion.comparison inconclusive'],
  ],
  [
    'a first version that is better than one answer for all',
    { champion: null, differences: [], baseline: baselineWith(0.2) },
    ['champion.comparison inconclusive'],
  ],
  [
    'a first version that cannot be compared with one answer for all',
    {
      champion: null,
      differences: [],
      baseline: { answer: 'the share of each label as its probability', metrics: {}, gain: null },
    },
    ['auc.baseline inconclusive', 'champion.comparison inconclusive'],
  ],
  ['a successor is compared with the champion, not with one answer for all', { baseline: baselineWith(-0.01) }, []],
  [
    'better on the point but not on the bound is not better',
    { differences: [difference('auc', -0.001, 0.02), difference('logLoss', -0.03, -0.01)] },
    ['auc.better fail'],
  ],
  [
    'a bound below the margin fails, at any point estimate',
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
  ['a model that was trained on a test row', { seen: { ...told, seen: 1, keys: ['7'] } }, ['test.unseen fail']],
  ['a model whose training rows nobody told', { seen: 'untold' as const }, ['test.unseen warn']],
  ['a model that was told to be trained on no row', { seen: { ...told, trained: 0, known: 0 } }, ['test.unseen warn']],
  ['rows that are none of the snapshot', { seen: { ...told, known: 0 } }, ['test.unseen warn']],
  ['some rows of an older time', { seen: { ...told, known: 1 } }, []],
  ['keys of another dataset', { seen: { ...told, relabelled: 101 } }, ['test.unseen warn']],
  ['keys of another dataset, of test rows too', { seen: { ...told, seen: 9, relabelled: 101 } }, ['test.unseen fail']],
  ['a few corrected labels', { seen: { ...told, relabelled: 100 } }, []],
  ['limits that the folds judged', { gate: { ...gate, limits: { logLoss: 0.39 } }, folds: 'judged' as const }, []],
  [
    'folds of an imported model',
    { gate: { ...gate, limits: { logLoss: 0.39 } }, folds: 'imported' as const },
    ['folds warn', 'logLoss.limit fail'],
  ],
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

test('what is judged says what was seen and asked: gains, and the bound that counts against the candidate', () => {
  const asked = { ...gate, limits: { auc: 0.89, logLoss: 0.4 } };
  const { checks, status } = judgeQuality({ ...facts, gate: asked, seen: told });
  expect(status).toBe('pass');
  expect(checks.map(({ name, observed, limit, message }) => [name, observed, limit, message])).toEqual([
    ['test.unseen', 0, 0, 'the model was trained on none of the test rows'],
    ['probabilities.valid', 0, 0, 'every row got a probability in [0, 1]'],
    ['labels.agree', 1, 0.99, 'labels and probabilities of the model agree'],
    ['auc.limit', 0.89, 0.89, 'auc is 0.89, at least 0.89 is asked for'],
    ['logLoss.limit', 0.4, 0.4, 'logLoss is 0.4, at most 0.4 is asked for'],
    [
      'auc.nonInferior',
      0.002,
      -0.005,
      "auc is not worse than version 3's by more than 0.005: gain 0.006, lower confidence bound 0.002",
    ],
    [
      'logLoss.nonInferior',
      0.01,
      -0.02,
      "logLoss is not worse than version 3's by more than 0.02: gain 0.02, lower confidence bound 0.01",
    ],
    ['auc.better', 0.002, 0, "auc is better than version 3's: gain 0.006, lower confidence bound 0.002"],
  ]);
});

test('a bound at the margin is not worse, and a bound at 0 is not better', () => {
  const at = (lower: number) =>
    troubles(judgeQuality({ ...facts, differences: [difference('auc', lower, 1), good[1]!] }));
  expect(at(-0.005)).toEqual(['auc.better fail']);
  expect(at(0)).toEqual(['auc.better fail']);
  expect(at(1e-9)).toEqual([]);
});

test.each<[Partial<QualityFacts['faults']>, string, number, string]>([
  [
    { notFinite: 1, first: { row: 7, value: 'NaN' }, labelAgreement: null },
    'probabilities.valid fail',
    1,
    '1 of 500 rows got no valid probabilities: 1 are NaN or infinite, first NaN in test row 7. Let',
  ],
  [
    { outside: 2, first: { row: 0, value: '1.5' }, labelAgreement: 0.2 },
    'probabilities.valid fail',
    2,
    '2 of 500 rows got no valid probabilities: 2 lie outside [0, 1], first 1.5 in test row 0. End it with',
  ],
  [
    { notFinite: 1, outside: 2, first: { row: 0, value: '1.5' }, labelAgreement: null },
    'probabilities.valid fail',
    3,
    '3 of 500 rows got no valid probabilities: 1 are NaN or infinite and 2 lie outside [0, 1], first 1.5',
  ],
  [
    { uneven: 4, first: { row: 2, value: 'a sum of 2.9' } },
    'probabilities.valid fail',
    4,
    '4 of 500 rows got no valid probabilities: 4 do not add up to 1, first a sum of 2.9 in test row 2. End it with one softmax',
  ],
  [
    { labelAgreement: 0.99 },
    'labels.agree warn',
    0.99,
    'labels and probabilities of the model disagree: 99 % of the pairs of a positive and a negative answer are in the order of their probabilities, at least 99 %',
  ],
  [{ labelAgreement: 0.98 }, 'labels.agree fail', 0.98, 'labels and probabilities of the model disagree: 98 % of'],
])('faulty predictions are counted by their kind: %j', (found, trouble, observed, message) => {
  const verdict = judgeQuality({ ...facts, faults: { ...faults, ...found } });
  expect(troubles(verdict)).toEqual([trouble]);
  const [faulty] = verdict.checks.filter(({ status }) => status !== 'pass');
  expect(faulty?.observed).toBe(observed);
  expect(faulty?.message.startsWith(message)).toBe(true);
});

test('an imported model whose auc is far below 1/2 is said to have its classes exchanged, first', () => {
  const labelRows = { positives: 100, negatives: 400 };
  const failing = (auc: number, rows: typeof labelRows | null, champion: number | null) =>
    failuresOf(
      judgeQuality({
        ...facts,
        champion,
        candidate: { ...candidate, auc },
        baseline: baselineWith(-0.4),
        labelRows: rows,
      }),
    );
  for (const champion of [null, 3])
    expect(failing(0.125, labelRows, champion)[0]).toMatch(
      /^the classes look exchanged: auc is 0.125, far below the 0.5 of a guess, and would be 0.875 the other way round. Write signature.outputs.classes/,
    );
  // Five standard errors of .0323, and three.
  expect(failing(0.335, labelRows, 3).join()).toContain('exchanged');
  expect(failing(0.405, labelRows, 3).join()).not.toContain('exchanged');
  expect(failing(0.125, null, 3).join()).not.toContain('exchanged');
});

test('answers that are all equal say nothing of labels and probabilities', () => {
  const { checks } = judgeQuality({ ...facts, faults: { ...faults, labelAgreement: null } });
  expect(checks.map(({ name }) => name)).not.toContain('labels.agree');
});

test('test rows that the model was trained on are counted, and named as far as their keys are known', () => {
  const said = (seen: number, keys: string[]) =>
    judgeQuality({ ...facts, seen: { ...told, seen, keys } }).checks.find(({ name }) => name === 'test.unseen');
  expect(said(2, ['7', '9'])).toMatchObject({
    status: 'fail',
    observed: 2,
    limit: 0,
    message: 'the model was trained on 2 of 500 test rows (7, 9): train it on the training part of `pawl split`',
  });
  expect(said(3, ['7', '9'])?.message).toContain('3 of 500 test rows (7, 9, ...)');
});

test('a champion that could not be asked holds the gate for a person', () => {
  expect(troubles(judgeQuality({ ...facts, incomparable: 'version 3 reads a column that is gone' }))).toEqual([
    'champion.comparison inconclusive',
  ]);
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
