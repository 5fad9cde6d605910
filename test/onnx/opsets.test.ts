import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { newestOpset, oldestOpset, oldestOpsetOfQuantiles } from '../../ml/onnx/adapt/plan-adaption.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { adapted, answersOf, columnsOf } from '../support/adapted.ts';
import { toolCase, toolCases, type ToolCase } from '../support/tool-models.ts';

const isStandard = ({ domain = '' }: { domain?: string }): boolean => domain === '';
const at = (model: ModelProto, version: number): ModelProto => ({
  ...model,
  opsetImport: model.opsetImport.map((one) => (isStandard(one) ? { ...one, version } : one)),
});
const opsets = Array.from({ length: newestOpset - oldestOpset + 1 }, (_, i) => oldestOpset + i);

/** Quantiles of three levels, whose wrapper sorts them. */
function spread(): ToolCase {
  const g = new GraphBuilder('spread');
  const x = g.input('x', 'float32', ['n', 3]);
  const weights = Float32Array.of(1, -1, 0.5, 0, 2, -0.5, 0.25, 1, -2);
  g.output(g.node('MatMul', [x, g.constant('w', weights, [3, 3])]), 'float32', ['n', 3], 'variable');
  return { ...toolCase('LightGBM, numbers'), name: 'quantiles', model: g.model() };
}

const cases: readonly [ToolCase, Parameters<typeof adapted>[1]?][] = [
  ...toolCases.filter(({ model }) => model.opsetImport.some(isStandard)).map((one): [ToolCase] => [one]),
  [spread(), { quantile: [0.1, 0.5, 0.9] }],
];

const loads = async (model: ModelProto): Promise<boolean> => {
  const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 }).catch(() => null);
  await session?.release();
  return session !== null;
};

describe('the wrapper answers alike in every opset that the model itself runs in', () => {
  test.each(cases.map(([one, more]) => [one.name, one, more] as const))('%s', async (name, one, more) => {
    const feeds = columnsOf(one, name.includes('float64') ? 'float64' : 'float32');
    const expected = await answersOf(adapted(one, more), feeds);
    let seen = 0;
    for (const opset of opsets.filter(
      (opset) => opset >= (more === undefined ? oldestOpset : oldestOpsetOfQuantiles),
    )) {
      const model = at(one.model, opset);
      if (!(await loads(model))) continue;
      seen += 1;
      expect(await answersOf(adapted({ ...one, model }, more), feeds), `opset ${opset}`).toEqual(expected);
    }
    // Some operators of scikit-learn came with opset 13.
    expect(seen).toBeGreaterThan(newestOpset - 13);
  });
});

test('quantiles of an opset whose TopK cannot sort them are refused', () => {
  const [one, more] = cases.at(-1)!;
  const model = at(one.model, oldestOpsetOfQuantiles - 1);
  expect(() => adapted({ ...one, model }, more)).toThrow(`export it with opset ${oldestOpsetOfQuantiles} or newer`);
});

test('the oldest and the newest opset are those of ONNX Runtime', async () => {
  const { model } = toolCase('PyTorch, three logits');
  expect(await loads(at(model, oldestOpset))).toBe(true);
  expect(await loads(at(model, newestOpset))).toBe(true);
  expect(await loads(at(model, newestOpset + 1))).toBe(false);
});

test.each([
  [oldestOpset - 1, `export it with opset ${oldestOpset} or newer`],
  [newestOpset + 1, `export it with opset ${newestOpset} or older`],
])('a model of opset %i is refused', (opset, message) => {
  const one = toolCase('PyTorch, three logits');
  expect(() => adapted({ ...one, model: at(one.model, opset) })).toThrow(message);
});
