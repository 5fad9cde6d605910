import { expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { quantile } from '../../ml/tasks/quantile/task.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { jobOf, recorder } from '../contracts/trainer.suite.ts';
import { trainersHere } from '../ports/trainer-here.ts';
import { features, frameOf, treesOf } from './support.ts';

const inference = createOnnxInference();

/** Mean pinball loss of trees of `x = row % 10`, and of one number for every row. */
async function lossesOf(level: number, labelOf: (x: number) => number, l2: number) {
  const frame = frameOf({ age: Array.from({ length: 1_000 }, (_, row) => row % 10) });
  const labels = Float64Array.from({ length: 1_000 }, (_, row) => labelOf(row % 10));
  const rule = { type: 'number', missing: [] } as const;
  const labelSpace: LabelSpace = { kind: 'numbers', task: 'quantile', target: 'y', rule, levels: [level] };
  const rows = { train: frame, validation: frame, trainLabels: labels, validationLabels: labels };
  const settings = treesOf({ trees: 400, patience: 400, leaves: 7, l2 });
  const job = jobOf({ settings, features: features.slice(0, 1), ...rows, labelSpace });
  const { model } = await trainersHere(inference).train(job, recorder().hooks);
  const loaded = await inference.load(model);
  const task = quantile([level]);
  const predictions = await loaded.predict(frame, labelSpace);
  await loaded.release();
  const mean = (losses: Float64Array): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const same = task.constant(0, { trained: { truth: labels }, rows: 1_000, space: labelSpace });
  return {
    trees: mean(task.learnedLosses({ truth: labels }, predictions).losses),
    constant: mean(task.learnedLosses({ truth: labels }, same).losses),
  };
}

const zeros = (x: number): number => (x < 6 ? 0 : x);
test.each<[string, number, (x: number) => number]>([
  ['the least label', 0.5, zeros],
  ['the least label, at a low level', 0.1, (x) => (x < 3 ? 0 : x)],
  ['the greatest label', 0.5, (x) => -zeros(x)],
  ['the greatest label, at a high level', 0.9, (x) => (x < 3 ? 9 : 9 - x)],
])('trees learn beside a start on %s, with l2 and without', async (_, level, labelOf) => {
  for (const l2 of [0, 1]) {
    const { trees, constant } = await lossesOf(level, labelOf, l2);
    expect(trees).toBeLessThan(constant / 20);
  }
});
