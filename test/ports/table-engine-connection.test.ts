import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDatabase, type Database } from '../../ports/table-engine/connection.ts';

let tempDir: string;
beforeAll(async () => {
  tempDir = await mkdtemp(join(tmpdir(), 'pawl-duckdb-'));
});
afterAll(() => rm(tempDir, { recursive: true, force: true }));

const run = <T>(work: (database: Database) => Promise<T>): Promise<T> => withDatabase({ tempDir, threads: 2 }, work);

test('statements that are asked for at once all find their values', async () => {
  const found = await run((database) =>
    Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        database.row(`select ${database.bind(`value ${i}`)}, ${database.bind([String(i % 3)])}[1]`),
      ),
    ),
  );
  expect(found).toEqual(Array.from({ length: 50 }, (_, i) => [`value ${i}`, String(i % 3)]));
});

test('a connection is closed when the statements beside one that failed have ended', async () => {
  let ended = 0;
  const counted = async (database: Database): Promise<void> => {
    await database.row('select count(*) from range(20000000) where range % 7 = hash(range) % 7');
    ended += 1;
  };
  await expect(
    run((database) => Promise.all([counted(database), database.row('select nothing'), counted(database)])),
  ).rejects.toThrow('nothing');
  expect(ended).toBe(2);
});
