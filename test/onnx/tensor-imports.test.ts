import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { declaredInputs } from '../../ml/onnx/adapt/declared.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { drawnInputs } from '../../ml/tensors/drawn-inputs.ts';
import {
  adaptionOf,
  adaptedTensors as adapted,
  feelings,
  pictureCase,
  pictureModel,
  textCase,
  textModel,
} from '../support/tensor-models.ts';

const kinds = ['lying', 'standing', 'none'];

async function answers(model: ModelProto, feeds: Record<string, Tensor>) {
  const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 });
  try {
    const found = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(found).map(([name, { data }]) => [name, Array.from(data as ArrayLike<unknown>)]),
    );
  } finally {
    await session.release();
  }
}

const whole = (rows: readonly (readonly number[])[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

const texts = (rows = textCase.input_ids, mask = textCase.attention_mask) => ({
  input_ids: whole(rows),
  attention_mask: whole(mask),
  token_type_ids: whole(rows.map((row) => row.map(() => 0))),
});

const pixels = (rows = pictureCase.pixels): Record<string, Tensor> => ({
  pixels: new Tensor('float32', Float32Array.from(rows.flat()), [rows.length, 1, 12, 12]),
});

function expectNear(found: readonly unknown[] | undefined, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(found![i]).toBeCloseTo(value, 4));
}

const best = (rows: readonly (readonly number[])[], words: readonly string[]) =>
  rows.map((row) => words[row.indexOf(Math.max(...row))]);

const feeling = { type: 'string', allowed: [...feelings] };

test("a text classifier of Hugging Face answers in the label's words, with PyTorch's probabilities", async () => {
  const model = adapted(textModel('first'), feeling);
  expect(declaredInputs(model).map(({ name, type, shape }) => [name, type, shape])).toEqual(
    ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [name, 'int64', [null, null]]),
  );
  const found = await answers(model, texts());
  expectNear(found.probabilities, textCase.probabilities.flat());
  expect(found.label).toEqual(best(textCase.probabilities, feelings));
});

test('texts of any length are answered as within longer, padded ones', async () => {
  const model = adapted(textModel('first'), feeling);
  const length = textCase.attention_mask[0]!.filter((one) => one === 1).length;
  const short = texts([textCase.input_ids[0]!.slice(0, length)], [textCase.attention_mask[0]!.slice(0, length)]);
  expectNear((await answers(model, short)).probabilities, textCase.probabilities[0]!);
});

test('labels in another order than the model has them are mapped by signature.outputs.classes', async () => {
  const label = { type: 'string', allowed: feelings.toReversed() };
  const model = adapted(textModel('first'), label, { signature: { outputs: { classes: [...feelings] } } });
  const found = await answers(model, texts());
  expectNear(
    found.probabilities,
    textCase.probabilities.flatMap((row) => row.toReversed()),
  );
  expect(found.label).toEqual(best(textCase.probabilities, feelings));
});

test('a network on pictures that was exported for one takes several', async () => {
  const label = { type: 'string', allowed: kinds };
  const found = adaptionOf(pictureModel('classes'), label);
  expect(found).toMatchObject({
    kind: 'adapted',
    plan: {
      fixed: [
        { name: 'pixels', size: 1 },
        { name: 'logits', size: 1 },
      ],
    },
  });
  const answered = await answers(adapted(pictureModel('classes'), label), pixels());
  expectNear(answered.probabilities, pictureCase.probabilities.flat());
  expect(answered.label).toEqual(best(pictureCase.probabilities, kinds));
});

test('an input whose name no JSON object can hold is refused', () => {
  const model = decodeModel(pictureModel('classes'));
  const [input] = model.graph.input.filter(({ name }) => name === 'pixels');
  input!.name = '__proto__';
  expect(adaptionOf(encodeModel(model), { type: 'string', allowed: kinds })).toMatchObject({
    kind: 'refused',
    faults: [expect.stringMatching(/"__proto__" has a name that JSON objects cannot hold/)],
  });
});

test('a network on pictures answers a number', async () => {
  const found = await answers(adapted(pictureModel('numbers'), { type: 'number', min: -50, max: 50 }), pixels());
  expectNear(found.prediction, pictureCase.brightness.flat());
});

