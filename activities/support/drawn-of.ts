import type { Signature } from '../../contracts/data/tensor.ts';
import { PawlError } from '../../contracts/errors.ts';
import { shownReasons } from '../../contracts/shown-text.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ModelProto } from '../../ml/onnx/proto.ts';
import { drawnInputs, type DrawnInput } from '../../ml/tensors/drawn-inputs.ts';

/** What the inputs of a model on tensors are given where no caller is there yet. Throws `InvalidModelError` where its definition does not fit. */
export function drawnOf(
  { model, tensors }: Pick<ModelDefinition, 'model' | 'tensors'>,
  graph: ModelProto,
  { inputs }: Pick<Signature, 'inputs'>,
): readonly DrawnInput[] {
  const drawn = drawnInputs(graph, inputs, tensors?.inputs ?? {});
  if ('plan' in drawn) return drawn.plan;
  throw new PawlError(errorTypes.invalidModel, `the model does not fit "${model}": ${shownReasons(drawn.faults)}`, {
    model,
  });
}
