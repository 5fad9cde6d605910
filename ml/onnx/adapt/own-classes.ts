import type { GraphProto, ModelProto } from '../proto.ts';
import { tensorValues } from '../tensor.ts';
import { examineGraph } from '../examine.ts';
import { makerOf, type DeclaredOutput } from './declared.ts';

/** Operators that change the type or the form of labels, and not which they are. */
const passing: readonly string[] = ['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'];

/** The model's classes in its order, as text: of its classifier or ZipMap, else of the table that its label is taken from. */
export const ownClasses = (model: ModelProto, label: DeclaredOutput | null): readonly string[] | null =>
  examineGraph(model).classes ?? (label === null ? null : tableBehind(model.graph, label.value));

/** The table of a `Gather` or `ArrayFeatureExtractor`, as skl2onnx writes it for classifiers without an operator of their own. */
function tableBehind(graph: GraphProto, value: string): string[] | null {
  const maker = makerOf(graph, value);
  if (maker === undefined) return null;
  const [first = ''] = maker.input;
  if (passing.includes(maker.opType)) return tableBehind(graph, first);
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
