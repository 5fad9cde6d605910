import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { allGates } from './all-gates.ts';
import { csvOf, strangersProject, trained, type Definitions, type StrangersProject } from './project.ts';
import { searches } from './learnable.ts';

const plans = ['basic', 'plus', 'pro'] as const;
const trainer = { kind: 'network', hidden: [32], epochs: 60, learningRate: 0.01, patience: 10 };
const carried = { type: 'integer', kind: 'carried' };
const sensitive = [{ column: 'churned' }];

/** People whose amount is 3 a year, give or take a tenth of that: the older, the less certain. */
function spread(): unknown[][] {
  const random = createRandom(4);
  return Array.from({ length: 4_000 }, (_, id) => {
    const age = 18 + random.integer(70);
    return [id + 1, age, plans[random.integer(3)], 3 * age * (1 + 0.1 * random.normal()), random.integer(2)];
  });
}

const quantile: Definitions = {
  dataset: { target: 'amount', sensitive },
  columns: { churned: carried, amount: { type: 'number', kind: 'target' } },
  model: {
    features: ['age', 'plan'],
    quantile: [0.1, 0.5, 0.9],
    trainer,
    quality: { resamples: 100, slices: ['plan'], limits: { coverage: 0.7 } },
    fairness: { attributes: { churned: { limits: { meanErrorDifference: 5 }, maxGroupLoss: 0.1 } } },
  },
};

const ranking: Definitions = {
  dataset: { target: 'amount', sensitive: [{ column: 'plan' }] },
  columns: { churned: carried, amount: { type: 'integer', kind: 'target' } },
  model: {
    features: ['age', 'plan'],
    query: 'churned',
    split: { by: 'group', group: 'churned' },
    trainer,
    quality: { resamples: 100, limits: { ndcg: 0.8 } },
    fairness: { attributes: { plan: { limits: { exposureDifference: 0.9 } } } },
  },
};

type Found = Awaited<ReturnType<typeof allGates>>;
const failed = ({ verdict }: Pick<Found['quality'], 'verdict'>) =>
  verdict.checks.filter(({ status }) => status === 'fail');

describe('a run of quantiles', () => {
  let project: StrangersProject;
  let found: Found;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(spread()) });
    await project.define(quantile);
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('is inferred from the levels, and learns them as far as the data let it', () => {
    const { task, candidate, faults } = found.quality;
    expect(task).toBe('quantile');
    expect(failed(found.data)).toEqual([]);
    expect(failed(found.quality)).toEqual([]);
    expect(faults).toMatchObject({ kind: 'numbers', notFinite: 0 });
    // Eight of ten lie between the levels .1 and .9.
    expect(candidate.coverage).toBeGreaterThan(0.74);
    expect(candidate.coverage).toBeLessThan(0.86);
    // The mean age is 52: amounts deviate by 15.6 in the mean, and the mean pinball loss of a normal deviation at these levels is .251 of it.
    expect(candidate.pinball).toBeLessThan(5);
    expect(candidate.r2).toBeGreaterThan(0.85);
  });

  test('beats the quantiles of the labels', () => {
    const { baseline } = found.quality;
    expect(baseline?.answer).toBe('the quantiles of the labels for every row');
    expect(baseline?.metrics.coverage).toBeCloseTo(0.8, 1);
    expect(baseline?.gain?.upper).toBeLessThan(0);
  });

  test('is audited, explained and quantized by its own losses', () => {
    expect(found.fairness.verdict.status).toBe('pass');
    expect(found.explanation.metric).toBe('pinball');
    expect(found.explanation.importances[0]?.column).toBe('age');
    for (const { variant, accuracyChange, differences } of found.optimization.variants.slice(1)) {
      expect(Math.abs(accuracyChange.estimate), variant).toBeLessThan(0.1);
      expect(differences.map(({ metric }) => metric)).toEqual(['pinball']);
    }
    expect(found.quality.slices.every(({ metrics }) => (metrics.coverage ?? 0) > 0.7)).toBe(true);
  });

  test('is compared with a successor row by row', async () => {
    const { run, snapshot, candidate, evidence, quality } = found;
    const again = await trained(project, await project.register(run, candidate, snapshot, evidence));
    expect(again.quality.championMetrics).toEqual(quality.candidate);
    expect(again.quality.differences.map(({ metric, estimate }) => [metric, estimate])).toEqual([['pinball', 0]]);
  });
});

