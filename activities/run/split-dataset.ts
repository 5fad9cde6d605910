import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { datasetDefinitionSchema, snapshotSchema, type DataSelection } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { splitManifestSchema, type SplitManifest } from '../../contracts/data/split.ts';
import { splitFaults } from '../../policy/gates/data.ts';
import type { SplitSide } from '../../ports/table-engine/port.ts';
import { loadDocument, saveDocument } from '../support/documents.ts';
import type { Ports } from '../ports.ts';
import { resolveSelection } from './resolve-selection.ts';
import { createSnapshotDataset } from './snapshot-dataset.ts';

export const splitForms = ['parquet', 'csv'] as const;
export type SplitForm = (typeof splitForms)[number];

/**
 * Writes the three parts of a model's dataset into a folder, with the values that models are given, split as a run on the same rows
 * splits them, and a `manifest.json`. Throws `InvalidDataError` for keys that repeat, and labels that may not be missing, as a run refuses them. The store keeps the parts, so that an import can name what a model was trained on.
 */
export async function splitDataset(
  ports: Pick<Ports, 'store' | 'tables' | 'definitions' | 'now'>,
  model: string,
  selection: DataSelection,
  folder: string,
  form: SplitForm = 'parquet',
): Promise<SplitManifest> {
  const definition = await ports.definitions.model(model);
  const dataset = await ports.definitions.datasetOf(definition);
  const snapshot = await createSnapshotDataset(ports)({
    definition: await saveDocument(ports.store, modelDefinitionSchema, definition),
    dataset: await saveDocument(ports.store, datasetDefinitionSchema, dataset),
    selection: await resolveSelection(selection, dataset, ports.now()),
  });
  const { source, columns } = await loadDocument(ports.store, snapshotSchema, snapshot.manifest);
  if (snapshot.rowCount === 0)
    throw new PawlError(
      errorTypes.invalidRequest,
      `${source} has no row in this selection: choose other bounds, or look at the file`,
      { source },
    );
  const path = await ports.store.fetchFile(snapshot.data);
  const faults = splitFaults(await ports.tables.profile({ path, dataset, reference: null }), dataset, definition.data);
  if (faults.length > 0)
    throw new PawlError(errorTypes.invalidData, `${source}: ${faults.join('; ')}`, { source, faults: [...faults] });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const labelSpace = labelSpaceOf(definition, dataset);
  const fileOf = (side: SplitSide): string => `${side}.${form}`;
  const targetOf = (side: SplitSide): string => join(folder, fileOf(side));
  const targets = { train: targetOf('train'), validation: targetOf('validation'), test: targetOf('test') };
  const rows = await ports.tables.writeSides({ path, dataset, labelSpace, rule: definition.split, targets });
  const part = async (side: SplitSide): Promise<SplitManifest['parts'][SplitSide]> => ({
    file: fileOf(side),
    rows: rows[side],
    digest: (await ports.store.putFile(targets[side])).digest,
  });
  const parts = { train: await part('train'), validation: await part('validation'), test: await part('test') };
  const labelled = parts.train.rows + parts.validation.rows + parts.test.rows;
  const manifest: SplitManifest = {
    schema: 'pawl.split/1',
    model,
    dataset: dataset.dataset,
    snapshot,
    source,
    split: definition.split,
    columns: Object.fromEntries(Object.entries(dataset.columns).map(([name, { type }]) => [name, type])),
    undeclared: columns.map(({ name }) => name).filter((name) => dataset.columns[name] === undefined),
    task: labelSpace.task,
    labels: labelSpace.kind === 'classes' ? labelSpace.classes.map(({ value }) => value) : [],
    unlabelled: snapshot.rowCount - labelled,
    parts,
  };
  await saveDocument(ports.store, splitManifestSchema, manifest);
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  return manifest;
}
