import { setImmediate } from 'node:timers/promises';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Frame, Predictions } from '../../../contracts/data/frame.ts';
import { joinPredictions } from '../../../ml/tasks/join-predictions.ts';
import type { LoadedModel } from '../../../ports/inference/port.ts';
import { takeRows } from './take-rows.ts';

const sliceMs = 50;

/**
 * Predictions for a frame in passes of so many rows. A model that scales its activations by what a pass holds, as dynamic
 * quantization does, answers otherwise in other passes.
 */
export async function predictInPasses(
  model: LoadedModel,
  frame: Frame,
  labelSpace: LabelSpace,
  passRows: number,
): Promise<Predictions> {
  const parts: Predictions[] = [];
  let since = performance.now();
  for (let from = 0; from < frame.rowCount; from += passRows) {
    const count = Math.min(passRows, frame.rowCount - from);
    parts.push(await model.predict(takeRows(frame, from, count), labelSpace));
    if (performance.now() - since < sliceMs) continue;
    await setImmediate();
    since = performance.now();
  }
  return joinPredictions(parts);
}
