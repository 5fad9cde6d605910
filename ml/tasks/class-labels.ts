import type { LabelSpace, LabelValue } from '../../contracts/data/label-space.ts';
import { elementTypes, type ElementType, type TensorArray } from '../onnx/tensor.ts';
import type { GraphBuilder } from '../onnx/graph.ts';

/** The labels of the classes, in their order. */
export const labelsIn = (space: LabelSpace): LabelValue[] =>
  space.kind === 'classes' ? space.classes.map(({ value }) => value) : [];

/** Labels in the one type that holds them. ONNX Runtime chooses between numbers and texts only, so that booleans are cast afterwards. */
export function labelValues(labels: readonly LabelValue[]): { type: ElementType; values: TensorArray[] } {
  if (labels.every((label) => typeof label === 'boolean'))
    return { type: 'bool', values: labels.map((label) => BigInt64Array.of(BigInt(label))) };
  if (labels.every((label) => typeof label === 'number'))
    return labels.every(Number.isSafeInteger)
      ? { type: 'int64', values: labels.map((label) => BigInt64Array.of(BigInt(label))) }
      : { type: 'float64', values: labels.map((label) => Float64Array.of(label)) };
  return { type: 'string', values: labels.map((label) => [String(label)]) };
}

/** Declares the output `label` `[batch]`, in the words of the classes. */
export function outputLabel(g: GraphBuilder, chosen: string, type: ElementType): void {
  const label = type === 'bool' ? g.node('Cast', [chosen], { to: { int: elementTypes.bool } }) : chosen;
  g.output(g.node('Reshape', [label, g.ints('flat', [-1])], {}, { output: 'label' }), type, ['batch']);
}

/** Why labels of one class cannot be learned; null where there are several. */
export function oneClass(truth: Float64Array, part: string): string | null {
  if (part === 'validation') return truth.length > 0 ? null : 'there is none';
  const first = truth[0];
  if (first === undefined) return 'there is none';
  return truth.some((label) => label !== first) ? null : `all ${truth.length} have the same label`;
}
