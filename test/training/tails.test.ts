import { expect, test } from 'vitest';
import type { Column } from '../../contracts/data/dataset.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { designNetwork, initialParameters } from '../../ml/training/architecture.ts';
import { exportedModel } from '../../ml/training/export-graph.ts';
import { drawnIn, drawnOut, fitTails } from '../../ml/training/tails.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { classesFor } from '../support/classes.ts';
import { encodeRows, fitEncoding } from './encoded.ts';
import { frameOf, settingsOf } from './support.ts';

const drawn = (of: (random: ReturnType<typeof createRandom>) => number): Float64Array => {
  const random = createRandom(3);
  return Float64Array.from({ length: 5000 }, () => of(random));
};

test.each([
  ['even', (random) => random.next(), false],
  ['normal', (random) => 100 + 5 * random.normal(), false],
  ['two values', (random) => Number(random.next() < 0.3), false],
  ['equal', () => 7, false],
  ['lognormal', (random) => Math.exp(1.5 * random.normal()), true],
  ['mostly 0', (random) => (random.next() < 0.9 ? 0 : 1000 * Math.exp(random.normal())), true],
  ['far on both sides', (random) => random.normal() / random.normal(), true],
] satisfies [string, Parameters<typeof drawn>[0], boolean][])('tails of numbers that are %s: %o', (_, of, isLong) => {
  const values = drawn(of);
  const tails = fitTails(values);
  expect(tails !== null).toBe(isLong);
  for (const value of values.subarray(0, 100)) {
    const back = drawnOut(tails, drawnIn(tails, value));
    expect(Math.abs(back - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
  }
  if (tails === null) return;
  // They keep their order.
  const sorted = [...values].sort((a, b) => a - b).map((value) => drawnIn(tails, value));
  for (let at = 1; at < sorted.length; at++) expect(sorted[at]!).toBeGreaterThanOrEqual(sorted[at - 1]!);
});

const numeric = { type: 'number', kind: 'numeric' } as Column;

test('the exported graph draws numbers in as the rows are, missing and far ones too', async () => {
  const incomes = [...drawn((random) => 1e4 * Math.exp(1.5 * random.normal()))].map((value, at) =>
    at % 9 === 0 ? Number.NaN : value,
  );
  const ages = [...drawn((random) => 20 + 60 * random.next())];
  const features = [
    { name: 'income', column: numeric },
    { name: 'age', column: numeric },
  ];
  const frame = frameOf({ income: incomes, age: ages });
  const settings = settingsOf({ tails: 'log' });
  const encoding = fitEncoding(features, frame, settings);
  expect(encoding.numeric.map(({ tails }) => tails !== null)).toEqual([true, false]);
  const rows = encodeRows(encoding, frame);
  const [own] = [Array.from({ length: 5000 }, (_, row) => rows.numeric[row * 3]!)];
  expect(Math.max(...own.map(Math.abs))).toBeLessThan(6);
  const network = designNetwork(settings, encoding, 1);
  const theta = initialParameters(network, rows, 5);
  const space = classesFor(4, 9);
  const { head } = taskFor(space);
  const answer = { space, scale: { mean: 0, deviation: 1 }, threshold: 0.5 };
  const loaded = await createOnnxInference().load(
    encodeModel(exportedModel({ encoding, network, thetas: [theta], head, answer })),
  );
  const asked = frameOf({ income: [Number.NaN, 0, -1e6, 3e4, 1e30], age: [30, Number.NaN, 30, 1e9, -5] });
  const { scores } = await loaded.predict(asked, space);
  expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  const plain = { ...encoding, numeric: encoding.numeric.map((one) => ({ ...one, tails: null })) };
  const beside = await createOnnxInference().load(
    encodeModel(exportedModel({ encoding: plain, network, thetas: [theta], head, answer })),
  );
  const income = encoding.numeric[0]!.tails;
  const same = await beside.predict(
    frameOf({
      income: [Number.NaN, 0, -1e6, 3e4, 1e30].map((value) => drawnIn(income, Math.fround(value))),
      age: [30, Number.NaN, 30, 1e9, -5],
    }),
    space,
  );
  for (const [row, score] of scores.entries()) expect(Math.abs(score - same.scores[row]!)).toBeLessThan(1e-5);
  await loaded.release();
  await beside.release();
});
