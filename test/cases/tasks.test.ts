import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { allGates } from './all-gates.ts';
import { csvOf, strangersProject, trained, type Definitions, type StrangersProject } from './project.ts';

const rows = 3_000;
const plans = ['basic', 'plus', 'pro'] as const;
const ofPlan = { basic: 0, plus: 40, pro: 90 } as const;

/** People whose amount is 3 a year and what their plan costs, give or take 10; the plan is by age, but for one in ten. */
function people(): unknown[][] {
  const random = createRandom(4);
  return Array.from({ length: rows }, (_, id) => {
    const age = 18 + random.integer(70);
    const usual = age < 40 ? 'basic' : age < 65 ? 'plus' : 'pro';
    const plan = random.next() < 0.1 ? plans[random.integer(3)]! : usual;
    return [id + 1, age, plan, 3 * age + ofPlan[plan] + 10 * random.normal(), Number(random.next() < 0.5)];
  });
}

const sensitive = [{ column: 'churned' }];
const carried = { type: 'integer', kind: 'carried' };
const trainer = { kind: 'network', hidden: [32], epochs: 60, learningRate: 0.01, patience: 10 };
const fairness = { attributes: { churned: {} } };

const definitions: Readonly<Record<'regression' | 'multiclass', Definitions>> = {
  regression: {
    dataset: { target: 'amount', sensitive },
    columns: { churned: carried, amount: { type: 'number', kind: 'target' } },
    model: {
      features: ['age', 'plan'],
      trainer,
      quality: { resamples: 100, slices: ['plan'], margins: { mae: 1 }, limits: { r2: 0.9 } },
      fairness: { attributes: { churned: { limits: { meanErrorDifference: 5 }, maxGroupLoss: 0.05 } } },
    },
  },
  multiclass: {
    dataset: { target: 'plan', sensitive },
    columns: { churned: carried, plan: { type: 'string', kind: 'target', allowed: [...plans] } },
    model: { features: ['age', 'amount'], trainer, quality: { resamples: 100, slices: ['churned'] }, fairness },
  },
};

