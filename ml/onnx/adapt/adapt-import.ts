import { codeOf } from '../../../contracts/data/cell.ts';
import type { DatasetDefinition } from '../../../contracts/data/dataset.ts';
import type { ClassSpace, LabelSpace } from '../../../contracts/data/label-space.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import { sameMembers } from '../../../contracts/model/signature-faults.ts';
import { chosenBy } from '../../../contracts/model/threshold.ts';
import type { ModelProto } from '../proto.ts';
import { adaptModel } from './adapt-model.ts';
import { declaredInputs, declaredOutputs } from './declared.ts';
import { ownClasses } from './own-classes.ts';
import type { AdaptPlan } from './plan.ts';
import { planAdaption } from './plan-adaption.ts';

type Definition = Pick<ModelDefinition, 'features' | 'signature' | 'tensors' | 'threshold'>;

/** What becomes of a model from elsewhere: it is taken as it is, gets a wrapper, or is refused with the reasons. */
export type Adaption =
  | { readonly kind: 'as it is' }
  | { readonly kind: 'adapted'; readonly plan: AdaptPlan; readonly model: ModelProto }
  | { readonly kind: 'refused'; readonly faults: readonly string[] };

export function adaptImport(
  model: ModelProto,
  definition: Definition,
  dataset: Pick<DatasetDefinition, 'columns'>,
  space: LabelSpace,
): Adaption {
  if (fits(model, definition, space)) return { kind: 'as it is' };
  const planned = planAdaption(model, definition, dataset, space);
  if ('faults' in planned) return { kind: 'refused', faults: planned.faults };
  return { kind: 'adapted', plan: planned.plan, model: adaptModel(model, planned.plan) };
}

/** Whether a model has a tensor `[rows, 1]` a feature and the answers of its task, and the definition says nothing else of them. */
function fits(model: ModelProto, definition: Definition, space: LabelSpace): boolean {
  const { features, signature, tensors } = definition;
  const { inputs = [], outputs = {} } = signature ?? {};
  if (chosenBy(definition, space) !== null) return false;
  if (inputs.some(({ name, columns }) => columns.join('\0') !== name)) return false;
  const { label = 'label', probabilities = 'probabilities', value = 'prediction' } = outputs;
  if (label !== 'label' || probabilities !== 'probabilities' || value !== 'prediction') return false;
  if (outputs.logits !== undefined || outputs.classes !== undefined) return false;
  return (tensors === undefined ? takesFeatures(model, features) : takesRows(model)) && answersTask(model, space);
}

function takesFeatures(model: ModelProto, features: readonly string[]): boolean {
  const inputs = declaredInputs(model);
  const names = inputs.map(({ name }) => name);
  return (
    sameMembers(names, features) &&
    inputs.every(
      ({ type, shape }) => type !== 'float16' && shape?.length === 2 && shape[0] === null && (shape[1] ?? 1) === 1,
    )
  );
}

/** Whether every input is a tensor with an axis of rows of any number. */
const takesRows = (model: ModelProto): boolean =>
  declaredInputs(model).every(
    ({ type, shape }) => type !== null && shape !== null && shape.length > 0 && shape[0] === null,
  );

function answersTask(model: ModelProto, space: LabelSpace): boolean {
  const outputs = declaredOutputs(model);
  const has = (name: string): boolean =>
    outputs.some((one) => one.name === name && !one.isZipMap && typeof one.shape?.[0] !== 'number');
  if (space.kind === 'numbers') return has('prediction') && (space.levels === undefined || has('quantiles'));
  return has('label') && has('probabilities') && inOrder(model, space);
}

/** Probabilities of two classes in the other order are exchanged, and need no wrapper. */
function inOrder(model: ModelProto, space: ClassSpace): boolean {
  const own = classesOfAnswers(model, space)?.map((label) => codeOf(label, space.rule));
  const known = space.classes.map(({ code }) => code);
  return (
    own === undefined || space.task === 'binary' || !sameMembers(own, known) || own.join('\0') === known.join('\0')
  );
}

/** Classes of the outputs `label` and `probabilities`, as the model names them. */
export function classesOfAnswers(model: ModelProto, space: LabelSpace): readonly string[] | null {
  if (space.kind === 'numbers') return null;
  const outputs = declaredOutputs(model);
  const named = (wanted: string) => outputs.find(({ name }) => name === wanted);
  return ownClasses(model, named('label'), named('probabilities'), space.classes.length);
}
