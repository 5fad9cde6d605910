import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { adaptImport, classesOfAnswers } from '../../ml/onnx/adapt/adapt-import.ts';
import type { AdaptPlan } from '../../ml/onnx/adapt/plan.ts';
import { examineGraph } from '../../ml/onnx/examine.ts';
import { exchangeProbabilities } from '../../ml/onnx/exchange-probabilities.ts';
import type { Planned } from '../../ml/onnx/adapt/planned.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { joinFeeds } from '../../ml/tensors/batches.ts';
import { drawRows } from '../../ml/tensors/draw-rows.ts';
import { drawnInputs, type DrawnInput } from '../../ml/tensors/drawn-inputs.ts';
import { externalFaults, importFaults, namesPositiveFirst } from '../../policy/gates/import-faults.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { batchFaults, madeUpFrame, type MakeRows } from './batch-faults.ts';

/** A model from elsewhere in the one form that everything behind the import takes, or why it cannot be. */
export type TakenImport =
  | { readonly faults: readonly string[] }
  | {
      readonly faults: readonly [];
      readonly bytes: Uint8Array;
      /** What was written around it; null where it had the form already. */
      readonly plan: AdaptPlan | null;
      /** Whether its two probabilities were exchanged. */
      readonly isExchanged: boolean;
      /** What inputs of tensors are given where no caller is there yet; null of a model that takes columns. */
      readonly drawn: readonly DrawnInput[] | null;
    };

/** Adapts a model to its definition, and loads it with `load`, which confines it. Throws `InvalidModelError` where it cannot be loaded. */
export async function takeImport(
  bytes: Uint8Array,
  definition: ModelDefinition,
  dataset: DatasetDefinition,
  load: (model: Uint8Array) => Promise<LoadedModel>,
): Promise<TakenImport> {
  const graph = decodeModel(bytes);
  const external = externalFaults(examineGraph(graph));
  if (external.length > 0) return { faults: external };
  const space = labelSpaceOf(definition, dataset);
  const adaption = adaptImport(graph, definition, dataset, space);
  if (adaption.kind === 'refused') return { faults: adaption.faults };
  const isAdapted = adaption.kind === 'adapted';
  // A wrapper puts the classes in the definition's order.
  const own = { classes: isAdapted ? null : classesOfAnswers(graph, space) };
  const adapted = isAdapted ? encodeModel(adaption.model) : bytes;
  let loaded: LoadedModel;
  let tried: readonly DrawnInput[] | null = null;
  try {
    loaded = await load(adapted);
  } catch (error) {
    if (!isAdapted || !(error instanceof PawlError) || error.type !== errorTypes.invalidModel) throw error;
    return {
      faults: [
        `it does not load with these columns (${error.message}): correct "features" or "signature", or export it again`,
      ],
    };
  }
  try {
    const drawn = drawnFor(definition, loaded, graph);
    if ('faults' in drawn) return { faults: drawn.faults };
    const { plan: inputs } = drawn;
    const made: MakeRows = (rows) =>
      inputs === null
        ? loaded.feeds(madeUpFrame(rows, definition.features, dataset.columns))
        : joinFeeds(
            loaded.signature,
            rows.map((row) => drawRows(inputs, 1, row)),
            rows.length,
          );
    const unanswered = isAdapted ? await batchFaults(loaded, adaption.plan, made) : [];
    const all = unanswered.length > 0 ? unanswered : importFaults(loaded.signature, own, definition, dataset);
    if (all.length > 0) return { faults: all };
    tried = inputs;
  } finally {
    await loaded.release();
  }
  const exchanged = namesPositiveFirst(own, space) ? exchangeProbabilities(graph) : null;
  return {
    faults: [],
    bytes: exchanged === null ? adapted : encodeModel(exchanged),
    plan: isAdapted ? adaption.plan : null,
    isExchanged: exchanged !== null,
    drawn: tried,
  };
}

/** What the inputs of a model on tensors are given; null of one that takes columns. */
function drawnFor(
  { tensors }: ModelDefinition,
  { signature }: LoadedModel,
  graph: ModelProto,
): Planned<readonly DrawnInput[] | null> {
  return tensors === undefined ? { plan: null } : drawnInputs(graph, signature.inputs, tensors.inputs);
}
