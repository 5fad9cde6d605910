import { errorTypes } from '../../../contracts/names.ts';
import { inSlices } from '../../../contracts/in-slices.ts';
import { PawlError } from '../../../contracts/errors.ts';
import type { SettingsOf } from '../../../contracts/model/trainer.ts';
import { packColumns } from '../../../ml/gbdt/binned.ts';
import { binRows, fitBinning } from '../../../ml/gbdt/columns.ts';
import { hasOrder } from '../../../ml/tasks/ranking/queries.ts';
import type { TreesJob } from '../messages.ts';
import type { TrainingJob } from '../port.ts';

/**
 * The job with its rows in bins, a column at a time. Throws `InvalidDataError` for a ranking without order, and the signal's reason between two
 * columns.
 */
export async function encodeForTrees(
  { features, train, validation, ...job }: TrainingJob,
  settings: SettingsOf<'gbdt'>,
  signal: AbortSignal,
): Promise<TreesJob> {
  refuseWithoutOrder('training', job.trainLabels, job.trainQueries);
  refuseWithoutOrder('validation', job.validationLabels, job.validationQueries);
  const binning = await inSlices(fitBinning(features, train, settings.bins), signal);
  return {
    ...job,
    settings,
    binning,
    train: await inSlices(packColumns(binRows(binning, train), train.rowCount), signal),
    validation: await inSlices(packColumns(binRows(binning, validation), validation.rowCount), signal),
  };
}

function refuseWithoutOrder(part: string, truth: Float64Array, query: Int32Array | null): void {
  if (query === null || hasOrder({ truth, query })) return;
  throw new PawlError(
    errorTypes.invalidData,
    `the ${part} rows cannot be used: the rows of each query have one grade, and trees learn which comes first. Take more rows, or correct the grades or the query`,
    { rows: truth.length },
  );
}
