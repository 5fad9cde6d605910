import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { snapshotSchema, type SnapshotRef } from '../contracts/dataset.ts';
import { PawlError } from '../contracts/errors.ts';
import { errorTypes } from '../contracts/names.ts';
import type { Run } from '../contracts/run.ts';
import { saveDocument } from './documents.ts';
import type { Ports } from './ports.ts';
import { loadPinned } from './rows.ts';

/** Copies the run's rows into the store as Parquet with a manifest. The same rows give the same digests, however often it runs. */
export const createSnapshotDataset = (ports: Ports) =>
  async function snapshotDataset(run: Run): Promise<SnapshotRef> {
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

/** The path of a source on this machine; a relative one is resolved beside the dataset's own source. */
async function localSource(source: string, declared: string): Promise<string> {
  const path = pathOf(source, declared);
  const found = await stat(path).catch((error: unknown) => error);
  if (!(found instanceof Error)) return path;
  throw new PawlError(
    errorTypes.invalidRequest,
    `the source ${source} cannot be read (${found.message}): name a file that every pipeline worker can read`,
    { source },
    { cause: found },
  );
}

function pathOf(source: string, declared: string): string {
  if (source.startsWith('file:')) return fileURLToPath(source);
  if (isAbsolute(source)) return source;
  if (/^[a-z][a-z0-9+.-]+:/i.test(source))
    throw new PawlError(
      errorTypes.invalidRequest,
      `the source ${source} is of an unknown kind: name a path or a file: URL`,
      { source },
    );
  return resolve(declared.startsWith('file:') ? dirname(fileURLToPath(declared)) : dirname(declared), source);
}
