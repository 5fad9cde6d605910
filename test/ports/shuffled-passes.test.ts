import { expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { shuffledPasses } from '../../ml/explanation/shuffled-passes.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { binary } from '../support/classes.ts';
import { shuffledFrame } from '../support/shuffled-frame.ts';

const words = ['red', 'green', 'blue', ''];

/** `p = sigmoid(single + whole + number of the word)`. */
function mixedInputs(): Uint8Array {
  const g = new GraphBuilder('mixed');
  const [single, whole, word] = [
    g.input('single', 'float32', ['batch', 1]),
    g.input('whole', 'int64', ['batch', 1]),
    g.input('word', 'string', ['batch', 1]),
  ];
  const numbers = { keys_strings: { strings: words }, values_floats: { floats: [0.5, -0.5, 1, 0] } };
  const parts = [
    single,
    g.node('Cast', [whole], { to: { int: 1 } }),
    g.node('LabelEncoder', [word], numbers, { domain: mlDomain }),
  ];
  const positive = g.node('Sigmoid', [g.node('Sum', parts)], {}, { output: 'probabilities' });
  const above = g.node('Greater', [g.node('Reshape', [positive, g.ints('flat', [-1])]), g.scalar('half', 0.5)]);
  g.output(g.node('Cast', [above], { to: { int: 7 } }, { output: 'label' }), 'int64', ['batch']);
  g.output(positive, 'float32', ['batch', 1]);
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

test('predictions for shuffled columns of each kind are those of the shuffled frame, over several passes', async () => {
  const random = createRandom(4);
  const rows = 9_000;
  const frame: Frame = {
    rowCount: rows,
    columns: {
      single: { type: 'number', values: Float64Array.from({ length: rows }, () => random.normal()) },
      whole: { type: 'number', values: Float64Array.from({ length: rows }, () => random.integer(4) - 2) },
      word: { type: 'string', values: Array.from({ length: rows }, () => words[random.integer(4)]!) },
      unused: { type: 'number', values: new Float64Array(rows) },
    },
  };
  const model = await createOnnxInference().load(mixedInputs());
  try {
    const predict = shuffledPasses(model, frame, binary);
    expect(await predict()).toEqual(await model.predict(frame, binary));
    for (const columns of [['single'], ['whole'], ['word'], ['unused'], ['single', 'word']]) {
      const shuffle = { columns, order: random.permutation(rows) };
      expect(await predict(shuffle), columns.join()).toEqual(
        await model.predict(shuffledFrame(frame, shuffle), binary),
      );
    }
    expect(await predict()).toEqual(await model.predict(frame, binary));
  } finally {
    await model.release();
  }
});
