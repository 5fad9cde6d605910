import { PawlError } from '../../contracts/errors.ts';
import { inSlices } from '../../contracts/in-slices.ts';
import { errorTypes } from '../../contracts/names.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { encodeRows, fitEncoding } from '../../ml/training/encoding.ts';
import type { ProcessJob } from './messages.ts';
import type { TrainingJob } from './port.ts';

/**
 * The job with its rows encoded, a column at a time. Throws `InvalidDataError` for rows that cannot be trained on, and the signal's
 * reason between two columns.
 */
export async function encodeJob(job: TrainingJob, signal: AbortSignal): Promise<ProcessJob> {
  const { features: _features, train: _train, validation: _validation, ...others } = job;
  checkLabels(job, 'training');
  checkLabels(job, 'validation');
  signal.throwIfAborted();
  const encoding = await inSlices(fitEncoding(job.features, job.train, job.settings.encoding), signal);
  const train = await inSlices(encodeRows(encoding, job.train), signal);
  const validation = await inSlices(encodeRows(encoding, job.validation), signal);
  return { ...others, encoding, train, validation };
}

function checkLabels(
  { trainLabels, validationLabels, labelSpace }: TrainingJob,
  part: 'training' | 'validation',
): void {
  const labels = part === 'training' ? trainLabels : validationLabels;
  const problem = taskFor(labelSpace).head.problem(labels, part, labelSpace);
  if (problem === null) return;
  throw new PawlError(
    errorTypes.invalidData,
    `the ${part} rows cannot be used: ${problem}. Take more rows, or correct the split`,
    { rows: labels.length },
  );
}
