import { inSlices } from '../../../contracts/in-slices.ts';
import type { SettingsOf } from '../../../contracts/model/trainer.ts';
import { fitCurves } from '../../../ml/linear/curves.ts';
import { encodeRows, fitEncoding } from '../../../ml/training/encoding.ts';
import type { LinearJob } from '../messages.ts';
import type { TrainingJob } from '../port.ts';

/** The job with its rows encoded, a column at a time. Throws the signal's reason between two columns. */
export async function encodeForLinear(
  { features, train, validation, ...job }: TrainingJob,
  settings: SettingsOf<'linear'>,
  signal: AbortSignal,
): Promise<LinearJob> {
  const encoding = await inSlices(fitEncoding(features, train, settings), signal);
  const encoded = await inSlices(encodeRows(encoding, train), signal);
  return {
    ...job,
    settings,
    encoding,
    curves: await inSlices(fitCurves(encoding.numeric, encoded, settings.splines), signal),
    train: encoded,
    validation: await inSlices(encodeRows(encoding, validation), signal),
  };
}
