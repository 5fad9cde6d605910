import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { LogQueryError } from '../../ports/prediction-log/queries-port.ts';
import { queryLog } from '../../ports/prediction-log/query/query.ts';
import { prediction, since } from './log-entries.ts';
import { putSegment } from './log-segments.ts';
import { patience } from '../support/patience.ts';

let home: string;
let store: ArtifactStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pawl-query-'));
  store = createFileStore(pathToFileURL(join(home, 'store')).href);
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

const query = (sql: string, from = 0) =>
  queryLog({ store, home, models: ['tiny'], since: from }, sql, [], async ({ batches }) => {
    const rows: unknown[][] = [];
    for await (const batch of batches) rows.push(...batch.map((row) => [...row]));
    return rows;
  });

describe('a query of the prediction log', { timeout: patience(60_000) }, () => {
  it('has its columns where there is no log at all', async () => {
    expect(await query('select * from log')).toEqual([]);
  });

  it('shows every request that was answered before it, and none twice, while a gateway writes and hands over', async () => {
    const folder = join(home, 'gateway', 'one', 'tiny');
    await mkdir(folder, { recursive: true });
    const work = { answered: 0, over: false };
    const write = async (): Promise<void> => {
      for (let n = 0; !work.over; n += 1) {
        const start = since + work.answered;
        const path = join(folder, `${start}-${String(n).padStart(8, '0')}.log`);
        const writer = new FrameWriter();
        const entries: LogEntry[] = [];
        for (let i = 0; i < 20; i += 1) {
          const entry = prediction(String(work.answered), { at: since + work.answered });
          entries.push(entry);
          writer.append(entry);
          const frames = writer.take();
          // Torn for a moment, as a reader may see it.
          await appendFile(path, frames.subarray(0, frames.length - 7));
          await appendFile(path, frames.subarray(frames.length - 7));
          work.answered += 1;
        }
        await putSegment(store, entries, n);
        await unlink(path);
      }
    };
    const writing = write();
    try {
      for (let look = 0; look < 25 || work.answered < 100; look += 1) {
        const before = work.answered;
        const [[count, distinct, last] = []] = await query(
          'select count(*), count(distinct id), max(id::integer) from log',
        );
        expect(distinct).toBe(count);
        expect(Number(count)).toBe(last === null ? 0 : Number(last) + 1);
        expect(Number(count)).toBeGreaterThanOrEqual(before);
      }
    } finally {
      work.over = true;
      await writing;
    }
  });

  it('leaves older requests out, also those in a segment with younger ones', async () => {
    await putSegment(store, [prediction('a'), prediction('b', { at: since + 50 })], 0);
    expect(await query('select id from log', since + 50)).toEqual([['b']]);
  });

  it.each([
    ['selct 1', /^Parser Error: syntax error at or near "selct"/],
    ['select nothing from log', /^Binder Error: .*"nothing" not found/],
    ['select * from logs', /^Catalog Error: Table with name logs does not exist/],
    ['', /one SELECT statement/],
    ['select 1; select 2', /one SELECT statement/],
    ["copy (select 1) to 'FOLDER/out.csv'", /only be read|disabled by configuration/],
    ["explain analyze copy (select 1) to 'FOLDER/out.csv'", /only be read|disabled by configuration/],
    ['create table mine (x int)', /only be read: .* of type CREATE/],
    ["attach 'FOLDER/mine.db'", /only be read: .* of type ATTACH/],
    ['set enable_external_access = true', /only be read: .* of type SET/],
    ["select * from read_text('FOLDER/secret')", /disabled by configuration/],
    ["select * from 'FOLDER/secret.csv'", /disabled by configuration/],
    ["select * from glob('FOLDER/*')", /disabled by configuration/],
  ])('is refused where it is not a question to the log: %s', async (sql, message) => {
    await writeFile(join(home, 'secret'), 'secret');
    const asked = query(sql.replace('FOLDER', home));
    await expect(asked).rejects.toThrow(message);
    await expect(asked).rejects.toBeInstanceOf(LogQueryError);
    expect(await readdir(home)).toEqual(['secret']);
  });

  it('cannot overwrite what it may read', async () => {
    await putSegment(store, [prediction('a')], 0);
    expect(await query('select id from log')).toEqual([['a']]);
    const files = await readdir(join(home, 'store'), { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const before = await Promise.all(paths.map((path) => readFile(path)));
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths)
      await expect(query(`copy (select 1) to '${path}' (format parquet)`)).rejects.toBeInstanceOf(LogQueryError);
    expect(await Promise.all(paths.map((path) => readFile(path)))).toEqual(before);
  });
});
