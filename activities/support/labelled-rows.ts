import {
  datasetDefinitionSchema,
  snapshotSchema,
  type DatasetDefinition,
  type SnapshotRef,
} from '../../contracts/data/dataset.ts';
import { knownLabels, labelSpaceOf, readLabel, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../../contracts/model/model-definition.ts';
import { qualityGateOf, type QualityGate } from '../../contracts/model/task.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import type { Outcomes } from '../../ml/tasks/metric.ts';
import type { Task } from '../../ml/tasks/task.ts';
import type { Fold, SplitSide } from '../../ports/table-engine/port.ts';
import { loadDocument } from './documents.ts';
import { loadModel } from './load-model.ts';
import type { Ports } from '../ports.ts';

export interface Pinned {
  readonly definition: ModelDefinition;
  readonly dataset: DatasetDefinition;
  /** What labels of the target may be. */
  readonly labelSpace: LabelSpace;
  readonly task: Task;
  readonly quality: QualityGate;
}

/** The definitions as the run pinned them. */
export async function loadPinned(
  ports: Pick<Ports, 'store'>,
  run: Pick<Run, 'definition' | 'dataset'>,
): Promise<Pinned> {
  const [definition, dataset] = await Promise.all([
    loadDocument(ports.store, modelDefinitionSchema, run.definition),
    loadDocument(ports.store, datasetDefinitionSchema, run.dataset),
  ]);
  const labelSpace = labelSpaceOf(definition, dataset);
  const quality = qualityGateOf(definition, labelSpace.task);
  return { definition, dataset, labelSpace, task: taskFor(labelSpace), quality };
}

export const loadSnapshot = (ports: Pick<Ports, 'store'>, ref: SnapshotRef) =>
  loadDocument(ports.store, snapshotSchema, ref.manifest);

export interface LabelledRows {
  readonly frame: Frame;
  readonly outcomes: Outcomes;
}

/**
 * The labelled rows of one side of the split, with every column that judging needs: features, sensitive attributes, slices and the target. `forTraining`
 * leaves out what is not trained on.
 * Throws `InvalidDataError` for a label that is none of the target's.
 */
export async function loadSide(
  ports: Pick<Ports, 'store' | 'tables'>,
  { definition, dataset, labelSpace }: Pinned,
  snapshot: SnapshotRef,
  side: SplitSide,
  {
    limit,
    fold,
    forTraining = false,
  }: { readonly limit?: number; readonly fold?: Fold; readonly forTraining?: boolean } = {},
): Promise<LabelledRows> {
  const columns = new Set([
    ...definition.features,
    ...(forTraining ? [] : [...dataset.sensitive.map(({ column }) => column), ...definition.quality.slices]),
    ...(definition.query === undefined ? [] : [definition.query]),
    ...(definition.weight === undefined ? [] : [definition.weight]),
    dataset.target,
  ]);
  const frame = await ports.tables.readFrame({
    path: await ports.store.fetchFile(snapshot.data),
    dataset,
    columns: [...columns],
    split: { rule: definition.split, side, ...(fold === undefined ? {} : { fold }) },
    labelled: true,
    ...(limit === undefined ? {} : { limit }),
  });
  const truth = truthOf(frame, labelSpace);
  const { query, weight } = definition;
  return {
    frame,
    outcomes: {
      truth,
      ...(query === undefined ? {} : { query: queriesOf(frame, query) }),
      ...(weight === undefined ? {} : { weights: weightsOf(frame, weight) }),
    },
  };
}

/** The labels of one side of the split and their weights alone, as `loadSide` reads them. */
export async function loadLabels(
  ports: Pick<Ports, 'store' | 'tables'>,
  { definition, dataset, labelSpace }: Pinned,
  snapshot: SnapshotRef,
  side: SplitSide,
): Promise<Outcomes> {
  const { weight } = definition;
  const frame = await ports.tables.readFrame({
    path: await ports.store.fetchFile(snapshot.data),
    dataset,
    columns: [dataset.target, ...(weight === undefined ? [] : [weight])],
    split: { rule: definition.split, side },
    labelled: true,
  });
  return {
    truth: truthOf(frame, labelSpace),
    ...(weight === undefined ? {} : { weights: weightsOf(frame, weight) }),
  };
}

/** The number of each row's query, from 0 in the order in which they come. Throws `InvalidDataError` for a row without one. */
function queriesOf(frame: Frame, column: string): Int32Array {
  const values = frame.columns[column]?.values ?? [];
  const known = new Map<unknown, number>();
  return Int32Array.from(values, (value: string | number) => {
    if (value === '' || Number.isNaN(value))
      throw new PawlError(
        errorTypes.invalidData,
        `column "${column}" is missing in a row, and says which rows of a ranking compete: fill it, or leave such rows out`,
        { column },
      );
    const number = known.get(value) ?? known.size;
    known.set(value, number);
    return number;
  });
}

/** The weight of each row, with a mean of 1. Throws `InvalidDataError` for one that is missing or below 0, and where all are 0. */
function weightsOf(frame: Frame, column: string): Float64Array {
  const weights = Float64Array.from(frame.columns[column]?.values ?? [], Number);
  const odd = weights.reduce((count, weight) => count + Number(!(weight >= 0 && weight < Infinity)), 0);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (odd > 0 || (sum === 0 && frame.rowCount > 0))
    throw new PawlError(
      errorTypes.invalidData,
      odd > 0
        ? `column "${column}" is the weight of rows, and is missing or below 0 in ${odd} of ${frame.rowCount}: correct them, or leave "weight" out of the definition`
        : `column "${column}" is the weight of rows, and is 0 in all ${frame.rowCount}: correct it, or leave "weight" out of the definition`,
      { column },
    );
  return weights.map((weight) => (weight * weights.length) / sum);
}

/** The label of each row: the index of its class, or a number. Throws `InvalidDataError` for any other, and for a row without a label. */
export function truthOf(frame: Frame, space: LabelSpace): Float64Array {
  const values = frame.columns[space.target]?.values;
  const truth = new Float64Array(frame.rowCount);
  const known = new Map<unknown, number>();
  for (let row = 0; row < frame.rowCount; row += 1) {
    const value = values?.[row];
    const label = known.get(value) ?? readLabel(value, space);
    if (typeof label !== 'number')
      throw new PawlError(
        errorTypes.invalidData,
        `column "${space.target}" holds ${label === 'missing' ? 'no label' : JSON.stringify(value)} in a row, and its labels are ${knownLabels(space)}: correct the data, or the labels in the definition`,
        { column: space.target },
      );
    if (space.kind === 'classes') known.set(value, label);
    truth[row] = label;
  }
  return truth;
}

/** Loads a model from the store, predicts, and lets go of it. */
export async function predictWith(
  ports: Pick<Ports, 'store' | 'inference'>,
  model: Digest,
  frame: Frame,
  labelSpace: LabelSpace,
  isForeign: boolean,
): Promise<Predictions> {
  const loaded = await loadModel(ports, model, isForeign);
  try {
    return await loaded.predict(frame, labelSpace);
  } finally {
    await loaded.release();
  }
}
