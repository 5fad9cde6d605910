import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { snapshotSchema, type SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Run } from '../../contracts/run/run.ts';
import { saveDocument } from '../support/documents.ts';
import { localSource } from './local-source.ts';
import type { Ports } from '../ports.ts';
import { loadPinned } from '../support/labelled-rows.ts';

/** Copies the run's rows into the store as Parquet with a manifest. The same rows give the same digests, however often it runs. */
export const createSnapshotDataset = (ports: Pick<Ports, 'store' | 'tables'>) =>
  async function snapshotDataset(run: Pick<Run, 'definition' | 'dataset' | 'selection'>): Promise<SnapshotRef> {
    const { dataset } = await loadPinned(ports, run);
    const { selection } = run;
    const source = await localSource(selection.source ?? dataset.source, dataset.source);
    const folder = await mkdtemp(join(tmpdir(), 'pawl-snapshot-'));
    try {
      const target = join(folder, 'snapshot.parquet');
      const written = await ports.tables.writeSnapshot({ source, dataset, selection, target });
      const { digest: data, bytes } = await ports.store.putFile(target);
      const manifest = await saveDocument(ports.store, snapshotSchema, {
        schema: 'pawl.snapshot/1',
        dataset: dataset.dataset,
        source,
        selection,
        data,
        bytes,
        ...written,
        provenance: dataset.provenance,
        licence: dataset.licence,
      });
      return { manifest, data, rowCount: written.rowCount };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
