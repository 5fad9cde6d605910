import { afterEach, describe, expect, test } from 'vitest';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { thresholdOf } from '../../contracts/model/threshold.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { createRandom } from '../../ml/random.ts';
import { allGates } from './all-gates.ts';
import { csvOf, people, strangersProject, trained, type Definitions, type StrangersProject } from './project.ts';

let project: StrangersProject;
afterEach(() => project?.close());

const rows = people(3_000).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)]);
/** To keep a person who would go is worth 10, a gift to one who stays costs 2. */
const utility = { 1: { 1: 10, 0: 0 }, 0: { 1: -2, 0: 0 } };
const define = async (definitions: Definitions) => {
  project = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
  await project.define(definitions);
};

describe('the worth of answers', () => {
  test('chooses the threshold, and is what a candidate is judged by', async () => {
    await define({ model: { utility, quality: { resamples: 100, primary: 'utility' } } });
    const { quality, optimization } = await allGates(project);
    expect(quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    // All get a gift: 10 for those who would go, -2 for the others.
    const share = quality.baseline!.metrics.utility!;
    expect(quality.baseline?.gain?.metric).toBe('utility');
    expect(quality.candidate.utility).toBeGreaterThan(share);
    // A false alarm is cheap, so that more are answered 1 than have the label.
    expect(quality.candidate.recall).toBeGreaterThan(0.9);
    expect(quality.candidate.precision).toBeLessThan(0.8);
    for (const { differences } of optimization.variants.slice(1))
      expect(differences.map(({ metric }) => metric)).toContain('utility');
  });

  test('lets a first version that has learned nothing not pass, though another answer to every row is worth less', async () => {
    const random = createRandom(11);
    const noise = people(2_000).map(({ id, age, plan, amount }) => [
      id,
      age,
      plan,
      amount,
      Number(random.next() < 0.3),
    ]);
    project = await strangersProject({ name: 'data.csv', content: csvOf(noise) });
    await project.define({ model: { utility, quality: { resamples: 100, primary: 'utility' } } });
    const { quality } = await trained(project);
    const found = quality.verdict.checks.find(({ name }) => name === 'utility.baseline');
    expect(found?.message).toMatch(
      /^utility is not shown to be better than 1\.\d+, that of "1" for every row \(the label that is worth most\): gain/,
    );
    expect(found?.status).toBe('fail');
    expect(quality.baseline?.metrics.utility).toBeGreaterThan(1);
  });

  test('is worth more at its own threshold than at .5', async () => {
    await define({ model: { utility, quality: { resamples: 100 } } });
    const chosen = await trained(project);
    await project.define({ model: { utility, threshold: 0.5, quality: { resamples: 100 } } });
    const half = await trained(project);
    expect(chosen.quality.candidate.utility).toBeGreaterThan(half.quality.candidate.utility!);
    expect(chosen.quality.candidate.auc).toBe(half.quality.candidate.auc);
  });

  test('is the mean of the matrix over the rows, and a loss is by its range', async () => {
    await define({ model: { utility } });
    const space = labelSpaceOf(
      await project.ports.definitions.model('churn'),
      await project.ports.definitions.datasetOf(await project.ports.definitions.model('churn')),
    );
    // (0 - -2) / (0 - -2 + 10 - 0)
    expect(thresholdOf({ threshold: undefined }, space)).toBeCloseTo(1 / 6, 15);
    const task = taskFor(space);
    const outcomes = { truth: Float64Array.of(1, 1, 0, 0) };
    const predictions = { answer: Float64Array.of(1, 0, 1, 0), scores: Float64Array.of(1, 0, 1, 0), width: 1 };
    const metric = task.metrics.find(({ name }) => name === 'utility');
    expect(metric?.prepare(outcomes, predictions)()).toBe((10 + 0 - 2 + 0) / 4);
    expect(metric?.prepare(outcomes, predictions)([0, 1, 3, 0])).toBe(-6 / 4);
    expect([...task.losses(outcomes, predictions, 1)]).toEqual([0, 10 / 12, 1, 10 / 12]);
  });
});

describe('the cost of errors', () => {
  const numbers: Definitions = {
    dataset: { target: 'amount' },
    columns: { amount: { type: 'number', kind: 'target' }, churned: { type: 'integer', kind: 'categorical' } },
    model: { task: 'regression', features: ['age', 'churned'], costs: { over: 1, under: 4 } },
  };

  test('counts what is too low and too high by its own price, and is bounded by the dearer one', async () => {
    await define({ ...numbers, model: { ...numbers.model, quality: { resamples: 100, limits: { cost: 200 } } } });
    const { quality } = await trained(project);
    const { mae = null, cost = null } = quality.candidate;
    expect(cost).toBeGreaterThan(mae!);
    expect(cost).toBeLessThan(4 * mae!);
    expect(quality.verdict.checks.find(({ name }) => name === 'cost.limit')?.status).toBe('pass');
    const space = labelSpaceOf(
      await project.ports.definitions.model('churn'),
      await project.ports.definitions.datasetOf(await project.ports.definitions.model('churn')),
    );
    const task = taskFor(space);
    const outcomes = { truth: Float64Array.of(10, 10, 10) };
    const predictions = { answer: Float64Array.of(12, 8, 100), scores: new Float64Array(), width: 0 };
    expect(task.metrics.find(({ name }) => name === 'cost')?.prepare(outcomes, predictions)()).toBe((2 + 8 + 90) / 3);
    expect([...task.losses(outcomes, predictions, 5)]).toEqual([2 / 20, 8 / 20, 1]);
  });
});

describe('a definition is refused', () => {
  const matrix = (no: object, yes: object = { 1: 10, 0: 0 }) => ({ utility: { 1: yes, 0: no } });
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['that leaves a worth open', matrix({ 0: 0 }), /utility: it does not say what 0 answered as 1 is worth/],
    ['that names another label', matrix({ 1: -2, 0: 0, maybe: 1 }), /utility: "maybe" is none of the labels 0, 1/],
    ['whose answers are worth the same', matrix({ 1: 2, 0: 2 }, { 1: 1, 0: 1 }), /every answer is worth the same/],
    [
      'that writes costs as worths',
      matrix({ 1: 2, 0: 0 }, { 1: 0, 0: 10 }),
      /utility: 0 answered as 1 is worth 2, more than the right answer, 0: write costs as negative numbers/,
    ],
    ['that needs no model', matrix({ 1: 3, 0: 2 }), /1 is never worth less than another answer/],
    [
      'that decides by what one label for every row is perfect in',
      { quality: { primary: 'recall' } },
      /quality\.primary: the positive label for every row has the recall 1: decide by f1/,
    ],
    [
      'that decides by what the share of labels is perfect in',
      { quality: { primary: 'ece' } },
      /quality\.primary: the share of each label as its probability has the ece 0: decide by logLoss/,
    ],
    ['of two labels with costs', { costs: { over: 1, under: 1 } }, /costs says nothing of task binary/],
    [
      'that decides by a worth it does not say',
      { quality: { primary: 'utility' } },
      /quality\.primary: utility needs "utility"/,
    ],
  ])('%s', async (_, model, message) => {
    await define({ model });
    await expect(project.open()).rejects.toThrow(message);
  });
});

