import { setImmediate } from 'node:timers/promises';
import type { Classes } from '../../../contracts/data/classes.ts';
import type { Frame, Predictions } from '../../../contracts/data/frame.ts';
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
  classes: Classes,
  passRows: number,
): Promise<Predictions> {
  const predictions = { positive: new Uint8Array(frame.rowCount), probability: new Float64Array(frame.rowCount) };
  let since = performance.now();
  for (let from = 0; from < frame.rowCount; from += passRows) {
    const count = Math.min(passRows, frame.rowCount - from);
    const pass = await model.predict(takeRows(frame, from, count), classes);
    predictions.positive.set(pass.positive, from);
    predictions.probability.set(pass.probability, from);
    if (performance.now() - since < sliceMs) continue;
    await setImmediate();
    since = performance.now();
  }
  return predictions;
}
