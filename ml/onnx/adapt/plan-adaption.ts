import { shownText } from '../../../contracts/shown-text.ts';
import type { DatasetDefinition } from '../../../contracts/data/dataset.ts';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import type { ModelProto } from '../proto.ts';
import { declaredInputs, declaredOutputs } from './declared.ts';
import type { AdaptPlan } from './plan.ts';
import { planInputs } from './plan-inputs.ts';
import { planOutputs } from './plan-outputs.ts';
import { planTensors } from './plan-tensors.ts';
import type { Planned } from './planned.ts';

/** The oldest default operators that the nodes of the wrapper work with, and that ONNX Runtime supports. */
export const oldestOpset = 7;
/** TopK, which sorts quantiles, came in its form of today with this opset. */
export const oldestOpsetOfQuantiles = 11;
/** The newest default operators that ONNX Runtime supports. */
export const newestOpset = 26;

/** What must be written around a model, so that it fits its definition; or every reason why it cannot be, with what to do. */
export function planAdaption(
  model: ModelProto,
  definition: Pick<ModelDefinition, 'features' | 'signature' | 'tensors' | 'threshold'>,
  dataset: Pick<DatasetDefinition, 'columns'>,
  space: LabelSpace,
): Planned<AdaptPlan> {
  const opset = model.opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  const limit = opset === undefined ? null : opsetLimit(opset.version, space);
  if (limit !== null)
    return { faults: [`it uses the operators of opset ${opset?.version}: export it with opset ${limit}`] };
  const declared = { inputs: declaredInputs(model), outputs: declaredOutputs(model) };
  const inputs =
    definition.tensors === undefined ? planInputs(declared.inputs, definition, dataset) : planTensors(declared.inputs);
  const outputs = planOutputs(model, declared.outputs, definition, space);
  const answers = answersOf(space);
  const clashing =
    definition.tensors === undefined
      ? definition.features
          .filter((name) => answers.includes(name))
          .map((name) => `feature "${name}" has the name of an output: rename the column`)
      : declared.inputs
          .filter(({ name }) => answers.includes(name))
          .map(({ name }) => `its input "${shownText(name)}" has the name of an answer: export it under another name`);
  if ('faults' in inputs || 'faults' in outputs || clashing.length > 0)
    return {
      faults: [...clashing, ...[inputs, outputs].flatMap((one) => ('faults' in one ? one.faults : []))],
    };
  const used = usedOutputs(outputs.plan);
  const fixed = [...declared.inputs, ...declared.outputs.filter(({ name }) => used.includes(name))].flatMap(
    ({ name, shape }) => (typeof shape?.[0] === 'number' ? [{ name, size: shape[0] }] : []),
  );
  const dropped = declared.outputs.map(({ name }) => name).filter((name) => !used.includes(name));
  return { plan: { inputs: inputs.plan, outputs: outputs.plan, fixed, dropped } };
}

function answersOf(space: LabelSpace): readonly string[] {
  if (space.kind === 'classes') return ['label', 'probabilities'];
  return space.levels === undefined ? ['prediction'] : ['prediction', 'quantiles'];
}

const usedOutputs = (outputs: AdaptPlan['outputs']): string[] =>
  outputs.kind === 'numbers'
    ? [outputs.output]
    : [outputs.scores.output, ...(outputs.label === null ? [] : [outputs.label.output])];

/** The opset to export with instead; null where this one is supported. */
function opsetLimit(version: number, space: LabelSpace): string | null {
  const oldest = space.kind === 'numbers' && space.levels !== undefined ? oldestOpsetOfQuantiles : oldestOpset;
  if (version < oldest) return `${oldest} or newer`;
  return version > newestOpset ? `${newestOpset} or older` : null;
}
