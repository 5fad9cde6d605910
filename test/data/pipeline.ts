import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createCheckDataset } from '../../activities/run/check-dataset.ts';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { createSnapshotDataset } from '../../activities/run/snapshot-dataset.ts';
import { packageRoot } from '../../config/source-tree.ts';
import { loadDatasetDefinition, loadModelDefinition } from '../../config/load-definitions.ts';
import {
  datasetDefinitionSchema,
  snapshotSchema,
  type DataSelection,
  type SnapshotRef,
} from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { dataEvidenceSchema } from '../../contracts/evidence/data.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Run } from '../../contracts/run/run.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { tableFiles } from './table-files.ts';

export const acsEmployment = loadDatasetDefinition({ project: packageRoot }, 'acs-employment');
const employment = loadModelDefinition({ project: packageRoot, models: join(packageRoot, 'models') }, 'employment');

/** The first two stages of the pipeline on a store of their own, with the repository's own dataset and model. */
export async function dataStages() {
  const files = await tableFiles();
  const store = createFileStore(pathToFileURL(join(files.folder, 'store')).href);
  const registry = createRegistry(store, Date.now);
  const ports = { store, registry, tables: files.tables };
  const snapshotDataset = createSnapshotDataset(ports);
  const checkDataset = createCheckDataset(ports);
  return {
    files,
    store,
    registry,
    snapshotDataset,
    checkDataset,
    async run(id: string, selection: DataSelection, champion: number | null = null): Promise<Run> {
      return {
        id,
        model: employment.model,
        startedAt: '2026-01-01T00:00:00.000Z',
        definition: await saveDocument(store, modelDefinitionSchema, employment),
        dataset: await saveDocument(store, datasetDefinitionSchema, acsEmployment),
        selection,
        imported: null,
        seed: 1,
        champion,
        code: 'test',
      };
    },
    /** Works while a document of the store differs from what was written. */
    async whileChanged(key: string, change: object, work: () => Promise<void>): Promise<void> {
      const put = async (valueOf: (bytes: Uint8Array) => Uint8Array): Promise<Uint8Array> => {
        const found = await store.readPointer(key);
        if (found === null || found === 'unchanged') throw new Error(`${key} is not there`);
        await store.writePointer(key, valueOf(found.value), found.token);
        return found.value;
      };
      const before = await put((bytes) =>
        Buffer.from(JSON.stringify({ ...(JSON.parse(new TextDecoder().decode(bytes)) as object), ...change })),
      );
      try {
        await work();
      } finally {
        await put(() => before);
      }
    },
    manifest: (ref: SnapshotRef) => loadDocument(store, snapshotSchema, ref.manifest),
    evidence: (digest: Digest) => loadDocument(store, dataEvidenceSchema, digest),
    /** Registers a champion that was trained on a snapshot. */
    async champion(run: Run, snapshot: SnapshotRef): Promise<number> {
      const model = await store.putBlob(new Uint8Array([1]));
      const { version } = await registry.register({
        schema: 'pawl.version/1',
        model: run.model,
        created: run.startedAt,
        run: run.id,
        candidate: { model, fp32: model, variant: 'fp32' },
        lineage: {
          definition: run.definition,
          dataset: run.dataset,
          snapshot: snapshot.manifest,
          training: null,
          champion: null,
          code: 'test',
          environment: {},
        },
        verdicts: [],
        subject: { run: run.id, definition: run.definition, snapshot: snapshot.manifest, model, stages: [] },
        evidence: model,
      });
      return version;
    },
  };
}
