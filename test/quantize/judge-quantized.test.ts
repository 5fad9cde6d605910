import { expect, test } from 'vitest';
import { judgeQuantized, type Fp32Reference } from '../../activities/run/optimize/judge-quantized.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { Run } from '../../contracts/run/run.ts';
import { qualityGateOf } from '../../contracts/model/task.ts';
import { createRandom } from '../../ml/random.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { definition } from '../policy/definition.ts';
import { binary } from '../support/classes.ts';
import { outcomesOf, predictionsOf } from '../support/predictions.ts';

const rows = 700;
const random = createRandom(5);
const truth = Float64Array.from({ length: rows }, () => (random.next() < 0.5 ? 0.9 : 0.1));
const frame: Frame = { rowCount: rows, columns: { x: { type: 'number', values: truth } } };
const labels = Uint8Array.from(truth, (p) => (random.next() < p ? 1 : 0));
/** Answers as its input says, but turned around in passes of `wrongAt` rows. */
const modelWrongAt = (wrongAt: number | null): LoadedModel => ({
  signature: { inputs: [], outputs: [] },
  feeds: () => ({}),
  run: () => Promise.resolve({}),
  release: () => Promise.resolve(),
  predict: ({ rowCount, columns }) => {
    const given = Float64Array.from(columns.x?.values ?? [], Number);
    return Promise.resolve(predictionsOf(rowCount === wrongAt ? given.map((p) => 1 - p) : given));
  },
});

const reference: Fp32Reference = {
  run: { seed: 3 } as Run,
  pinned: {
    definition: {
      ...definition,
      features: ['x'],
      fairness: { ...definition.fairness, attributes: {} },
      optimize: { ...definition.optimize, batchSizes: [1], minSpeedup: 0 },
      serving: { ...definition.serving, maxBatch: 50 },
    },
    labelSpace: binary,
    task: taskFor({ task: 'binary' }),
    quality: qualityGateOf(definition, 'binary'),
  } as unknown as Fp32Reference['pinned'],
  rows: { frame, outcomes: outcomesOf(labels) },
  loaded: modelWrongAt(null),
  predictions: predictionsOf(truth),
};
const judge = (variant: 'dynamicInt8' | 'staticInt8', wrongAt: number | null) =>
  judgeQuantized(reference, variant, { model: 'sha256:00' as Digest, bytes: 1 }, modelWrongAt(wrongAt));

test('a variant that is wrong fails, by agreement and by the primary metric', async () => {
  const judged = await judge('dynamicInt8', rows);
  expect(judged).toMatchObject({ agreement: 0, verdict: { status: 'fail' } });
  expect(judged.differences.find(({ metric }) => metric === 'auc')?.estimate).toBeLessThan(-0.5);
});

test('a variant that answers as its reference passes', async () => {
  expect(await judge('staticInt8', 1)).toMatchObject({ agreement: 1, verdict: { status: 'pass' } });
});
