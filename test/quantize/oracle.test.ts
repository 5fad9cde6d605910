import { describe, expect, test } from 'vitest';
import { quantizeDynamic } from '../../ml/onnx/quantize/dynamic.ts';
import { quantizeStatic } from '../../ml/onnx/quantize/static.ts';
import type { ModelProto } from '../../ml/onnx/proto.ts';
import { calibrate, initializer, meanError, modelOf, oracleCases, run, type OracleCase } from './support.ts';

/** The weight's name in the oracle, by the name of the node that uses it. */
const weightOf = (model: ModelProto): [string, string, boolean][] =>
  model.graph.node
    .filter(({ opType }) => opType === 'Gemm' || opType === 'MatMul')
    .map((node) => [node.name ?? '', node.input[1] ?? '', node.opType === 'Gemm']);

function transpose(values: readonly number[], [rows = 0, columns = 0]: readonly number[]): number[] {
  return Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)] ?? Number.NaN);
}

const rowsOf = ({ width }: OracleCase, values: readonly number[]): [number, number] => [values.length / width, width];

describe.each(oracleCases.map((oracle) => [oracle.name, oracle] as const))('the model "%s"', (_, oracle) => {
  const model = modelOf(oracle);
  const rows = rowsOf(oracle, oracle.test);

  test('is as close to fp32 after dynamic quantization as after ONNX Runtime’s', async () => {
    const { model: ours, quantizedNodes } = quantizeDynamic(model);
    expect(quantizedNodes).toHaveLength(weightOf(model).length);
    const outputs = await run(ours, oracle.test, rows);
    for (const [name, fp32] of Object.entries(oracle.outputs.fp32)) {
      const theirs = meanError(oracle.outputs.dynamic[name] ?? [], fp32);
      expect(theirs).toBeGreaterThan(0);
      expect(meanError(outputs[name]?.data ?? [], fp32)).toBeLessThanOrEqual(1.5 * theirs + 1e-6);
    }
  });

  test('is as close to fp32 after static quantization as after ONNX Runtime’s', async () => {
    const ranges = await calibrate(model, oracle.calibration, rowsOf(oracle, oracle.calibration));
    const outputs = await run(quantizeStatic(model, ranges).model, oracle.test, rows);
    for (const [name, fp32] of Object.entries(oracle.outputs.fp32)) {
      const theirs = meanError(oracle.outputs.static[name] ?? [], fp32);
      expect(theirs).toBeGreaterThan(0);
      expect(meanError(outputs[name]?.data ?? [], fp32)).toBeLessThanOrEqual(1.5 * theirs + 1e-6);
    }
  });

  test('gets the quantized weights and scales of ONNX Runtime', () => {
    const { model: ours } = quantizeDynamic(model);
    for (const [node, weight] of weightOf(model)) {
      const scales = initializer(ours, `${node}_weight_scale`).values;
      expect(scales).toEqual(oracle.dynamic[`${weight}_scale`]?.values.map(Math.fround));
      expect(initializer(ours, `${node}_weight_quantized`).values).toEqual(
        oracle.dynamic[`${weight}_quantized`]?.values,
      );
    }
  });

  test('gets the scales and zero points of ONNX Runtime from the same calibration', async () => {
    const ranges = await calibrate(model, oracle.calibration, rowsOf(oracle, oracle.calibration));
    const { model: ours } = quantizeStatic(model, ranges);
    for (const value of ranges.keys()) {
      expect(initializer(ours, `${value}_scale`).values[0]).toBeCloseTo(oracle.static[`${value}_scale`]!.values[0]!, 7);
      expect(initializer(ours, `${value}_zero_point`).values).toEqual(oracle.static[`${value}_zero_point`]?.values);
    }
    for (const [node, weight, isGemm] of weightOf(model)) {
      const theirs = oracle.static[`${weight}_quantized`]!;
      const ours8 = initializer(ours, `${node}_weight_quantized`).values;
      expect(ours8).toEqual(isGemm ? transpose(theirs.values, theirs.dims) : theirs.values);
    }
    for (const { name, input } of model.graph.node.filter(({ opType }) => opType === 'Gemm')) {
      const theirs = oracle.static[`${input[2]}_quantized`]!.values;
      const ours32 = initializer(ours, `${name}_bias_quantized`).values;
      for (const [column, value] of theirs.entries()) expect(Math.abs(ours32[column]! - value)).toBeLessThanOrEqual(1);
    }
  });
});
