import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { TrainerSettings } from '../../contracts/model/trainer.ts';
import { noDerivatives } from '../../ml/gbdt/objective.ts';
import { createRandom } from '../../ml/random.ts';
import { rankingBoosting } from '../../ml/tasks/ranking/boosting.ts';
import { rankingMetrics } from '../../ml/tasks/ranking/metrics.ts';
import { queriesOf } from '../../ml/tasks/ranking/queries.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { jobOf, recorder } from '../contracts/trainer.suite.ts';
import { trainersHere } from '../ports/trainer-here.ts';
import { numbers } from '../support/classes.ts';
import { features, frameOf, treesOf } from './support.ts';

const ranking: LabelSpace = { ...numbers, task: 'ranking' };
const inference = createOnnxInference();
const trainer = trainersHere(inference);

/** The gradient and hessian of each row of one query by all pairs; the change of NDCG is that of the two orders. */
function byPairs(grades: readonly number[], scores: readonly number[]) {
  const order = grades.map((_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  const gainOf = (rows: readonly number[]): number =>
    rows.reduce((sum, row, rank) => sum + grades[row]! / Math.log2(rank + 2), 0);
  const best = gainOf(grades.map((_, row) => row).sort((a, b) => grades[b]! - grades[a]!));
  const [first, second] = [grades.map(() => 0), grades.map(() => 0)];
  let sum = 0;
  for (const high of order)
    for (const low of order) {
      if (!(grades[high]! > grades[low]!)) continue;
      const changed = order.map((row) => (row === high ? low : row === low ? high : row));
      const apart = scores[high]! - scores[low]!;
      const isSpread = Math.max(...scores) !== Math.min(...scores);
      const weight = Math.abs(gainOf(changed) - gainOf(order)) / best / (isSpread ? 0.01 + Math.abs(apart) : 1);
      const wrong = 1 / (1 + Math.exp(apart));
      first[high]! -= wrong * weight;
      first[low]! += wrong * weight;
      for (const row of [high, low]) second[row]! += wrong * (1 - wrong) * weight;
      sum += 2 * wrong * weight;
    }
  const factor = sum === 0 ? 0 : Math.log2(1 + sum) / sum;
  return { first: first.map((one) => one * factor), second: second.map((one) => one * factor) };
}

describe('what a ranking pushes rows by', () => {
  test('are the changes of NDCG of all pairs of a query, for ties and queries without order too', () => {
    const random = createRandom(6);
    const rows = 240;
    const query = Int32Array.from({ length: rows }, () => random.integer(20));
    // One query has no relevant row, one no order.
    const labels = Float64Array.from(query, (of) => (of === 3 ? 0 : of === 4 ? 2 : random.integer(5)));
    const queries = queriesOf({ query });
    for (const spread of [0, 0.3, 3]) {
      const scores = Float64Array.from(query, () => spread * random.normal());
      const to = noDerivatives(rows);
      const weights = Float64Array.from(query, (_, row) => [0, 0.5, 2][row % 3]!);
      rankingBoosting.derive([scores], { labels, weights, queries }, [to], null);
      for (const own of queries) {
        const grades = own.map((row) => labels[row]!);
        const wanted = byPairs(
          grades,
          own.map((row) => scores[row]!),
        );
        for (const [at, row] of own.entries()) {
          const isSilent = grades.every((grade) => grade === 0);
          expect(to.gradients[row]).toBeCloseTo(isSilent ? 0 : weights[row]! * wanted.first[at]!, 6);
          expect(to.hessians[row]).toBeCloseTo(isSilent ? 0 : weights[row]! * wanted.second[at]!, 6);
        }
      }
    }
  });

  test('leave out pairs behind rank 30, and lower 1 less the mean NDCG, each query with the weight of its first row', () => {
    const rows = 40;
    const scores = Float64Array.from({ length: rows }, (_, row) => -row);
    const labels = Float64Array.from(scores, (_, row) => Number(row === 34));
    const to = noDerivatives(rows);
    const learned = { labels, weights: null, queries: [scores.map((_, row) => row)].map((of) => [...of]) };
    const loss = rankingBoosting.derive([scores], learned, [to], null);
    expect(loss).toBeCloseTo(1 - 1 / Math.log2(36), 12);
    expect(to.gradients[29]).toBeGreaterThan(0);
    expect([...to.gradients.subarray(30, 34), ...to.gradients.subarray(35)]).toEqual(Array(9).fill(0));
    const two = {
      labels: Float64Array.of(1, 0, 0, 1),
      weights: Float64Array.of(3, 9, 1, 9),
      queries: [
        [0, 1],
        [2, 3],
      ],
    };
    expect(rankingBoosting.loss([Float64Array.of(1, 0, 1, 0)], two)).toBeCloseTo((1 - 1 / Math.log2(3)) / 4, 12);
  });
});

const rowsOfQuery = 12;

/** The queries of test/fixtures/rankings/make.py. */
function queriesFrom(count: number, seed: number) {
  let state = seed;
  const draw = (): number => (state = (1_664_525 * state + 1_013_904_223) % 2 ** 32) / 2 ** 32;
  const [x, labels, query]: [number[][], number[], number[]] = [[], [], []];
  for (let of = 0; of < count; of++) {
    const shift = [4 * draw(), 4 * draw()];
    const rows = Array.from({ length: rowsOfQuery }, () => {
      const [a, b, c, d, noise] = [draw(), draw(), draw(), draw(), draw()];
      return { truth: a + b * b + 0.5 * c * a + 0.6 * noise, shown: [a + shift[0]!, b + shift[1]!, c, d, shift[0]!] };
    });
    const order = rows.map((_, row) => row).sort((a, b) => rows[a]!.truth - rows[b]!.truth);
    for (const [row, { shown }] of rows.entries()) {
      x.push(shown);
      labels.push(Math.max(0, order.indexOf(row) - 7));
      query.push(of);
    }
  }
  const names = ['a', 'b', 'c', 'd', 'shift'];
  return {
    frame: frameOf(Object.fromEntries(names.map((name, at) => [name, x.map((row) => row[at]!)]))),
    labels: Float64Array.from(labels),
    query: Int32Array.from(query),
    features: names.map((name) => ({ name, column: features[0]!.column })),
  };
}

const [train, held] = [queriesFrom(250, 1), queriesFrom(400, 2)];
const job = (settings: TrainerSettings, labelSpace = ranking) => ({
  ...jobOf({ settings, features: train.features, train: train.frame, validation: held.frame, labelSpace }),
  trainLabels: train.labels,
  validationLabels: held.labels,
  trainQueries: labelSpace === ranking ? train.query : null,
  validationQueries: labelSpace === ranking ? held.query : null,
});
const settings = treesOf({ trees: 60, leaves: 8, learningRate: 0.1, minRows: 10, patience: 60, l2: 0 });

async function ndcgOf(given: ReturnType<typeof job>): Promise<number> {
  const { model, bestEpoch, curve } = await trainer.train(given, recorder().hooks);
  expect(curve).toHaveLength(60);
  expect(bestEpoch).toBeGreaterThan(10);
  const loaded = await inference.load(model);
  const predictions = await loaded.predict(held.frame, given.labelSpace);
  await loaded.release();
  const ndcg = rankingMetrics.find(({ name }) => name === 'ndcg')!;
  return ndcg.prepare({ truth: held.labels, query: held.query }, predictions)()!;
}

describe('trees of a ranking', () => {
  const peer = JSON.parse(
    readFileSync(new URL('../fixtures/rankings/lambdarank.json', import.meta.url), 'utf8'),
  ) as Record<'lambdarank' | 'regression', number>;

  test('order held-out queries as well as those of LightGBM, and better than trees that learn the grade', async () => {
    const [ranked, graded] = [await ndcgOf(job(settings)), await ndcgOf(job(settings, numbers))];
    expect(ranked).toBeGreaterThan(peer.lambdarank - 0.005);
    expect(Math.abs(graded - peer.regression)).toBeLessThan(0.01);
    expect(ranked).toBeGreaterThan(graded + 0.03);
  });

  test('say 1 less the NDCG of the validation queries after each round', async () => {
    const given = job(treesOf({ trees: 12, patience: 12 }));
    const { model, curve, bestEpoch } = await trainer.train(given, recorder().hooks);
    const loaded = await inference.load(model);
    const predictions = await loaded.predict(held.frame, ranking);
    await loaded.release();
    const ndcg = rankingMetrics[0]!.prepare({ truth: held.labels, query: held.query }, predictions)()!;
    expect(curve[bestEpoch - 1]!.validationLoss).toBeCloseTo(1 - ndcg, 6);
  });

  test('refuse queries that have no order, and say what to do', async () => {
    const apart = { ...job(settings), validationQueries: held.query.map((_, row) => row) };
    await expect(trainer.train(apart, recorder().hooks)).rejects.toMatchObject({
      type: 'InvalidDataError',
      message: expect.stringMatching(/^the validation rows cannot be used: .*one grade.*correct the grades/),
    });
  });

  test('are what trainer auto takes where they order best, by the losses of queries', async () => {
    const { tried, settings: chosen } = await trainer.train(job({ kind: 'auto', minutes: 10 }), recorder().hooks);
    expect(chosen.kind).toBe('gbdt');
    const judged = tried!.flatMap((one) => ('loss' in one ? [one] : []));
    expect(judged.map(({ name }) => name)).toEqual(['linear', 'gbdt', 'network']);
    for (const { loss, error } of judged) {
      expect(loss).toBeLessThan(0.25);
      expect(error).toBeLessThan(0.01);
    }
  });
});
