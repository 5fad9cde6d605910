import { expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { TrainingJob } from '../../ports/trainer/port.ts';
import { fingerprintOf } from '../../ports/trainer/fingerprint.ts';
import { jobOf } from '../contracts/trainer.suite.ts';

const quantiles = (levels: number[]): LabelSpace => ({
  kind: 'numbers',
  task: 'quantile',
  target: 'y',
  rule: { type: 'number', missing: [] },
  levels,
});
const job = jobOf({ labelSpace: quantiles([0.1, 0.5, 0.9]) });

test.each<[string, Partial<TrainingJob>]>([
  ['another seed', { seed: 8 }],
  ['other levels', { labelSpace: quantiles([0.3, 0.5, 0.7]) }],
  ['another threshold', { threshold: 0.6 }],
  ['the same labels in another order', { trainLabels: job.trainLabels.toReversed() }],
  ['other validation labels', { validationLabels: job.validationLabels.map((label) => 1 - label) }],
  ['weights', { trainWeights: job.trainLabels.map(() => 1) }],
  ['queries', { trainQueries: Int32Array.from(job.trainLabels, () => 0) }],
  ['queries of validation', { validationQueries: Int32Array.from(job.validationLabels, () => 0) }],
  ['validation weights', { validationWeights: job.validationLabels.map(() => 1) }],
])('a checkpoint does not fit a job with %s', (_, other) => {
  expect(fingerprintOf({ ...job, ...other }, [])).not.toBe(fingerprintOf(job, []));
});

test('a checkpoint fits an equal job', () => {
  expect(fingerprintOf(jobOf({ labelSpace: quantiles([0.1, 0.5, 0.9]) }), ['a'])).toBe(fingerprintOf(job, ['a']));
});
