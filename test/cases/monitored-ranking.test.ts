import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { feedback, prediction, since } from '../ports/log-entries.ts';
import { lookAt, serveTrained } from './monitored.ts';
import { csvOf, people, strangersProject, type Definitions, type StrangersProject } from './project.ts';

const ranking: Definitions = {
  dataset: { target: 'amount' },
  columns: {
    churned: { type: 'integer', kind: 'carried' },
    amount: { type: 'number', kind: 'target', min: 0, max: 4 },
  },
  model: {
    task: 'ranking',
    query: 'plan',
    split: { by: 'group', group: 'plan' },
    features: ['age'],
    trainer: { kind: 'network', hidden: [8], epochs: 2 },
    release: { labels: { maturity: 0 } },
    monitor: { every: '1m', window: '10m', minRequests: 100, psi: 10, minAccuracy: 0.9 },
  },
};

/** A query: the grades of its rows, null without a label, and the scores that they got. */
interface Query {
  readonly grades: readonly (number | null)[];
  readonly scores: readonly number[];
}
const grades = [4, 0, 2, 1, null];
/** In the order of the grades, and far from them. */
const well: Query = { grades, scores: [-1_000, -5_000, -2_000, -3_000, -5_500] };
/** In the reverse order, and near the grades. */
const badly: Query = { grades, scores: [0, 3.5, 1, 2, 4] };
const irrelevant: Query = { grades: [0, 0], scores: [1, 2] };
const unlabelled: Query = { grades: [null, null], scores: [1, 2] };
const alone: Query = { grades: [3], scores: [1] };

describe('a ranking that serves', () => {
  let project: StrangersProject;
  beforeAll(async () => {
    project = await strangersProject({
      name: 'data.csv',
      content: csvOf(
        people(600).map((one, row) => [one.id, one.age, `query ${row % 60}`, row % 5, Number(one.churned)]),
      ),
    });
    await project.define(ranking);
    await serveTrained(project);
  });
  afterAll(() => project?.close());

  let hour = 0;
  /** Logs requests and their labels, and looks at them. */
  async function looked(queries: readonly Query[]) {
    hour += 1;
    const at = since + hour * 3_600_000;
    const entries = queries.flatMap(({ grades: of, scores }, i): LogEntry[] => {
      const [id, rows] = [`${hour}-${i}`, of.length];
      const column = (values: readonly number[]) => ({
        type: 'float32' as const,
        shape: [rows, 1],
        data: Float32Array.from(values),
      });
      const inputs = { age: column(of.map((_, row) => 20 + ((i + row) % 50))) };
      return [
        prediction(id, { model: 'churn', at, rows, inputs, outputs: { prediction: column(scores) } }),
        ...of.flatMap((grade, row) =>
          grade === null ? [] : [{ ...feedback(rows === 1 ? id : `${id}/${row}`, grade, at + 1), model: 'churn' }],
        ),
      ];
    });
    const seen = await lookAt(project, at, entries);
    return { ...seen, check: seen.found.verdict.checks.find(({ name }) => name === 'live.accuracy') };
  }
  const many = (query: Query, count: number): Query[] => Array.from({ length: count }, () => query);

  test('is not alarming where its scores are on another scale than the grades', async () => {
    const { trigger, found, check } = await looked([
      ...many(well, 100),
      ...many(irrelevant, 7),
      ...many(unlabelled, 3),
    ]);
    expect(trigger).toBeNull();
    expect(found).toMatchObject({
      labels: 100,
      error: null,
      accuracy: { estimate: 1, unlabelled: 3 },
      ranked: { judged: 100, ordered: 100, irrelevant: 7 },
    });
    expect(check).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(
        /^live mean NDCG is 1 \(.*; 7 requests without a relevant row are left out\), at least 0.9 is asked for$/,
      ) as string,
    });
  });

  test('starts a run where it ranks worse than the limit, near the grades as its scores are', async () => {
    const { trigger, found } = await looked([...many(badly, 90), ...many(well, 10)]);
    expect(trigger).toMatch(/^live mean NDCG is 0\.55\d+ \(.*\), at least 0\.9 is asked for$/);
    // 1, 2, 0, 4 at ranks 3, 4, 2, 5 over the best order.
    const discount = (rank: number): number => 1 / Math.log2(1 + rank);
    const reversed = (2 * discount(4) + discount(3) + 4 * discount(5)) / (4 + 2 * discount(2) + discount(3));
    expect(found.accuracy?.estimate).toBeCloseTo(0.9 * reversed + 0.1, 10);
  });

  test('is not judged, and says so, where each request has one row, or no row with a grade', async () => {
    expect(await looked(many(alone, 150))).toMatchObject({
      trigger: null,
      check: {
        status: 'inconclusive',
        message: expect.stringContaining(
          'live mean NDCG is not judged: each of the 150 requests with a label of a relevant row has one row, which has no order: send the rows of a query in one request',
        ) as string,
      },
    });
    expect(await looked(many(irrelevant, 150))).toMatchObject({
      trigger: null,
      found: { accuracy: null, ranked: { judged: 0, irrelevant: 150 } },
      check: { status: 'inconclusive', message: expect.stringContaining('has a label of a relevant row') as string },
    });
  });
});
