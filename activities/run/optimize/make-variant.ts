import { setImmediate } from 'node:timers/promises';
import type { OptimizationEvidence } from '../../../contracts/evidence/optimization.ts';
import type { Frame } from '../../../contracts/data/frame.ts';
import { createRangeCollector, instrument, type ObservedRanges } from '../../../ml/onnx/quantize/calibration.ts';
import { quantizeDynamic } from '../../../ml/onnx/quantize/dynamic.ts';
import { nothingToQuantize, type Quantized } from '../../../ml/onnx/quantize/quantized.ts';
import { quantizeStatic } from '../../../ml/onnx/quantize/static.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../../ml/onnx/proto.ts';
import { loadModel } from '../../support/load-model.ts';
import type { Ports } from '../../ports.ts';

import { takeRows } from './take-rows.ts';

type Needed = Pick<Ports, 'store' | 'inference'>;

export type QuantizedVariant = Exclude<OptimizationEvidence['chosen'], 'fp32'>;

/** Rows per calibration pass: a pass brings every activation of its rows into memory. */
const passRows = 256;

/** The bytes of a variant; or a text that says why it cannot be made. */
export async function makeVariant(
  ports: Needed,
  variant: QuantizedVariant,
  fp32: Uint8Array,
  isForeign: boolean,
  calibrationRows: () => Promise<Frame>,
): Promise<Uint8Array | string> {
  const model = decodeModel(fp32);
  const quantized = await quantize(ports, variant, model, isForeign, calibrationRows);
  if (quantized.quantizedNodes.length === 0) return nothingToQuantize(quantized);
  return encodeModel(quantized.model);
}

async function quantize(
  ports: Needed,
  variant: QuantizedVariant,
  model: ModelProto,
  isForeign: boolean,
  calibrationRows: () => Promise<Frame>,
): Promise<Quantized> {
  switch (variant) {
    case 'dynamicInt8':
      return quantizeDynamic(model);
    case 'staticInt8':
      return quantizeStatic(model, await observe(ports, model, isForeign, await calibrationRows()));
  }
}

/** Runs the rows through the instrumented model. */
async function observe(ports: Needed, model: ModelProto, isForeign: boolean, rows: Frame): Promise<ObservedRanges> {
  const instrumented = instrument(model);
  const collector = createRangeCollector(instrumented);
  const loaded = await loadModel(ports, await ports.store.putBlob(encodeModel(instrumented.model)), isForeign);
  try {
    for (let from = 0; from < rows.rowCount; from += passRows) {
      const count = Math.min(passRows, rows.rowCount - from);
      collector.add(await loaded.run(loaded.feeds(takeRows(rows, from, count))));
      await setImmediate();
    }
  } finally {
    await loaded.release();
  }
  return collector.ranges();
}
