import { describe, expect, test } from 'vitest';
import { describeAdaption } from '../../cli/describe-adaption.ts';
import { planAdaption } from '../../ml/onnx/adapt/plan-adaption.ts';
import { nodeOf, valueInfo } from '../../ml/onnx/graph.ts';
import { decodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { elementTypes } from '../../ml/onnx/tensor.ts';
import { adapted, answersOf, columnsOf, tensorFor, type Answers } from '../support/adapted.ts';
import { definitionsFor, isNetwork, toolCase, toolCases, type ToolCase } from '../support/tool-models.ts';

/** The model's own tensors, without its ZipMap, whose maps onnxruntime-node does not read. */
function bare({ graph, ...model }: ModelProto): ModelProto {
  const isZipMap = ({ opType }: { opType: string }): boolean => opType === 'ZipMap';
  const node = graph.node.filter((one) => !isZipMap(one));
  const output = graph.output.map((value) => {
    const zipMap = graph.node.find((one) => isZipMap(one) && one.output.includes(value.name));
    return zipMap === undefined ? value : valueInfo(zipMap.input[0]!, 'float32', [null, null]);
  });
  return { ...model, graph: { ...graph, node, output } };
}

const isDouble = ({ name }: ToolCase): boolean => name.includes('float64');

/** What the model itself answers to its own inputs. */
async function ownAnswers(one: ToolCase): Promise<Answers> {
  const { columns, rows, model } = one;
  const type = isDouble(one) ? 'float64' : 'float32';
  const [input] = model.graph.input;
  const feeds =
    model.graph.input.length > 1
      ? columnsOf(one, type)
      : { [input!.name]: tensorFor(type, rows.flat(), [rows.length, columns.length]) };
  return answersOf(bare(model), feeds);
}

const isFixed = ({ name }: ToolCase): boolean => name.includes('fixed');

describe('the adapted model', () => {
  test.each(toolCases.map((one) => [one.name, one] as const))(
    'of %s answers as the library that trained it',
    async (_, one) => {
      const answers = await answersOf(adapted(one), columnsOf(one, isDouble(one) ? 'float64' : 'float32'));
      if (one.value !== null) {
        expect(Object.keys(answers)).toEqual(['prediction']);
        expect(answers.prediction).toHaveLength(one.rows.length);
        one.value.forEach((value, row) => expect(Number(answers.prediction?.[row]) / value).toBeCloseTo(1, 5));
        return;
      }
      expect(Object.keys(answers).toSorted()).toEqual(['label', 'probabilities']);
      expect(answers.label).toEqual(one.labels);
      const expected = one.probabilities!.flat();
      expect(answers.probabilities).toHaveLength(expected.length);
      expected.forEach((value, place) => expect(answers.probabilities?.[place]).toBeCloseTo(value, 5));
    },
  );

  // Networks answer logits, no label, or for one row.
  test.each(toolCases.filter((one) => !isNetwork(one)).map((one) => [one.name, one] as const))(
    'of %s answers as the original, to the last bit',
    async (_, one) => {
      const own = Object.values(await ownAnswers(one));
      const answers = await answersOf(adapted(one), columnsOf(one, isDouble(one) ? 'float64' : 'float32'));
      const [first, second] = own.map((values) =>
        values.map((v) => (isDouble(one) && typeof v === 'number' ? Math.fround(v) : v)),
      );
      expect(own.length).toBeGreaterThan(0);
      if (one.value === null) expect([answers.label, answers.probabilities]).toEqual([first, second]);
      else expect(answers.prediction).toEqual(first);
    },
  );

  test.each(toolCases.map((one) => [one.name, one] as const))('of %s takes any number of rows', async (_, one) => {
    const model = adapted(one);
    const type = isDouble(one) ? 'float64' : 'float32';
    const all = await answersOf(model, columnsOf(one, type));
    const single = await answersOf(model, columnsOf({ ...one, rows: one.rows.slice(1, 2) }, type));
    for (const [name, values] of Object.entries(single)) {
      const width = values.length;
      all[name]!.slice(width, 2 * width).forEach((value, i) =>
        typeof value === 'number' ? expect(values[i]).toBeCloseTo(value, 5) : expect(values[i]).toBe(value),
      );
    }
  });

  test('has only one input a feature and the answers of its task, none with a fixed batch size', async () => {
    const shapes = toolCases.filter(isFixed).flatMap((one) => {
      const { graph } = adapted(one);
      return [...graph.input, ...graph.output].map(({ name, type }) => [name, type?.tensorType?.shape?.dim]);
    });
    expect(shapes).toEqual([
      ['age', [{ dimParam: 'batch' }, { dimValue: 1 }]],
      ['amount', [{ dimParam: 'batch' }, { dimValue: 1 }]],
      ['tenure', [{ dimParam: 'batch' }, { dimValue: 1 }]],
      ['label', [{ dimParam: 'batch' }]],
      ['probabilities', [{ dimParam: 'batch' }, { dimValue: 3 }]],
    ]);
  });

  test('leaves the original as it was', () => {
    const one = toolCase('LightGBM');
    const before = structuredClone(one.model);
    adapted(one);
    expect(one.model).toEqual(before);
  });
});

test('what only other outputs need is left away', () => {
  const operators = adapted(toolCase('scikit-learn, ZipMap')).graph.node.map(({ opType }) => opType);
  expect(operators).not.toContain('ZipMap');
  expect(operators).toContain('LinearClassifier');
});

test('a ZipMap of float64, which ONNX Runtime refuses, is taken', async () => {
  const one = toolCase('scikit-learn, ZipMap');
  const { graph } = one.model;
  const zipMap = graph.node.find(({ opType }) => opType === 'ZipMap')!;
  const wide = nodeOf('Cast', zipMap.input, ['wide'], { to: { int: elementTypes.float64 } });
  const node = graph.node.flatMap((each) => (each === zipMap ? [wide, { ...zipMap, input: ['wide'] }] : [each]));
  const model = { ...one.model, graph: { ...graph, node } };
  expect(await answersOf(adapted({ ...one, model }), columnsOf(one, 'float32'))).toEqual(
    await answersOf(adapted(one), columnsOf(one, 'float32')),
  );
});

test('outputs that are left away are said', () => {
  const one = toolCase('scikit-learn, ZipMap');
  const { definition, dataset, space } = definitionsFor(one, { threshold: 0.3 });
  const planned = planAdaption(one.model, definition, dataset, space);
  expect('plan' in planned && describeAdaption(planned.plan).at(-1)).toBe('left away: output output_label');
});

test('an empty file is said to be empty', () => {
  expect(() => decodeModel(new Uint8Array())).toThrow(/not an ONNX model: the file is empty. Export the model again/);
});
