import { expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { TrainerSettings } from '../../contracts/model/trainer.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { jobOf, recorder } from '../contracts/trainer.suite.ts';
import { trainersHere } from '../ports/trainer-here.ts';
import { features, frameOf, linearOf, treesOf } from './support.ts';

const inference = createOnnxInference();
const space = (levels?: number[]): LabelSpace => ({
  kind: 'numbers',
  task: levels === undefined ? 'regression' : 'quantile',
  target: 'y',
  rule: { type: 'number', missing: [] },
  ...(levels === undefined ? {} : { levels }),
});

/** The greatest distance of an answer from `offset + slope * (row % 10)`, and the type of answers. */
async function errorOf(settings: TrainerSettings, labelSpace: LabelSpace, offset: number, slope: number) {
  const frame = frameOf({ age: Array.from({ length: 1_000 }, (_, row) => row % 10) });
  const labels = Float64Array.from({ length: 1_000 }, (_, row) => offset + slope * (row % 10));
  const rows = { train: frame, validation: frame, trainLabels: labels, validationLabels: labels };
  const job = jobOf({ settings, features: features.slice(0, 1), ...rows, labelSpace });
  const { model } = await trainersHere(inference).train(job, recorder().hooks);
  const loaded = await inference.load(model);
  const { answer } = await loaded.predict(frame, labelSpace);
  const types = new Set(loaded.signature.outputs.map(({ type }) => type));
  await loaded.release();
  return { error: Math.max(...answer.map((value, row) => Math.abs(value - labels[row]!))), types: [...types] };
}

const trees = treesOf({ trees: 200 });
const linear = linearOf();
test.each<[string, TrainerSettings, LabelSpace, number, number]>([
  ['trees of a number', trees, space(), 1.7e9, 3],
  ['trees of a number', trees, space(), -1e8, 2],
  ['a linear model of a number', linear, space(), 1.7e9, 3],
  ['trees of quantiles', trees, space([0.1, 0.5, 0.9]), 1.7e9, 3],
  ['a linear model of quantiles', linear, space([0.1, 0.5, 0.9]), 1.7e9, 3],
])('%s keep what float32 cannot hold beside an offset', async (_, settings, labelSpace, offset, slope) => {
  const { error, types } = await errorOf(settings, labelSpace, offset, slope);
  expect(error).toBeLessThan(slope / 3);
  expect(types).toEqual(['float64']);
});

test('answers stay float32 where it holds the spread of the target', async () => {
  const { error, types } = await errorOf(trees, space(), 1_000, 3);
  expect(error).toBeLessThan(0.01);
  expect(types).toEqual(['float32']);
});
