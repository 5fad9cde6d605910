import { describe, expect, it } from 'vitest';
import type { LabelSpace, NumberSpace } from '../../contracts/data/label-space.ts';
import { meanLossesOf } from '../../contracts/evidence/paired-losses.ts';
import type { LogEntry, PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();

const numbers = (more: Partial<NumberSpace> = {}): LabelSpace => ({
  kind: 'numbers',
  task: 'regression',
  target: 'amount',
  rule: { type: 'number' },
  ...more,
});

const floats = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
  type: 'float32' as const,
  shape: [...shape],
  data: Float32Array.from(values),
});

/** A request that both versions answered, and its labels by row. */
function asked(
  id: string,
  rows: number,
  [champion, canary]: readonly [PredictionEntry['outputs'], PredictionEntry['outputs']],
  labels: readonly (number | null)[],
): LogEntry[] {
  const ids = rows === 1 ? [id] : Array.from({ length: rows }, (_, row) => `${id}/${row}`);
  return [
    prediction(id, { rows, inputs: {}, outputs: champion }),
    mirror(id, { rows, outputs: canary }),
    ...labels.flatMap((label, row) => (label === null ? [] : [feedback(ids[row]!, label)])),
  ];
}

describe('live losses of a regression', () => {
  const answer = (value: number) => ({ prediction: floats([value]) });
  it('are absolute errors by the cap, at most 1', async () => {
    const { paired } = await observe(
      { labelSpace: numbers(), errorCap: 10 },
      asked('a', 1, [answer(5), answer(8)], [4]),
      asked('b', 1, [answer(5), answer(500)], [5]),
      asked('c', 1, [answer(5), answer(NaN)], [5]),
      asked('d', 1, [answer(5), answer(5)], [null]),
    );
    expect(paired).toMatchObject({ labels: 3, missing: 1, worse: 3, better: 0 });
    expect(paired.losses?.champion).toBeCloseTo(0.1, 12);
    expect(paired.losses?.canary).toBeCloseTo(0.4 + 1 + 1, 12);
    expect(meanLossesOf(paired)).toMatchObject({ words: 'mean error', most: 10 });
  });
});

describe('live losses of quantiles', () => {
  const levels = [0.1, 0.5, 0.9];
  const answer = (...quantiles: number[]) => ({
    prediction: floats([quantiles[1]!]),
    quantiles: floats(quantiles, [1, 3]),
  });
  it('are twice the mean pinball loss by the cap, so that too narrow an interval loses though its middle is right', async () => {
    const { paired } = await observe(
      { labelSpace: numbers({ task: 'quantile', levels }), errorCap: 10 },
      asked('a', 1, [answer(2, 5, 8), answer(4.9, 5, 5.1)], [8]),
      asked('b', 1, [answer(2, 5, 8), answer(NaN, 5, 8)], [5]),
    );
    // At 8: .1 * 6 + .5 * 3 + 0, and .1 * 3.1 + .5 * 3 + .9 * 2.9; at 5: .1 * 3 + 0 + .1 * 3, and no number.
    const of = (sum: number): number => (2 * sum) / 3 / 10;
    expect(paired.labels).toBe(2);
    expect(paired.losses?.champion).toBeCloseTo(of(2.1) + of(0.6), 6);
    expect(paired.losses?.canary).toBeCloseTo(of(0.31 + 1.5 + 2.61) + 1, 6);
    expect(meanLossesOf(paired)).toMatchObject({ words: 'mean pinball loss', most: 5 });
  });

  it('are those of the prediction alone where there is one level', async () => {
    const single = (value: number) => ({ prediction: floats([value]), quantiles: floats([value], [1, 1]) });
    const { paired } = await observe(
      { labelSpace: numbers({ task: 'quantile', levels: [0.5] }), errorCap: 10 },
      asked('a', 1, [single(5), single(8)], [4]),
    );
    expect([paired.losses?.champion, paired.losses?.canary]).toEqual([0.1, 0.4]);
  });
});

