import { createHash } from 'node:crypto';
import type { TrainingJob } from './port.ts';

type Described = Pick<
  TrainingJob,
  | 'seed'
  | 'trainLabels'
  | 'validationLabels'
  | 'trainWeights'
  | 'validationWeights'
  | 'trainQueries'
  | 'validationQueries'
  | 'labelSpace'
  | 'threshold'
>;

/**
 * What makes a checkpoint usable for a job: all that its numbers depend on, but the features of the rows. `rest` is what the trainer takes beside
 * the labels.
 */
export function fingerprintOf(job: Described, rest: readonly unknown[]): string {
  const rows = createHash('sha256');
  for (const values of [
    job.trainLabels,
    job.validationLabels,
    job.trainWeights,
    job.validationWeights,
    job.trainQueries,
    job.validationQueries,
  ])
    rows
      .update(`${values?.length};`)
      .update(values === null ? '' : new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return JSON.stringify([job.seed, job.labelSpace, job.threshold, rows.digest('hex'), ...rest]);
}
