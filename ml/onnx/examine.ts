import { messagesOf } from './messages.ts';
import type { ModelProto } from './proto.ts';

/** What a model's file says of itself, beside its inputs and outputs. */
export interface GraphFacts {
  /** Tensors whose values lie in another file, by name. */
  readonly external: readonly string[];
  /** Labels of its classifier or ZipMap, in the order of their probabilities, as text; null where the graph names none. */
  readonly classes: readonly string[] | null;
}

/** What a model says of its weights and labels, wherever in it. */
export function examineGraph(model: ModelProto): GraphFacts {
  const external: string[] = [];
  let classes: string[] | null = null;
  for (const message of messagesOf(model)) {
    if ((message.dataLocation ?? 0) !== 0) external.push(typeof message.name === 'string' ? message.name : '');
    classes = labelsOf(message) ?? classes;
  }
  return { external, classes };
}

/** `classlabels_ints`, `classlabels_int64s` and `classlabels_strings` of ONNX-ML's classifiers. */
export function labelsOf({ name, ints, strings }: Readonly<Record<string, unknown>>): string[] | null {
  if (typeof name !== 'string' || !name.startsWith('classlabels')) return null;
  if (Array.isArray(strings) && strings.length > 0)
    return strings.map((bytes: Uint8Array) => new TextDecoder().decode(bytes));
  return Array.isArray(ints) && ints.length > 0 ? ints.map(String) : null;
}
