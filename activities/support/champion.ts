import { datasetDefinitionSchema, snapshotSchema, type SnapshotRef } from '../../contracts/data/dataset.ts';
import { knownLabels, labelSpaceOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Run } from '../../contracts/run/run.ts';
import { faultyRows, hasFaults } from '../../ml/tasks/probability-faults.ts';
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
 * have changed since. Probabilities are in the candidate's order of the labels. Null where there is no champion.
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
  if (definition.tensors !== undefined)
    return unable(
      'it takes tensors, and the rows have columns. Callers must send the inputs of both during the release',
    );
  const missing = definition.features.filter((name) => !found.some((column) => column.name === name));
  if (missing.length > 0)
    return unable(`the data no longer have its ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')}`);
  const own = labelSpaceOf(definition, dataset);
  const order = orderOf(own, pinned.labelSpace);
  if (order === null)
    return unable(`it answers ${shownLabels(own)}, and the candidate ${shownLabels(pinned.labelSpace)}`);
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
    const predictions = await predictWith(ports, candidate.model, frame, own, lineage.training === null);
    const faults = pinned.task.findFaults(predictions);
    if (hasFaults(faults))
      return unable(
        `${faultyRows(faults)} of ${faults.rows} rows got ${faults.kind === 'classes' ? 'no valid probabilities' : 'no finite number'} from it`,
      );
    return { predictions: reordered(predictions, order), reason: null };
  } catch (error) {
    // Data that it cannot read are a fact about the comparison; what a retry may mend is not.
    if (error instanceof PawlError && (error.type === errorTypes.invalidData || error.type === errorTypes.invalidModel))
      return unable(error.message);
    throw error;
  }
}

const shownLabels = (space: LabelSpace): string =>
  `${space.task === 'binary' ? '' : `${space.task} of `}${knownLabels(space)}`;

/**
 * By class of the champion, its place among the candidate's; empty where labels are numbers. Null where the two do not have the same labels: a
 * probability of one says nothing of the other's.
 */
function orderOf(champion: LabelSpace, candidate: LabelSpace): number[] | null {
  if (champion.task !== candidate.task) return null;
  if (champion.kind === 'numbers' || candidate.kind === 'numbers') return [];
  const codes = candidate.classes.map(({ code }) => code);
  const order = champion.classes.map(({ code }) => codes.indexOf(code));
  return order.length === codes.length && !order.includes(-1) ? order : null;
}

/** Predictions in the candidate's order of the classes. */
function reordered(predictions: Predictions, order: readonly number[]): Predictions {
  if (order.every((place, i) => place === i)) return predictions;
  const { answer, scores, width } = predictions;
  if (width === 1) return { answer: answer.map((label) => 1 - label), scores: scores.map((value) => 1 - value), width };
  const moved = new Float64Array(scores.length);
  for (const [place, value] of scores.entries()) moved[place - (place % width) + order[place % width]!] = value;
  return { answer: answer.map((label) => order[label]!), scores: moved, width };
}
