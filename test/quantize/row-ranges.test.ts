import { expect, test } from 'vitest';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { decodeModel, encodeModel } from '../../ml/onnx/proto.ts';
import { quantizeDynamic } from '../../ml/onnx/quantize/dynamic.ts';
import { createRandom } from '../../ml/random.ts';
import { run } from './support.ts';

const width = 6;

test.each([11, 21])(
  'a row is answered alike after dynamic quantization beside any neighbours, with operator set %i',
  async (opset) => {
    const random = createRandom(8);
    const g = new GraphBuilder('graph');
    const weights = g.constant(
      'w',
      Float32Array.from({ length: 24 }, () => random.normal()),
      [width, 4],
    );
    const product = g.node('MatMul', [g.input('x', 'float32', ['batch', width]), weights]);
    g.output(g.node('Identity', [product], {}, { output: 'y' }), 'float32');
    const { model } = quantizeDynamic(decodeModel(encodeModel(g.model({ opset }))));
    const answers = async (...rows: readonly ArrayLike<number>[]): Promise<number[]> =>
      Array.from(
        (
          await run(
            model,
            rows.flatMap((row) => Array.from(row)),
            [rows.length, width],
          )
        ).y!.data,
        Number,
      );
    const row = Float32Array.from({ length: width }, (_, i) => Math.sin(i + 1));
    const alone = await answers(row);
    const among = await answers(new Float32Array(width).fill(1e7), row, new Float32Array(width));
    expect(among.slice(4, 8)).toEqual(alone);
    // A row of zeros has no range.
    expect(among.slice(8)).toEqual([0, 0, 0, 0]);
    expect(Math.max(...alone.map(Math.abs))).toBeGreaterThan(0.5);
  },
);