describe('a run of a ranking', () => {
  let project: StrangersProject;
  let found: Found;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(searches()) });
    await project.define(ranking);
    found = await allGates(project);
  });
  afterAll(() => project?.close());

  test('is inferred from the query, and orders the rows of each', () => {
    const { task, candidate } = found.quality;
    expect(task).toBe('ranking');
    expect(failed(found.data)).toEqual([]);
    expect(failed(found.quality)).toEqual([]);
    expect(candidate.ndcg).toBeGreaterThan(0.9);
    expect(candidate.mrr).toBeGreaterThan(0.9);
  });

  test('beats one score for every row', () => {
    const { baseline } = found.quality;
    expect(baseline?.answer).toBe('one score for every row (no order)');
    expect(baseline?.metrics.ndcg).toBeLessThan(0.85);
    expect(baseline?.gain?.lower).toBeGreaterThan(0);
  });

  test('shows by group how high its rows are ranked', () => {
    const [audit] = found.fairness.attributes;
    const exposure = audit?.groups.map(({ group, meanExposure }) => [group, meanExposure ?? NaN] as const) ?? [];
    expect(exposure.map(([group]) => group)).toEqual([...plans]);
    // The dearer plan has the higher grades.
    expect(exposure[0]![1]).toBeLessThan(exposure[2]![1]);
    const [gap] = audit?.metrics ?? [];
    expect(gap?.metric).toBe('exposureDifference');
    expect(gap?.estimate).toBeCloseTo(exposure[2]![1] - exposure[0]![1], 12);
    expect(gap?.lower).toBeLessThan(gap?.estimate ?? 0);
  });

  test('is explained and quantized by the order', () => {
    expect(found.explanation.metric).toBe('ndcg');
    expect(found.explanation.importances.map(({ column }) => column)).toEqual(['age', 'plan']);
    for (const { variant, accuracyChange, agreement } of found.optimization.variants.slice(1)) {
      expect(Math.abs(accuracyChange.estimate), variant).toBeLessThan(0.1);
      expect(agreement, variant).toBeGreaterThan(0.5);
    }
  });
});

describe('a definition is refused', () => {
  let project: StrangersProject;
  beforeAll(async () => {
    project = await strangersProject({ name: 'data.csv', content: csvOf(searches()) });
  });
  afterAll(() => project?.close());

  test.each<[string, Definitions, Record<string, unknown>, RegExp]>([
    ['whose levels do not ascend', quantile, { quantile: [0.9, 0.1] }, /quantile: the levels 0\.9, 0\.1 do not ascend/],
    ['that decides by coverage', quantile, { quality: { primary: 'coverage' } }, /coverage has a goal/],
    ['of two labels with levels', quantile, { task: 'binary' }, /quantile says nothing of task binary/],
    ['of a ranking without queries', ranking, { task: 'ranking', query: undefined }, /task ranking needs "query"/],
    ['whose split parts queries', ranking, { split: { by: 'hash' } }, /write split: \{ by: group, group: churned \}/],
    ['whose query is a feature', ranking, { features: ['age', 'churned'] }, /query: "churned" is a feature/],
    ['whose query is not a column', ranking, { query: 'searches' }, /query: there is no column "searches"/],
    [
      'of a ranking that limits the loss of groups',
      ranking,
      { fairness: { attributes: { plan: { maxGroupLoss: 0.1 } } } },
      /maxGroupLoss says nothing of task ranking/,
    ],
    [
      'of a ranking that judges groups live',
      ranking,
      { release: { guards: { fairness: { maxGroupLoss: 0.1, rates: ['error'] } } } },
      /release\.guards\.fairness says nothing of task ranking: leave it out/,
    ],
  ])('%s', async (_, definition, change, message) => {
    await project.define({ ...definition, model: { ...definition.model, ...change } });
    await expect(project.open()).rejects.toThrow(message);
  });

  test('but not of quantiles whose groups are judged live, by their one rate', async () => {
    const release = { guards: { fairness: { maxGroupLoss: 0.1 } } };
    await project.define({ ...quantile, model: { ...quantile.model, release } });
    const { release: taken } = await project.ports.definitions.model('churn');
    expect(taken.guards.fairness).toMatchObject({ maxGroupLoss: 0.1, rates: ['error'] });
  });

  test('data of a ranking with a grade below 0', async () => {
    const rows = searches().map(([id, age, plan, grade, query]) => [id, age, plan, id === 7 ? -1 : grade, query]);
    const own = await strangersProject({ name: 'data.csv', content: csvOf(rows) });
    try {
      await own.define(ranking);
      const run = await own.open();
      const { verdict } = await own.check(run, await own.snapshot(run));
      expect(verdict.checks.find(({ status }) => status === 'fail')?.message).toMatch(/at least 0|-1/);
    } finally {
      await own.close();
    }
  });
});
