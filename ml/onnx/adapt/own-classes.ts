import type { GraphProto, ModelProto } from '../proto.ts';
import { tensorValues } from '../tensor.ts';
import { examineGraph, labelsOf } from '../examine.ts';
import { makerOf, type DeclaredOutput } from './declared.ts';

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
    (label && classesBehind(graph, label.value)) ??
    (scores && classesBehind(graph, scores.value)) ??
    null;
  if (traced !== null) return traced;
  const { classes } = examineGraph(model);
  return classes?.length === count ? classes : null;
}

/** Classes that the maker of a value names, or the table of a `Gather` or `ArrayFeatureExtractor`, as skl2onnx writes it. */
function classesBehind(graph: GraphProto, value: string): string[] | null {
  const maker = makerOf(graph, value);
  if (maker === undefined) return null;
  const named = maker.attribute.flatMap((attribute) => labelsOf({ ...attribute }) ?? []);
  if (named.length > 0) return named;
  const [first = ''] = maker.input;
  if (passing.includes(maker.opType)) return classesBehind(graph, first);
  if (maker.opType !== 'ArrayFeatureExtractor' && maker.opType !== 'Gather') return null;
  const table = graph.initializer.find(({ name }) => name === first);
  return table === undefined ? null : Array.from(tensorValues(table).data, String);
}

/** Operators behind which probabilities stay probabilities. */
const keeping: readonly string[] = [...passing, 'Concat', 'Gather', 'Slice', 'Transpose', 'Clip'];

/** Whether the operators that make a tensor make probabilities: a softmax, a sigmoid, or a classifier. */
export function makesProbabilities(graph: GraphProto, value: string): boolean {
  const maker = makerOf(graph, value);
  if (maker === undefined) return false;
  const { opType, input, attribute } = maker;
  if (opType === 'Softmax' || opType === 'Sigmoid' || opType === 'TreeEnsembleClassifier') return true;
  if (keeping.includes(opType)) return makesProbabilities(graph, input[0] ?? '');
  const after = attribute.find(({ name }) => name === 'post_transform')?.s;
  return after !== undefined && ['LOGISTIC', 'SOFTMAX'].includes(new TextDecoder().decode(after));
}
