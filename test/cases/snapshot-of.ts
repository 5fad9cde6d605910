import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDuckDbTables } from '../../ports/table-engine/duckdb.ts';
import { persons } from '../data/table-files.ts';

/** What the rows of June 2024 and later are in a process of its own, with that process's time zone. */
export async function writeSnapshotOf(source: string) {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-zone-'));
  try {
    const tables = createDuckDbTables({ tempDir: folder, threads: 1 });
    const target = join(folder, 'out.parquet');
    return await tables.writeSnapshot({ source, dataset: persons(), selection: { from: '2024-06' }, target });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
