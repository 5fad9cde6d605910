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

/** The path of a source on this machine; a relative one is resolved beside the dataset's own source. */
async function localSource(source: string, declared: string): Promise<string> {
  const path = pathOf(source, dirname(pathOf(declared, '/')));
  try {
    if ((await stat(path)).isFile()) return path;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw unreadable(source, error.message, error);
  }
  throw unreadable(source, 'it is no file');
}

/** What a retry finds again; a network file system that is away for a while is something else. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(String(error.code));

const unreadable = (source: string, why: string, cause?: unknown): PawlError =>
  new PawlError(
    errorTypes.invalidRequest,
    `the source ${source} cannot be read (${why}): name a file that every pipeline worker can read`,
    { source },
    { cause },
  );

function pathOf(source: string, besides: string): string {
  if (isAbsolute(source)) return source;
  if (!/^[a-z][a-z0-9+.-]+:/i.test(source)) return resolve(besides, source);
  try {
    return fileURLToPath(source);
  } catch (error) {
    throw unreadable(source, 'it is no path and no file: URL of this machine', error);
  }
}
