import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { labelSpaceOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { adaptImport, classesOfAnswers, type Adaption } from '../../ml/onnx/adapt/adapt-import.ts';
import { freeBatch } from '../../ml/onnx/adapt/free-batch.ts';
import type { AdaptPlan } from '../../ml/onnx/adapt/plan.ts';
import { examineGraph, type GraphFacts } from '../../ml/onnx/examine.ts';
import { exchangeProbabilities } from '../../ml/onnx/exchange-probabilities.ts';
import type { Planned } from '../../ml/onnx/adapt/planned.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { areNear } from '../../ml/tensors/near-values.ts';
import { joinFeeds } from '../../ml/tensors/batches.ts';
import { drawRows } from '../../ml/tensors/draw-rows.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import { drawnInputs } from '../../ml/tensors/drawn-inputs.ts';
import { externalFaults, importFaults, namesPositiveFirst } from '../../policy/gates/import-faults.ts';
import type { LoadedModel } from '../inference/port.ts';
import { extremeRows, madeUpFrame, usualRows } from './made-up-frame.ts';
import type { TakenImport } from './port.ts';
import { tryAdapted, type MakeRows } from './try-adapted.ts';
import { tryRows } from './try-rows.ts';

interface Job {
  readonly definition: ModelDefinition;
  readonly dataset: DatasetDefinition;
  readonly load: (model: Uint8Array) => Promise<LoadedModel>;
  readonly graph: ModelProto;
  readonly space: LabelSpace;
}

/** Adapts a model to its definition, and loads it with `load`. Throws `InvalidModelError` where it cannot be loaded. */
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
  const job = { definition, dataset, load, graph, space };
  return adaption.kind === 'adapted' ? takeAdapted(adaption, job) : takeAsItIs(bytes, job);
}

async function takeAsItIs(bytes: Uint8Array, job: Job): Promise<TakenImport> {
  const own = { classes: classesOfAnswers(job.graph, job.space) };
  const { faults, warnings, drawn } = await examined(await job.load(bytes), null, own, job);
  if (faults.length > 0) return { faults };
  const exchanged = namesPositiveFirst(own, job.space) ? exchangeProbabilities(job.graph) : null;
  const isExchanged = exchanged !== null;
  return { faults: [], bytes: isExchanged ? encodeModel(exchanged) : bytes, plan: null, isExchanged, drawn, warnings };
}

/** A model that was exported for one batch size may have it in its shapes: they are freed where that changes no answer. */
async function takeAdapted({ model, plan }: Extract<Adaption, { kind: 'adapted' }>, job: Job): Promise<TakenImport> {
  const first = await loadAdapted(model, plan, job);
  const [fixed] = plan.fixed;
  const freed =
    first.faults.length > 0 && first.answer !== null && fixed !== undefined ? freeBatch(model, fixed.size) : null;
  if (freed !== null) {
    const again = await loadAdapted(freed, plan, job);
    if (again.faults.length === 0 && areNear(first.answer ?? [], again.answer ?? []))
      return { faults: [], bytes: again.bytes, plan, isExchanged: false, drawn: again.drawn, warnings: again.warnings };
  }
  const { faults, bytes, drawn, warnings } = first;
  return faults.length > 0 ? { faults } : { faults: [], bytes, plan, isExchanged: false, drawn, warnings };
}

async function loadAdapted(model: ModelProto, plan: AdaptPlan, job: Job): Promise<Examined & { bytes: Uint8Array }> {
  const bytes = encodeModel(model);
  let loaded: LoadedModel;
  try {
    loaded = await job.load(bytes);
  } catch (error) {
    if (!(error instanceof PawlError) || error.type !== errorTypes.invalidModel) throw error;
    const what = job.definition.tensors === undefined ? 'with these columns' : 'with the answers of its task around it';
    const keys = job.definition.tensors === undefined ? '"features" or "signature"' : '"signature"';
    const fault = `it does not load ${what} (${error.message}): correct ${keys}, or export it again`;
    return { bytes, faults: [fault], warnings: [], drawn: null, answer: null };
  }
  // A wrapper puts the classes in the definition's order.
  return { bytes, ...(await examined(loaded, plan, { classes: null }, job)) };
}

interface Examined {
  readonly faults: readonly string[];
  /** What is said of it, and does not keep it from being taken. */
  readonly warnings: readonly string[];
  readonly drawn: readonly DrawnInput[] | null;
  /** What it answers to a made-up row, of a model with a fixed batch size. */
  readonly answer: readonly unknown[] | null;
}

/** A pass of a model on tensors may take a second. */
const tensorRows = 4;

/** Examines a loaded model, and lets go of it. */
async function examined(
  loaded: LoadedModel,
  plan: AdaptPlan | null,
  own: Pick<GraphFacts, 'classes'>,
  { definition, dataset, graph }: Job,
): Promise<Examined> {
  try {
    const drawn = drawnFor(definition, loaded, graph);
    if ('faults' in drawn) return { faults: drawn.faults, warnings: [], drawn: null, answer: null };
    const { plan: inputs } = drawn;
    const made: MakeRows = (rows) =>
      inputs === null
        ? loaded.feeds(madeUpFrame(rows, loaded.signature.inputs, dataset.columns))
        : joinFeeds(
            loaded.signature,
            rows.map((row) => drawRows(inputs, 1, row)),
            rows.length,
          );
    const { faults, first } = plan === null ? { faults: [], first: null } : await tryAdapted(loaded, plan, made);
    const known = faults.length > 0 ? faults : importFaults(loaded.signature, own, definition, dataset);
    if (known.length > 0) return { faults: known, warnings: [], drawn: inputs, answer: first };
    const isOnTensors = inputs !== null;
    const trial = await tryRows(loaded, {
      made,
      usual: isOnTensors ? usualRows.slice(0, tensorRows) : usualRows,
      extreme: isOnTensors ? [] : extremeRows,
    });
    return {
      // Of a model on tensors the trial judges single answers, nothing is judged in batches, and the gateway then answers its requests one by one.
      faults: isOnTensors ? trial.unsteady : [...trial.invalid, ...trial.unsteady, ...trial.mixing],
      warnings: isOnTensors ? trial.mixing : [],
      drawn: inputs,
      answer: first,
    };
  } finally {
    await loaded.release();
  }
}

/** What the inputs of a model on tensors are given; null of one that takes columns. */
function drawnFor(
  { tensors }: ModelDefinition,
  { signature }: LoadedModel,
  graph: ModelProto,
): Planned<readonly DrawnInput[] | null> {
  return tensors === undefined ? { plan: null } : drawnInputs(graph, signature.inputs, tensors.inputs);
}