describe.each(['regression', 'multiclass'] as const)('a run of task %s', (task) => {
  let project: StrangersProject;
  let found: Awaited<ReturnType<typeof allGates>>;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(people()) });
    await project.define(definitions[task]);
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('has the guard of its predictions', async () => {
    const { release, task: named } = await project.ports.definitions.model('churn');
    expect(named).toBe(task);
    expect(release.guards).toMatchObject({ predictions: 'mix', rules: {} });
  });

  test('takes its data, and infers the task from the target', () => {
    expect(found.data.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(found.quality.task).toBe(task);
  });

  test('judges the candidate by the metrics of the task, as far as the data let it be right', () => {
    const { candidate, faults, errorCap, verdict } = found.quality;
    expect(verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(faults).toMatchObject({ notFinite: 0, outside: 0 });
    if (task === 'regression') {
      // The mean of the absolute value of a normal deviation of 10 is 8.
      expect(candidate.mae).toBeGreaterThan(7);
      expect(candidate.mae).toBeLessThan(9.5);
      expect(candidate.r2).toBeGreaterThan(0.97);
      expect(errorCap).toBeGreaterThan(100);
      expect(found.quality.predictionEdges).toHaveLength(9);
    } else {
      expect(candidate.accuracy).toBeGreaterThan(0.9);
      expect(candidate.logLoss).toBeLessThan(0.4);
      expect(found.quality.confusion?.labels).toEqual([...plans]);
      expect(found.quality.confusion?.rows.flat().reduce((sum, count) => sum + count, 0)).toBe(found.quality.rows);
      expect(errorCap).toBe(1);
      expect(found.quality.predictionEdges).toEqual([]);
    }
  });

  test('is better than the same answer for every row, as a first version must be', () => {
    const { baseline, candidate, verdict } = found.quality;
    const primary = task === 'regression' ? 'mae' : 'logLoss';
    expect(verdict.checks.find(({ name }) => name === `${primary}.baseline`)?.status).toBe('pass');
    expect(baseline?.gain?.upper).toBeLessThan(0);
    expect(baseline?.gain?.estimate).toBeCloseTo((candidate[primary] ?? 0) - (baseline?.metrics[primary] ?? 0), 10);
    // The median, by which mae is best, is not far from the mean.
    if (task === 'regression') expect(baseline?.metrics.r2).toBeCloseTo(0, 1);
    else expect(baseline?.metrics.aucOneVsRest).toBe(0.5);
  });

  test('shows where predictions lie, and how slices do', () => {
    const { reliability, roc, slices } = found.quality;
    expect(roc).toEqual([]);
    expect(reliability.reduce((sum, bin) => sum + bin.rows, 0)).toBe(found.quality.rows);
    for (const { predicted, observed, rows: count } of reliability)
      if (count > 30) expect(Math.abs(predicted - observed)).toBeLessThan(task === 'regression' ? 10 : 0.2);
    expect(slices.length).toBeGreaterThan(1);
    expect(Object.keys(slices[0]?.metrics ?? {})).toEqual(
      task === 'regression' ? ['mae', 'r2'] : ['accuracy', 'logLoss'],
    );
  });

  test('audits the groups by what the task says of them', () => {
    const [audit] = found.fairness.attributes;
    const known = Object.fromEntries(audit?.metrics.map(({ metric, estimate }) => [metric, estimate]) ?? []);
    expect(audit?.groups).toHaveLength(2);
    if (task === 'regression') {
      expect(found.fairness.verdict.status).toBe('pass');
      expect(Object.keys(known)).toEqual([
        'meanPredictionDifference',
        'meanErrorDifference',
        'meanAbsoluteErrorDifference',
      ]);
      expect(known.meanErrorDifference).toBeLessThan(4);
      const [one, other] = audit?.groups.map(({ meanAbsoluteError }) => meanAbsoluteError ?? NaN) ?? [];
      expect(known.meanAbsoluteErrorDifference).toBeCloseTo(Math.abs((one ?? 0) - (other ?? 0)), 10);
    } else {
      expect(Object.keys(audit?.groups[0]?.classes ?? {})).toEqual([...plans]);
      expect(known.equalOpportunityDifference).toBeLessThan(0.3);
    }
  });

  test('explains it by the columns that the label is made of', () => {
    expect(found.explanation.metric).toBe(task === 'regression' ? 'mae' : 'logLoss');
    expect(found.explanation.importances.map(({ column }) => column)).toEqual(
      task === 'regression' ? ['age', 'plan'] : ['amount', 'age'],
    );
    expect(found.explanation.importances[0]?.mean).toBeGreaterThan(0);
  });

  test('judges quantized variants by the same metrics', () => {
    const { variants } = found.optimization;
    expect(variants.map(({ variant }) => variant)).toEqual(['fp32', 'dynamicInt8', 'staticInt8']);
    for (const { variant, agreement, accuracyChange, differences } of variants.slice(1)) {
      expect(agreement, variant).toBeGreaterThan(0.5);
      expect(Math.abs(accuracyChange.estimate), variant).toBeLessThan(0.1);
      expect(differences.map(({ metric }) => metric)).toEqual([task === 'regression' ? 'mae' : 'logLoss']);
    }
  });

  test('compares a successor with it on the same rows', async () => {
    const { run, snapshot, candidate, evidence } = found;
    const version = await project.register(run, candidate, snapshot, evidence);
    const again = await trained(project, version);
    expect(again.quality.incomparable).toBeNull();
    expect(again.quality.championMetrics).toEqual(found.quality.candidate);
    expect(found.quality.paired).toBeNull();
    expect(again.quality.paired).toEqual({ squaredDifference: 0, agreement: 1 });
    const { mae, accuracy } = found.quality.candidate;
    if (accuracy != null) expect(found.quality.meanLoss).toBeCloseTo(1 - accuracy, 12);
    else expect((found.quality.meanLoss ?? NaN) * found.quality.errorCap).toBeCloseTo(mae ?? NaN, 6);
    expect(found.quality.sameWithin).toBeCloseTo(mae == null ? 0 : 0.1 * mae, 10);
    for (const { estimate, lower, upper } of again.quality.differences)
      expect([estimate, lower, upper]).toEqual([0, 0, 0]);
  });
});

