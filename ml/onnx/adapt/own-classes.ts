import type { GraphProto, ModelProto, TensorProto } from '../proto.ts';
import { elementTypes, tensorValues } from '../tensor.ts';
import { examineGraph, labelsOf } from '../examine.ts';
import { initializerOf, makersBehind } from '../lookups.ts';
import type { DeclaredOutput } from './declared.ts';

/** Operators that change the type, form or sum of values, and not which classes they are of. */
const passing: readonly string[] = ['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Normalizer'];

/**
 * The model's classes in its order, as text: of its ZipMap, or of what makes its label or probabilities. Else those that any classifier of
 * the graph names, if they are as many as the target's: a graph may hold classifiers of other classes, as one-against-the-rest does.
 */
export function ownClasses(
  model: ModelProto,
  label: DeclaredOutput | undefined,
  scores: DeclaredOutput | undefined,
  count: number,
): readonly string[] | null {
  const { graph } = model;
  const traced =
    (scores?.isZipMap ? classesBehind(graph, scores.name) : null) ??
    (label && classesBehind(graph, label.value, 'labels')) ??
    (scores && classesBehind(graph, scores.value)) ??
    null;
  if (traced !== null) return traced;
  const { classes } = examineGraph(model);
  return classes?.length === count ? classes : null;
}

/**
 * Classes that the maker of a value names; of labels also the table of a `Gather` or `ArrayFeatureExtractor`, as skl2onnx writes it. Scores that are chosen
 * from a table are its numbers, and no labels.
 */
function classesBehind(graph: GraphProto, value: string, of: 'labels' | 'scores' = 'scores'): string[] | null {
  for (const { opType, input, attribute } of makersBehind(graph, value)) {
    const named = attribute.flatMap((one) => labelsOf({ ...one }) ?? []);
    if (named.length > 0) return named;
    if (passing.includes(opType)) continue;
    if (of === 'scores' || (opType !== 'ArrayFeatureExtractor' && opType !== 'Gather')) return null;
    const table = initializerOf(graph, input[0] ?? '');
    return table === undefined || !holdsLabels(table) ? null : Array.from(tensorValues(table).data, String);
  }
  return null;
}

/** More labels than a model of classes has: weights may be chosen from too, and are many more. */
const mostLabels = 100_000;

/** A table of labels is a vector, or a row or column of a matrix; a wider one is chosen from as weights are. */
function holdsLabels({ dims, dataType }: TensorProto): boolean {
  const size = dims.reduce((product, one) => product * one, 1);
  return labelTypes.has(dataType) && size <= mostLabels && size === Math.max(1, ...dims);
}

const labelTypes: ReadonlySet<number> = new Set([
  elementTypes.string,
  elementTypes.int64,
  elementTypes.int32,
  elementTypes.float32,
  elementTypes.float64,
  elementTypes.bool,
]);

/** Operators behind which probabilities stay probabilities. */
const keeping: readonly string[] = [...passing, 'Concat', 'Gather', 'Slice', 'Transpose', 'Clip'];

/** Whether the operators that make a tensor make probabilities: a softmax, a sigmoid, or a classifier. */
export function makesProbabilities(graph: GraphProto, value: string): boolean {
  for (const { opType, attribute } of makersBehind(graph, value)) {
    if (opType === 'Softmax' || opType === 'Sigmoid' || opType === 'TreeEnsembleClassifier') return true;
    if (keeping.includes(opType)) continue;
    const after = attribute.find(({ name }) => name === 'post_transform')?.s;
    return after !== undefined && ['LOGISTIC', 'SOFTMAX'].includes(new TextDecoder().decode(after));
  }
  return false;
}