describe('live losses of a ranking', () => {
  const scores = (...values: number[]) => ({ prediction: floats(values) });
  const labelSpace = numbers({ task: 'ranking' });
  const gain = (...grades: number[]) => grades.reduce((sum, grade, rank) => sum + grade / Math.log2(rank + 2), 0);

  it('are of whole requests: 1 less the NDCG of their rows', async () => {
    const { paired } = await observe(
      { labelSpace },
      // The champion orders the grades 3, 2, 0; the canary 0, 2, 3.
      asked('a', 3, [scores(9, 5, 1), scores(1, 5, 9)], [3, 2, 0]),
      // Nobody said what the second row is worth: nothing.
      asked('b', 2, [scores(1, 2), scores(2, 1)], [1, null]),
    );
    expect(paired).toMatchObject({ labels: 2, missing: 0, worse: 1, better: 1 });
    expect(paired.losses?.champion).toBeCloseTo(0 + (1 - 1 / Math.log2(3)), 12);
    expect(paired.losses?.canary).toBeCloseTo(1 - gain(0, 2, 3) / gain(3, 2, 0), 12);
    expect(meanLossesOf(paired)?.words).toBe('mean NDCG');
  });

  it('are missing where no row has a label, and say nothing where no row is relevant', async () => {
    const { paired } = await observe(
      { labelSpace },
      asked('a', 2, [scores(1, 2), scores(2, 1)], [null, null]),
      asked('b', 2, [scores(1, 2), scores(2, 1)], [0, 0]),
      asked('c', 2, [scores(2, 1), scores(NaN, 1)], [1, 0]),
    );
    expect(paired).toMatchObject({ labels: 1, missing: 1, worse: 1 });
  });

  it('are of one request of a key, whose neighbours of the same time are others', async () => {
    const at = since + 1;
    const entries = ['a', 'b'].flatMap((id) => asked(id, 2, [scores(2, 1), scores(1, 2)], [1, 0]));
    const { paired } = await observe(
      { labelSpace },
      entries.map((entry) => ({ ...entry, at: entry.kind === 'prediction' ? at : entry.at })),
    );
    expect(paired.labels).toBe(2);
    expect(paired.losses?.champion).toBe(0);
  });

  it('leave grades below 0 aside', async () => {
    const { paired, setAside } = await observe({ labelSpace }, asked('a', 2, [scores(2, 1), scores(1, 2)], [-1, 1]));
    expect(setAside?.labels).toBe(1);
    expect(paired.losses?.canary).toBe(0);
  });
});

describe('live losses of answers that are worth something', () => {
  const classes = [0, 1].map((value) => ({ value, code: String(value) }));
  const rule = { type: 'integer' };
  const utility = [
    [0, -2],
    [0, 10],
  ];
  const space = { kind: 'classes', task: 'binary', target: 'amount', rule, classes, utility } as LabelSpace;
  const answer = (label: number) => ({
    label: { type: 'int64' as const, shape: [1], data: BigInt64Array.of(BigInt(label)) },
  });

  it('are how far they are from the greatest worth, by the range', async () => {
    const { paired } = await observe(
      { labelSpace: space },
      asked('a', 1, [answer(1), answer(0)], [1]),
      asked('b', 1, [answer(0), answer(1)], [0]),
      asked('c', 1, [answer(1), answer(1)], [null]),
      // No label of the target.
      asked('d', 1, [answer(1), answer(7)], [1]),
    );
    expect(paired).toMatchObject({ labels: 3, missing: 1, worse: 3, better: 0 });
    expect(paired.losses?.champion).toBeCloseTo(0 + 10 / 12 + 0, 12);
    expect(paired.losses?.canary).toBeCloseTo(10 / 12 + 1 + 1, 12);
    expect(meanLossesOf(paired)?.words).toBe('mean utility');
    expect(meanLossesOf(paired)?.champion).toBeCloseTo((10 + 0 + 10) / 3, 12);
  });

  it('are what errors of numbers cost, by the cost of the cap', async () => {
    const value = (number: number) => ({ prediction: floats([number]) });
    const { paired } = await observe(
      { labelSpace: numbers({ costs: { over: 1, under: 4 } }), errorCap: 10 },
      asked('a', 1, [value(12), value(8)], [10]),
    );
    expect([paired.losses?.champion, paired.losses?.canary]).toEqual([2 / 40, 8 / 40]);
    expect(meanLossesOf(paired)).toMatchObject({ words: 'mean cost', champion: 2, canary: 8, most: 40 });
  });
});
