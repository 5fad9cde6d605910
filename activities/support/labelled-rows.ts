import {
  datasetDefinitionSchema,
  snapshotSchema,
  type DatasetDefinition,
  type SnapshotRef,
} from '../../contracts/data/dataset.ts';
import { classesOf, knownLabels, meaningOf, type Classes, type LabelMeaning } from '../../contracts/data/classes.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import type { SplitSide } from '../../ports/table-engine/port.ts';
import { loadDocument } from './documents.ts';
import { loadModel } from './load-model.ts';
import type { Ports } from '../ports.ts';

export interface Pinned {
  readonly definition: ModelDefinition;
  readonly dataset: DatasetDefinition;
  /** The two labels that the definitions name. */
  readonly classes: Classes;
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
  return { definition, dataset, classes: classesOf(definition, dataset) };
}

export const loadSnapshot = (ports: Pick<Ports, 'store'>, ref: SnapshotRef) =>
  loadDocument(ports.store, snapshotSchema, ref.manifest);

export interface LabelledRows {
  readonly frame: Frame;
  /** 1 for the positive label, else 0. */
  readonly labels: Uint8Array;
}

/**
 * The labelled rows of one side of the split, with every column that judging needs: features, sensitive attributes, slices and the target.
 * Throws `InvalidDataError` for a label that is none of the classes.
 */
export async function loadSide(
  ports: Pick<Ports, 'store' | 'tables'>,
  { definition, dataset, classes }: Pinned,
  snapshot: SnapshotRef,
  side: SplitSide,
  limit?: number,
): Promise<LabelledRows> {
  const columns = new Set([
    ...definition.features,
    ...dataset.sensitive.map((attribute) => attribute.column),
    ...definition.quality.slices,
    dataset.target,
  ]);
  const frame = await ports.tables.readFrame({
    path: await ports.store.fetchFile(snapshot.data),
    dataset,
    columns: [...columns],
    split: { rule: definition.split, side },
    labelled: true,
    ...(limit === undefined ? {} : { limit }),
  });
  return { frame, labels: labelsOf(frame, classes) };
}

/** 1 for the positive label, 0 for the negative one. Throws `InvalidDataError` for any other, and for a row without a label. */
export function labelsOf(frame: Frame, classes: Classes): Uint8Array {
  const values = frame.columns[classes.target]?.values;
  const labels = new Uint8Array(frame.rowCount);
  const meanings = new Map<unknown, LabelMeaning>();
  for (let row = 0; row < frame.rowCount; row += 1) {
    const value = values?.[row];
    const meaning = meanings.get(value) ?? meaningOf(value, classes);
    meanings.set(value, meaning);
    if (meaning === 'missing' || meaning === 'unknown')
      throw new PawlError(
        errorTypes.invalidData,
        `column "${classes.target}" holds ${meaning === 'missing' ? 'no label' : JSON.stringify(value)} in a row, and its labels are ${knownLabels(classes)}: correct the data, or positive and negative in the definition`,
        { column: classes.target },
      );
    labels[row] = meaning === 'positive' ? 1 : 0;
  }
  return labels;
}

/** Loads a model from the store, predicts, and lets go of it. */
export async function predictWith(
  ports: Pick<Ports, 'store' | 'inference'>,
  model: Digest,
  frame: Frame,
  classes: Classes,
  isForeign: boolean,
): Promise<Predictions> {
  const loaded = await loadModel(ports, model, isForeign);
  try {
    return await loaded.predict(frame, classes);
  } finally {
    await loaded.release();
  }
}
