import { mlDomain, type GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { labelsIn } from '../tasks/class-labels.ts';
import type { AnswerJob, Head } from './head.ts';

/** The model whose head answers by these values `[batch, width]`; it knows its classes. `operators`: the version of `ai.onnx.ml`. */
export function answeringModel(
  g: GraphBuilder,
  values: string,
  { head, answer }: { readonly head: Head; readonly answer: AnswerJob },
  operators: number,
): ModelProto {
  head.answer(g, values, answer);
  const classes = labelsIn(answer.space);
  return g.model({
    domains: { [mlDomain]: operators },
    ...(classes.length > 0 && { metadata: { classes: JSON.stringify(classes) } }),
  });
}
