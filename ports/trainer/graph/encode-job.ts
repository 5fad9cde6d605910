import type { Frame } from '../../../contracts/data/frame.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';
import { inSlices } from '../../../contracts/in-slices.ts';
import type { SettingsOf } from '../../../contracts/model/trainer.ts';
import { declaredInputs, type DeclaredValue } from '../../../ml/onnx/adapt/declared.ts';
import { decodeModel } from '../../../ml/onnx/proto.ts';
import { batchSizeFor } from '../../../ml/training/plan.ts';
import { feedsOfFrame } from '../../inference/frame-feeds.ts';
import type { GraphJob } from '../messages.ts';
import type { TrainingJob } from '../port.ts';

/**
 * The job with its model in the form that Pawl serves, and the rows as that takes them, a column at a time. Throws `InvalidModelError` where
 * the model does not fit, and the signal's reason between two columns.
 */
export async function encodeForGraph(
  { train, validation, program, ...job }: TrainingJob,
  settings: SettingsOf<'graph'>,
  signal: AbortSignal,
): Promise<GraphJob> {
  const file = program?.files[0];
  if (program === undefined || file === undefined) throw new Error('the job lacks the model that it trains');
  const model = await program.adapt(file.bytes);
  signal.throwIfAborted();
  const inputs = declaredInputs(decodeModel(model));
  return {
    ...job,
    settings: { ...settings, batchSize: settings.batchSize ?? batchSizeFor(train.rowCount) },
    graph: model,
    train: { rows: train.rowCount, inputs: await inSlices(columnsOf(inputs, train), signal) },
    validation: { rows: validation.rowCount, inputs: await inSlices(columnsOf(inputs, validation), signal) },
  };
}

/** A tensor `[rows, 1]` for each input. */
function* columnsOf(inputs: readonly DeclaredValue[], frame: Frame): Generator<void, Tensor[], void> {
  const tensors: Tensor[] = [];
  for (const { name, type } of inputs) {
    const spec = { name, type: type ?? 'float32', shape: [null, 1] };
    const { [name]: tensor } = feedsOfFrame({ inputs: [spec], outputs: [] }, frame, 0, frame.rowCount);
    if (tensor !== undefined) tensors.push(tensor);
    yield;
  }
  return tensors;
}