test('two labels are one threshold', async () => {
  const model = adapted(textModel('first'), feeling);
  expect(model.graph.output.map(({ name }) => name)).toEqual(['label', 'probabilities']);
  expect(adaptionOf(textModel('first'), { type: 'string' }, { positive: 'positive', negative: 'negative' })).toEqual({
    kind: 'refused',
    faults: [
      'its output "logits" has 3 columns, and "label" has 2 labels: correct the labels, or name another output as signature.outputs.probabilities',
    ],
  });
});

const drawn = (bytes: Uint8Array, told: Parameters<typeof drawnInputs>[2] = {}, row: (number | null)[] = [null]) => {
  const model = decodeModel(bytes);
  const inputs = declaredInputs(model).map(({ name, type }) => ({ name, type: type!, shape: [null, ...row] }));
  return drawnInputs(model, inputs, told);
};

test('tokens are drawn from the vocabulary of the embedding, and masks are 1', () => {
  expect(drawn(textModel('first'))).toEqual({
    plan: [
      {
        name: 'input_ids',
        type: 'int64',
        shape: [32],
        from: { min: 0, max: 47 },
        guesses: ['32 for each size that the model leaves open', '0 to 47: its embedding has 48 rows'],
        rows: 48,
      },
      {
        name: 'attention_mask',
        type: 'int64',
        shape: [32],
        from: { min: 1, max: 1 },
        guesses: ['32 for each size that the model leaves open', 'all 1: its name'],
      },
      {
        name: 'token_type_ids',
        type: 'int64',
        shape: [32],
        from: { min: 0, max: 1 },
        guesses: ['32 for each size that the model leaves open', '0 to 1: its embedding has 2 rows'],
        rows: 2,
      },
    ],
  });
});

test.each([
  [
    { input_id: {} },
    'tensors.inputs: the model has no input "input_id", only input_ids, attention_mask, token_type_ids: did you mean "input_ids"?',
  ],
  [
    { input_ids: { shape: [3, 4] } },
    'tensors.inputs.input_ids.shape: [3, 4] does not fit the model, which takes [any] a row',
  ],
  [
    { input_ids: { texts: ['a'] } },
    'tensors.inputs.input_ids: the input is of int64: write min and max instead of texts',
  ],
  [{ input_ids: { max: 1.5 } }, 'tensors.inputs.input_ids: min and max must be whole numbers that int64 holds'],
])('what does not fit the inputs is refused: %o', (told, fault) => {
  expect(drawn(textModel('first'), told)).toEqual({ faults: [fault] });
});

test('a size that the model fixes is kept', () => {
  expect(drawn(pictureModel('classes'), { pixels: { shape: [1, 12, 11] } }, [1, 12, 12])).toEqual({
    faults: ['tensors.inputs.pixels.shape: [1, 12, 11] does not fit the model, which takes [1, 12, 12] a row'],
  });
  expect(drawn(pictureModel('classes'), { pixels: { maxLength: 12 } }, [1, 12, 12])).toEqual({
    faults: ['tensors.inputs.pixels.maxLength: the model leaves no size of the input open: leave it out'],
  });
  expect(drawn(pictureModel('classes'), { pixels: { min: -1, max: 1 } }, [1, 12, 12])).toEqual({
    plan: [{ name: 'pixels', type: 'float32', shape: [1, 12, 12], from: { min: -1, max: 1 }, guesses: [] }],
  });
});

test('a size that is told for one input holds for all that share its name', () => {
  const model = decodeModel(textModel('first'));
  const inputs = declaredInputs(model).map(({ name, type }) => ({
    name,
    type: type!,
    shape: [null, null],
    symbols: [null, 'sequence_length'],
  }));
  const shapes = (told: Parameters<typeof drawnInputs>[2]) => {
    const found = drawnInputs(model, inputs, told);
    return 'plan' in found && found.plan.map(({ shape }) => shape);
  };
  expect(shapes({ input_ids: { shape: [12] } })).toEqual([[12], [12], [12]]);
  expect(shapes({ input_ids: { maxLength: 24 } })).toEqual([[24], [24], [24]]);
  expect(shapes({ input_ids: { maxLength: 512 } })).toEqual([[32], [32], [32]]);
  expect(shapes({ input_ids: { maxLength: 24 }, attention_mask: { shape: [12] } })).toEqual([[12], [12], [12]]);
});