test('a first version whose features say nothing of the label is stopped', async () => {
  const project = await strangersProject({ name: 'data.csv', content: csvOf(people()) });
  try {
    await project.define({ model: { features: ['age'], trainer, quality: { resamples: 100 } } });
    const { quality } = await trained(project);
    expect(quality.verdict.status).toBe('fail');
    expect(quality.verdict.checks.find(({ name }) => name === 'auc.baseline')?.message).toMatch(
      /^auc is not shown to be better than 0\.5, that of the share of each label as its probability: gain/,
    );
  } finally {
    await project.close();
  }
});

describe('a definition of one task refuses what only another understands:', () => {
  let project: StrangersProject;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(people()) });
  });
  afterAll(() => project?.close());

  test.each<[string, keyof typeof definitions, Record<string, unknown>, RegExp]>([
    [
      'a metric',
      'regression',
      { quality: { primary: 'auc' } },
      /quality\.primary: auc is not a metric of task regression: use one of mae/,
    ],
    [
      'a margin',
      'multiclass',
      { quality: { margins: { f1: 0.1 } } },
      /quality\.margins: f1 is not a metric of task multiclass/,
    ],
    [
      'a limit between groups',
      'regression',
      { fairness: { attributes: { churned: { limits: { equalizedOddsDifference: 0.1 } } } } },
      /equalizedOddsDifference is not a metric of task regression/,
    ],
    [
      'a guard',
      'regression',
      { release: { guards: { maxScoreShift: 0.1 } } },
      /release\.guards\.maxScoreShift says nothing of task regression: leave it out/,
    ],
    [
      'a rate of groups',
      'multiclass',
      { release: { guards: { fairness: { maxGroupLoss: 0.1, rates: ['tpr', 'error'] } } } },
      /release\.guards\.fairness\.rates: tpr is not a rate of task multiclass: use one of error/,
    ],
    [
      'a guard of two labels',
      'multiclass',
      { release: { guards: { predictions: 'twoLabels' } } },
      /release\.guards\.predictions: task multiclass has mix: leave the key out/,
    ],
    [
      'a rule of such a guard',
      'multiclass',
      { release: { guards: { rules: { positives: { action: 'pause' } } } } },
      /rules\.positives: task multiclass has no such guard: name mix, or leave the rule out/,
    ],
    ['a label', 'regression', { task: 'regression', positive: 1 }, /positive says nothing of task regression/],
    [
      'a task of other labels',
      'multiclass',
      { task: 'regression' },
      /task regression predicts a number, and "plan" is of type string/,
    ],
  ])('%s', async (_, task, change, message) => {
    const definition = definitions[task];
    await project.define({ ...definition, model: { ...definition.model, ...change } });
    await expect(project.open()).rejects.toThrow(message);
  });

  test.each(['regression', 'multiclass'] as const)('%s takes what compares its answers', async (task) => {
    const definition = definitions[task];
    const guards = { minAgreement: 0.9, liveAccuracyLoss: 0.02, fairness: { maxGroupLoss: 0.05 } };
    const metrics = { agreement: { margin: 0.1 }, liveAccuracy: { margin: 0.05 } };
    const monitor = task === 'regression' ? { maxError: 30 } : { minAccuracy: 0.8 };
    const model = { ...definition.model, monitor, release: { guards, promotion: { metrics } } };
    await project.define({ ...definition, model });
    expect((await project.ports.definitions.model('churn')).release.guards).toMatchObject({
      ...guards,
      fairness: { maxGroupLoss: 0.05, rates: ['error'] },
    });
    const other = { ...model, monitor: task === 'regression' ? { minAccuracy: 0.8 } : { maxError: 30 } };
    await project.define({ ...definition, model: other });
    await expect(project.open()).rejects.toThrow(/monitor\.\w+ says nothing of task/);
  });

  test('a task of several classes whose labels are not listed', async () => {
    const { dataset, model } = definitions.multiclass;
    await project.define({
      dataset: dataset!,
      columns: { churned: carried, plan: { type: 'string', kind: 'target' } },
      model: { ...model, task: 'multiclass' },
    });
    await expect(project.open()).rejects.toThrow(/task multiclass needs the labels: list them as "allowed" of "plan"/);
  });
});
