import { inSlices } from '../../../contracts/in-slices.ts';
import type { SettingsOf } from '../../../contracts/model/trainer.ts';
import { balancedWeights } from '../../../ml/training/balance.ts';
import { encodeRows, fitEncoding } from '../../../ml/training/encoding.ts';
import { batchSizeFor } from '../../../ml/training/plan.ts';
import type { NetworkJob } from '../messages.ts';
import type { TrainingJob } from '../port.ts';

/** The job with its rows encoded, a column at a time. Throws the signal's reason between two columns. */
export async function encodeForNetwork(
  { features, train, validation, ...job }: TrainingJob,
  settings: SettingsOf<'network'>,
  signal: AbortSignal,
): Promise<NetworkJob> {
  const encoding = await inSlices(fitEncoding(features, train, settings), signal);
  const weights =
    settings.classWeights === 'balanced'
      ? balancedWeights(job)
      : { trainWeights: job.trainWeights, validationWeights: job.validationWeights };
  return {
    ...job,
    ...weights,
    settings: { ...settings, batchSize: settings.batchSize ?? batchSizeFor(train.rowCount) },
    encoding,
    train: await inSlices(encodeRows(encoding, train), signal),
    validation: await inSlices(encodeRows(encoding, validation), signal),
  };
}