describe('the worth of answers with several labels', () => {
  const plans = ['basic', 'plus', 'pro'];
  const worth = Object.fromEntries(
    plans.map((label) => [
      label,
      Object.fromEntries(plans.map((answer) => [answer, label === answer ? 3 : answer === 'pro' ? 1 : -6])),
    ]),
  );
  const columns = {
    plan: { type: 'string', kind: 'target', allowed: plans },
    churned: { type: 'integer', kind: 'numeric' },
  };
  const model = { features: ['age', 'amount', 'churned'], quality: { resamples: 100 } };

  test('chooses the answers, which are worth more than the most probable ones', async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
    const judged = async (more: Record<string, unknown>) => {
      await project.define({ dataset: { target: 'plan' }, columns, model: { ...model, ...more } });
      return (await trained(project)).quality;
    };
    const chosen = await judged({ utility: worth });
    expect(chosen.faults.labelAgreement).toBe(1);
    expect(chosen.faults.agreementOf).toBe('rows are answered with the label that is worth most');
    const probable = await judged({});
    expect(chosen.candidate.logLoss).toBe(probable.candidate.logLoss);
    expect(chosen.candidate.accuracy).not.toBe(probable.candidate.accuracy);
    // The confusion matrix of the most probable answers, by the worths.
    const rowsOf = probable.confusion?.rows ?? [];
    const total = rowsOf.flat().reduce((sum, count) => sum + count, 0);
    const before = rowsOf.flatMap((counts, label) =>
      counts.map((count, answer) => (count / total) * worth[plans[label]!]![plans[answer]!]!),
    );
    expect(chosen.candidate.utility).toBeGreaterThan(before.reduce((sum, value) => sum + value, 0) + 0.1);
  });
});
