import { inSlices } from '../../../contracts/in-slices.ts';
import type { SettingsOf } from '../../../contracts/model/trainer.ts';
import { packColumns } from '../../../ml/gbdt/binned.ts';
import { binRows, fitBinning } from '../../../ml/gbdt/columns.ts';
import type { TreesJob } from '../messages.ts';
import type { TrainingJob } from '../port.ts';

/** The job with its rows in bins, a column at a time. Throws the signal's reason between two columns. */
export async function encodeForTrees(
  { features, train, validation, ...job }: TrainingJob,
  settings: SettingsOf<'gbdt'>,
  signal: AbortSignal,
): Promise<TreesJob> {
  const binning = await inSlices(fitBinning(features, train, settings.bins), signal);
  return {
    ...job,
    settings,
    binning,
    train: await inSlices(packColumns(binRows(binning, train), train.rowCount), signal),
    validation: await inSlices(packColumns(binRows(binning, validation), validation.rowCount), signal),
  };
}
