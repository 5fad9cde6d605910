import { datasetDefinitionSchema, snapshotSchema, type SnapshotRef } from '../../contracts/data/dataset.ts';
import { classesOf } from '../../contracts/data/classes.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { findFaults, hasFaults } from '../../ml/metrics/faults.ts';
import type { SplitSide } from '../../ports/table-engine/port.ts';
import { versionAsWritten } from './unchanged-document.ts';
import { loadDocument } from './documents.ts';
import type { Ports } from '../ports.ts';
import { predictWith, type Pinned } from './labelled-rows.ts';

/** What the champion says to the rows of a side, or why it cannot be asked. */
export type ChampionPredictions =
  | { readonly predictions: Predictions; readonly reason: null }
  | { readonly predictions: null; readonly reason: string };

type Needed = Pick<Ports, 'store' | 'registry' | 'tables' | 'inference'>;

/**
 * Predictions of the run's champion for the same rows in the same order, of columns read as the champion's own definition says: features may
 * have changed since. Probabilities are of the candidate's positive label. Null where there is no champion.
 */
export async function championPredictions(
  ports: Needed,
  run: Run,
  pinned: Pinned,
  snapshot: SnapshotRef,
  side: SplitSide,
): Promise<ChampionPredictions | null> {
  if (run.champion === null) return null;
  const unable = (reason: string): ChampionPredictions => ({
    predictions: null,
    reason: `version ${run.champion}, the champion, cannot be compared: ${reason}`,
  });
  const { candidate, lineage } = await versionAsWritten(ports.registry, run.model, run.champion);
  const [definition, dataset, { columns: found }] = await Promise.all([
    loadDocument(ports.store, modelDefinitionSchema, lineage.definition),
    loadDocument(ports.store, datasetDefinitionSchema, lineage.dataset),
    loadDocument(ports.store, snapshotSchema, snapshot.manifest),
  ]);
  const missing = definition.features.filter((name) => !found.some((column) => column.name === name));
  if (missing.length > 0)
    return unable(`the data no longer have its ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')}`);
  const classes = classesOf(definition, dataset);
  const { negative, positive } = pinned.classes;
  const swapped = classes.positive.code === negative.code && classes.negative.code === positive.code;
  if (!swapped && (classes.positive.code !== positive.code || classes.negative.code !== negative.code))
    return unable(
      `it answers ${classes.negative.code} and ${classes.positive.code}, and the candidate ${negative.code} and ${positive.code}`,
    );
  const roles = [pinned.dataset.key, pinned.dataset.target, pinned.dataset.time];
  const asItReads = definition.features.flatMap((name) => {
    const column = dataset.columns[name];
    return column === undefined || roles.includes(name) ? [] : [[name, column] as const];
  });
  const frame = await ports.tables.readFrame({
    path: await ports.store.fetchFile(snapshot.data),
    dataset: { ...pinned.dataset, columns: { ...pinned.dataset.columns, ...Object.fromEntries(asItReads) } },
    columns: definition.features,
    split: { rule: pinned.definition.split, side },
    labelled: true,
  });
  try {
    const predictions = await predictWith(ports, candidate.model, frame, classes, lineage.training === null);
    const faults = findFaults(predictions);
    if (hasFaults(faults))
      return unable(`${faults.notFinite + faults.outside} of ${faults.rows} rows got no probability in [0, 1] from it`);
    return { predictions: swapped ? turned(predictions) : predictions, reason: null };
  } catch (error) {
    // Data that it cannot read are a fact about the comparison; what a retry may mend is not.
    if (error instanceof PawlError && (error.type === errorTypes.invalidData || error.type === errorTypes.invalidModel))
      return unable(error.message);
    throw error;
  }
}

/** Predictions of the other label. */
const turned = ({ positive, probability }: Predictions): Predictions => ({
  positive: positive.map((label) => 1 - label),
  probability: probability.map((value) => 1 - value),
});
