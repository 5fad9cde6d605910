import {
  datasetDefinitionSchema,
  snapshotSchema,
  type DatasetDefinition,
  type SnapshotRef,
} from '../contracts/dataset.ts';
import type { Digest } from '../contracts/digest.ts';
import type { Frame, Predictions } from '../contracts/frame.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../contracts/model-definition.ts';
import type { Run } from '../contracts/run.ts';
import type { SplitSide } from '../ports/table-engine/port.ts';
import { loadDocument } from './documents.ts';
import type { Ports } from './ports.ts';

export interface Pinned {
  readonly definition: ModelDefinition;
  readonly dataset: DatasetDefinition;
}

/** The definitions as the run pinned them. */
export async function loadPinned(ports: Pick<Ports, 'store'>, run: Run): Promise<Pinned> {
  const [definition, dataset] = await Promise.all([
    loadDocument(ports.store, modelDefinitionSchema, run.definition),
    loadDocument(ports.store, datasetDefinitionSchema, run.dataset),
  ]);
  return { definition, dataset };
}

export const loadSnapshot = (ports: Pick<Ports, 'store'>, ref: SnapshotRef) =>
  loadDocument(ports.store, snapshotSchema, ref.manifest);

export interface LabelledRows {
  readonly frame: Frame;
  /** 1 for the positive label, else 0. */
  readonly labels: Uint8Array;
}

/** One side of the split with every column that judging needs: features, sensitive attributes, slices and the target. */
export async function loadSide(
  ports: Pick<Ports, 'store' | 'tables'>,
  { definition, dataset }: Pinned,
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
    ...(limit === undefined ? {} : { limit }),
  });
  return { frame, labels: labelsOf(frame, dataset.target, definition.positive) };
}

/** 1 where the column holds the positive label, compared as text: `1`, `1.0` and `"1"` are the same label. */
export function labelsOf(frame: Frame, target: string, positive: ModelDefinition['positive']): Uint8Array {
  const column = frame.columns[target];
  const labels = new Uint8Array(frame.rowCount);
  if (column === undefined) return labels;
  const wanted = typeof positive === 'boolean' ? Number(positive) : positive;
  for (let row = 0; row < frame.rowCount; row += 1) {
    const value = column.values[row];
    labels[row] =
      value === wanted || String(value) === String(positive) || (typeof value === 'number' && value === Number(wanted))
        ? 1
        : 0;
  }
  return labels;
}

/** Loads a model from the store, predicts, and lets go of it. */
export async function predictWith(
  ports: Pick<Ports, 'store' | 'inference'>,
  model: Digest,
  frame: Frame,
  positive: ModelDefinition['positive'],
): Promise<Predictions> {
  const loaded = await ports.inference.load(await ports.store.getBlob(model));
  try {
    return await loaded.predict(frame, positive);
  } finally {
    await loaded.release();
  }
}

/** Digest of the champion's served bytes; null where there is no champion. */
export async function championModel(ports: Pick<Ports, 'registry'>, run: Run): Promise<Digest | null> {
  if (run.champion === null) return null;
  return (await ports.registry.version(run.model, run.champion)).candidate.model;
}
