import { array, assert, double, integer, oneof, constant, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { packColumns, type Binned } from '../../ml/gbdt/binned.ts';
import { boost, type BoostJob, type BoostSettings } from '../../ml/gbdt/boost.ts';
import { binCount, binRows, fitBinning, type Binning } from '../../ml/gbdt/columns.ts';
import { exportedTrees } from '../../ml/gbdt/export.ts';
import { Grower } from '../../ml/gbdt/grow.ts';
import { alone } from '../../ml/gbdt/team.ts';
import { addTree } from '../../ml/gbdt/tree.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { binaryBoosting } from '../../ml/tasks/binary/boosting.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';
import { regressionBoosting } from '../../ml/tasks/regression/boosting.ts';
import { unscaled } from '../../ml/training/head.ts';
import type { Feature } from '../../ml/training/encoding.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { binary } from '../support/classes.ts';
import { features, frameOf, people } from './support.ts';

const drain = <T>(steps: Generator<unknown, T, void>): T => {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};
const binned = (binning: Binning, frame: Frame): Binned => drain(packColumns(binRows(binning, frame), frame.rowCount));
const binningOf = (of: readonly Feature[], frame: Frame, bins = 256): Binning => drain(fitBinning(of, frame, bins));

const usual: BoostSettings = {
  trees: 40,
  learningRate: 0.2,
  leaves: 12,
  maxDepth: 30,
  minRows: 10,
  l1: 0,
  l2: 1,
  rowShare: 1,
  columnShare: 1,
  monotone: {},
  patience: 40,
};

function jobOf(frame: Frame, labels: Float64Array, of: readonly Feature[], settings: Partial<BoostSettings> = {}) {
  const binning = binningOf(of, frame);
  const rows = { binned: binned(binning, frame), labels, weights: null };
  const job: BoostJob = {
    settings: { ...usual, ...settings },
    seed: 3,
    binning,
    train: rows,
    validation: rows,
    objective: binaryBoosting,
    labelSpace: binary,
  };
  return job;
}

describe('an exported ensemble', () => {
  test('answers what the trees say, for missing, rare and unknown values too', async () => {
    const { frame, labels } = people(2_000, 1);
    const random = createRandom(8);
    // 400 codes are more than there are bins, and most of them decide the label in part.
    const code = Array.from({ length: 2_000 }, () => `c${Math.floor(400 * random.next() ** 2)}`);
    const wide: Frame = { ...frame, columns: { ...frame.columns, code: { type: 'string', values: code } } };
    const of = [...features, { name: 'code', column: { ...features[3]!.column } }];
    const truth = Float64Array.from(labels, (label, row) => (code[row]! < 'c2' ? 1 - label : label));
    const job = jobOf(wide, truth, of);
    const state = drain(boost(job, null));
    const bytes = encodeModel(
      exportedTrees({
        binning: job.binning,
        start: state.start,
        rounds: state.rounds,
        head: binaryHead,
        answer: { space: binary, scale: unscaled, threshold: 0.5 },
      }),
    );
    expect(job.binning.map(binCount)).toEqual([256, 3, 256, 13, 256]);
    expect(state.rounds.flat().some(({ set }) => set.some((one) => one !== null))).toBe(true);
    const asked = frameOf({
      age: [Number.NaN, 20, 49.99, 50, 1e30, -1e30],
      colour: ['', 'red', 'green', 'purple', 'red', ''],
      income: [Number.NaN, 0, -0, 5, Infinity, -Infinity],
      town: ['', 't1', 't11', 'nowhere', 't5', 't0'],
      code: ['', 'c0', 'c399', 'never', 'c17', 'c250'],
    });
    const model = await createOnnxInference().load(bytes);
    for (const rows of [wide, asked]) {
      const scores = new Float64Array(rows.rowCount).fill(state.start[0]!);
      for (const [tree] of state.rounds) addTree(tree!, binned(job.binning, rows), scores);
      const { signature } = model;
      const feeds = Object.fromEntries(
        signature.inputs.map(({ name, type }) => {
          const { values } = rows.columns[name]!;
          const data = type === 'string' ? (values as string[]) : Float32Array.from(values as Float64Array);
          return [name, { type, shape: [rows.rowCount, 1], data }];
        }),
      );
      const { probabilities } = await model.run(feeds);
      scores.forEach((score, row) =>
        expect(Number(probabilities!.data[2 * row + 1])).toBeCloseTo(1 / (1 + Math.exp(-score)), 5),
      );
    }
    await model.release();
  });

  test('of no tree at all answers the share of the labels', async () => {
    const { frame } = people(100, 1);
    const job = jobOf(
      frame,
      Float64Array.from({ length: 100 }, (_, row) => Number(row < 30)),
      features,
    );
    const model = await createOnnxInference().load(
      encodeModel(
        exportedTrees({
          binning: job.binning,
          start: binaryBoosting.start(job.train, binary),
          rounds: [],
          head: binaryHead,
          answer: { space: binary, scale: unscaled, threshold: 0.5 },
        }),
      ),
    );
    const { scores } = await model.predict(frame, binary);
    await model.release();
    scores.forEach((score) => expect(score).toBeCloseTo(0.3, 6));
  });
});

describe('a tree', () => {
  const cell = oneof(
    { weight: 4, arbitrary: integer({ min: -3, max: 3 }) },
    { weight: 1, arbitrary: constant(Number.NaN) },
  );
  const row = record({ first: cell, second: cell, gradient: double({ min: -1, max: 1, noNaN: true }) });
  const number: Feature['column'] = features[0]!.column;
  const two = [
    { name: 'first', column: number },
    { name: 'second', column: number },
  ];

  test('begins with the split that gains most of all that there are', () => {
    assert(
      property(array(row, { minLength: 4, maxLength: 60 }), integer({ min: 1, max: 4 }), (rows, minRows) => {
        const frame = frameOf({ first: rows.map(({ first }) => first), second: rows.map(({ second }) => second) });
        const binning = binningOf(two, frame);
        const facts = binning.map((column, index) => ({
          index,
          bins: binCount(column),
          isCategory: false,
          monotone: 0,
        }));
        const limits = { leaves: 2, maxDepth: 9, l1: 0, l2: 1, minRows, minHessian: 0, minGain: 1e-9 };
        const gradients = Float32Array.from(rows, ({ gradient }) => gradient);
        const { tree } = new Grower(alone(binned(binning, frame), 2), facts, limits).grow(
          null,
          { gradients, hessians: new Float32Array(rows.length).fill(1) },
          { active: Uint8Array.of(1, 1), seed: 1, stream: 1 },
        );
        const gainOf = (left: readonly boolean[]): number => {
          const side = (wanted: boolean): { sum: number; count: number } => {
            const of = rows.flatMap((_, i) => (left[i] === wanted ? [gradients[i]!] : []));
            return { sum: of.reduce((sum, one) => sum + one, 0), count: of.length };
          };
          const [a, b, all] = [side(true), side(false), gradients.reduce((sum, one) => sum + one, 0)];
          if (a.count < minRows || b.count < minRows) return 0;
          return a.sum ** 2 / (a.count + 1) + b.sum ** 2 / (b.count + 1) - all ** 2 / (rows.length + 1);
        };
        const every = (['first', 'second'] as const).flatMap((name) =>
          [-3, -2, -1, 0, 1, 2, 3].flatMap((bound) =>
            [true, false].map((missingLeft) =>
              gainOf(rows.map(({ [name]: value }) => (Number.isNaN(value) ? missingLeft : value <= bound))),
            ),
          ),
        );
        const best = Math.max(0, ...every);
        if (tree.column.length === 0) {
          expect(best).toBeLessThan(1e-5);
          return;
        }
        const leaves = new Float64Array(rows.length);
        addTree({ ...tree, value: tree.value.map((_, leaf) => leaf) }, binned(binning, frame), leaves);
        const sides = [...leaves].map((leaf) => leaf === -1 - tree.left[0]!);
        expect(gainOf(sides)).toBeGreaterThanOrEqual(best - 1e-5);
        // Newton's step, of the exact derivatives.
        for (const [leaf, wanted] of [
          [-1 - tree.left[0]!, true],
          [-1 - tree.right[0]!, false],
        ] as const) {
          const own = rows.flatMap((_, i) => (sides[i] === wanted ? [gradients[i]!] : []));
          expect(tree.value[leaf]).toBeCloseTo(-own.reduce((sum, one) => sum + one, 0) / (own.length + 1), 6);
        }
      }),
    );
  });

  const weighted = new Float64Array(1_500).map((_, row) => [0.1, 0.5, 3][row % 3]!);
  test.each([
    ['numbers', regressionBoosting, null],
    ['numbers with weights', regressionBoosting, weighted],
    ['two labels', binaryBoosting, null],
    ['two labels with weights', binaryBoosting, weighted],
  ])('of %s has no more leaves, and none of fewer rows, than it may', (_, objective, weights) => {
    const { frame, labels } = people(1_500, 2);
    const plain = jobOf(frame, Float64Array.from(labels), features, { trees: 20, leaves: 9, minRows: 40, l2: 0 });
    const job = { ...plain, train: { ...plain.train, weights }, objective };
    for (const [tree] of drain(boost(job, null)).rounds) {
      expect(tree!.value.length).toBeLessThanOrEqual(9);
      expect(tree!.value.length).toBeGreaterThan(3);
      const scores = new Float64Array(1_500);
      addTree({ ...tree!, value: tree!.value.map((_, leaf) => leaf) }, job.train.binned, scores);
      for (const leaf of tree!.value.keys())
        expect(scores.filter((one) => one === leaf).length).toBeGreaterThanOrEqual(40);
    }
  });

  test('sends a value that no training row lacked to the side with more rows, though the other one weighs more', () => {
    const age = Array.from({ length: 400 }, (_, row) => (row < 100 ? 20 : 60));
    const labels = Float64Array.from(age, (value) => Number(value > 40));
    const plain = jobOf(frameOf({ age }), labels, features.slice(0, 1), { trees: 1 });
    const weights = labels.map((label) => (label === 1 ? 0.1 : 10));
    const { rounds } = drain(
      boost({ ...plain, train: { ...plain.train, weights }, objective: regressionBoosting }, null),
    );
    expect(rounds[0]![0]!.missingLeft).toEqual([false]);
  });

  test('rises with a column where it is told to, and with what it finds elsewhere', () => {
    const { frame, labels } = people(3_000, 3);
    const random = createRandom(9);
    // The label falls with the income in the middle of its range.
    const income = frame.columns.income!.values as Float64Array;
    const turned = Float64Array.from(labels, (label, at) =>
      Math.abs(income[at]!) < 500 ? Number(random.next() < 0.5 - income[at]! / 1_100) : label,
    );
    const grid = frameOf({
      age: Array.from({ length: 200 }, () => 50),
      colour: Array.from({ length: 200 }, () => 'red'),
      income: Array.from({ length: 200 }, (_, i) => 30 * (i - 100)),
      town: Array.from({ length: 200 }, () => 't1'),
    });
    const falls = (monotone: BoostSettings['monotone'], sign = 1): number => {
      const job = jobOf(frame, turned, features, { monotone });
      const scores = new Float64Array(200);
      for (const [tree] of drain(boost(job, null)).rounds) addTree(tree!, binned(job.binning, grid), scores);
      return scores.filter((score, at) => at > 0 && sign * (score - scores[at - 1]!) < -1e-12).length;
    };
    expect(falls({})).toBeGreaterThan(0);
    expect(falls({ income: 'rising' })).toBe(0);
    expect(falls({ income: 'falling' }, -1)).toBe(0);
  });
});

/** Rows by value, of a column in so many bins, bin by bin. */
function valuesByBin(values: number[], bins: number): number[][] {
  const frame = frameOf({ age: values });
  const binning = binningOf([features[0]!], frame, bins);
  const [places] = binRows(binning, frame);
  const found: number[][] = [];
  for (const [row, bin] of places!.entries()) (found[bin] ??= []).push(values[row]!);
  expect(binCount(binning[0]!)).toBeLessThanOrEqual(bins);
  return found.filter((one) => one !== undefined);
}

test('a value that is a large share of the rows has a bin of its own, though few rows are beside it', () => {
  const random = createRandom(4);
  const values = Array.from({ length: 100_000 }, (_, row) => {
    if (row < 50_000) return 0;
    return row < 50_090 ? -random.next() : random.next();
  });
  const found = valuesByBin(values, 256);
  expect(found.find((bin) => bin.includes(0))).toEqual(Array.from({ length: 50_000 }, () => 0));
  expect(found[0]).toHaveLength(90);
  expect(found).toHaveLength(255);
});

test('more heavy values than bins hold keep the bins few, and the heaviest values apart', () => {
  const heavy = (value: number, rows: number): number[] => Array.from({ length: rows }, () => value);
  const values = [0, 2, 4, 6, 8].flatMap((value) => [...heavy(value, 100 + 10 * value), value + 0.5, value + 0.7]);
  const found = valuesByBin(values, 7);
  for (const value of [6, 8]) expect(found.find((bin) => bin.includes(value))).toEqual(heavy(value, 100 + 10 * value));
  expect(found.flat()).toHaveLength(values.length);
});

test('bins of numbers hold equal values together, and share the rest evenly', () => {
  const random = createRandom(2);
  const values = Array.from({ length: 20_000 }, () => (random.next() < 0.9 ? 0 : random.normal()));
  const frame = frameOf({ age: [...values, Number.NaN] });
  const [column] = binningOf([features[0]!], frame, 11);
  expect(binCount(column!)).toBe(11);
  const counts = new Map<number, number>();
  const [bins] = binRows([column!], frame);
  for (const bin of bins!) counts.set(bin, (counts.get(bin) ?? 0) + 1);
  expect(counts.get(0)).toBe(1);
  const zeros = bins![values.indexOf(0)]!;
  expect(values.filter((value) => value === 0)).toHaveLength(counts.get(zeros)!);
  for (const [bin, count] of counts) if (bin !== 0 && bin !== zeros) expect(count).toBeGreaterThan(100);
});
