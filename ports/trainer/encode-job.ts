import { PawlError } from '../../contracts/errors.ts';
import { inSlices } from '../../contracts/in-slices.ts';
import { errorTypes } from '../../contracts/names.ts';
import { encodeRows, fitEncoding } from '../../ml/training/encoding.ts';
import type { ProcessJob } from './messages.ts';
import type { TrainingJob } from './port.ts';

/**
 * The job with its rows encoded, a column at a time. Throws `InvalidDataError` for rows that cannot be trained on, and the signal's
 * reason between two columns.
 */
export async function encodeJob(job: TrainingJob, signal: AbortSignal): Promise<ProcessJob> {
  const { settings, seed, trainLabels, validationLabels, classes, threshold, resume } = job;
  checkLabels(trainLabels, 'training');
  checkLabels(validationLabels, 'validation');
  signal.throwIfAborted();
  const encoding = await inSlices(fitEncoding(job.features, job.train, settings.encoding), signal);
  const train = await inSlices(encodeRows(encoding, job.train), signal);
  const validation = await inSlices(encodeRows(encoding, job.validation), signal);
  return { settings, seed, encoding, train, validation, trainLabels, validationLabels, classes, threshold, resume };
}

function checkLabels(labels: Uint8Array, part: string): void {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  if (part === 'validation' ? labels.length > 0 : positives > 0 && positives < labels.length) return;
  throw new PawlError(
    errorTypes.invalidData,
    `the ${part} rows cannot be used: ${labels.length} rows, ${positives} of them positive. Take more rows, or correct the split`,
    { rows: labels.length, positives },
  );
}
