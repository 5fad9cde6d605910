import { describe, expect, test } from 'vitest';
import { adapted, answersOf, columnsOf } from '../support/adapted.ts';
import { definitionsFor, toolCase, type ToolCase } from '../support/tool-models.ts';
import { planAdaption } from '../../ml/onnx/adapt/plan-adaption.ts';
import { describeAdaption } from '../../cli/describe-adaption.ts';

const plans = ['basic', 'plus', 'pro'];
/** To answer pro is worth much where it is right, and costs little where it is wrong. */
const utility = {
  basic: { basic: 1, plus: 0, pro: 0.5 },
  plus: { basic: 0, plus: 1, pro: 0.5 },
  pro: { basic: -5, plus: -5, pro: 9 },
};
const matrix = plans.map((label) => plans.map((answer) => utility[label as 'pro'][answer as 'pro']));
const bestOf = (shares: readonly number[]): string => {
  const worths = plans.map((_, answer) =>
    shares.reduce((sum, share, label) => sum + share * matrix[label]![answer]!, 0),
  );
  return plans[worths.indexOf(Math.max(...worths))]!;
};
const several = toolCase('scikit-learn, labels of text');
const planOf = (one: ToolCase, more: Parameters<typeof definitionsFor>[1]) => {
  const { definition, dataset, space } = definitionsFor(one, more);
  return planAdaption(one.model, definition, dataset, space);
};

describe('the label of an import', () => {
  test('is the one that is worth most by its probabilities, in any order of classes', async () => {
    const expected = several.probabilities!.map(bestOf);
    expect(expected).not.toEqual(several.labels);
    const found = await answersOf(adapted(several, { utility }), columnsOf(several, 'float32'));
    expect(found.label).toEqual(expected);
    const target = { type: 'string', allowed: ['pro', 'basic', 'plus'] };
    const reordered = await answersOf(adapted(several, { utility, target }), columnsOf(several, 'float32'));
    expect(reordered.label).toEqual(expected);
  });

  test('is by the threshold, though the export answers one of its own', async () => {
    const one = toolCase('scikit-learn, one input a column');
    const positive = one.probabilities!.map(([, share]) => share!);
    const threshold = positive.toSorted((a, b) => a - b)[2]! - 1e-3;
    const { label } = await answersOf(adapted(one, { threshold }), columnsOf(one, 'float32'));
    expect(label).toEqual(positive.map((share) => Number(share >= threshold)));
    expect(label).not.toEqual(one.labels);
  });

  test('is said', () => {
    const planned = planOf(several, { utility });
    if ('faults' in planned) throw new Error(planned.faults.join('; '));
    expect(describeAdaption(planned.plan)).toContain('the label is the one that is worth most by "utility"');
  });

  test.each([
    ['utility', several, { utility }],
    ['threshold', toolCase('scikit-learn, one input a column'), { threshold: 0.3 }],
  ] as const)('is refused from the signature beside %s, which chooses it', (key, one, more) => {
    expect(planOf(one, { ...more, signature: { outputs: { label: 'output_label' } } })).toEqual({
      faults: [`signature.outputs.label: "${key}" chooses the label by the probabilities: leave one of them out`],
    });
  });
});
