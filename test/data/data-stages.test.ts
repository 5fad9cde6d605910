import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { StageVerdict } from '../../contracts/run/run.ts';
import { runKey, versionKey } from '../../ports/registry/keys.ts';
import { acsEmployment, dataStages } from './pipeline.ts';

let stages: Awaited<ReturnType<typeof dataStages>>;
beforeAll(async () => {
  stages = await dataStages();
});
afterAll(() => stages.files.remove());

const people = `read_parquet('${acsEmployment.source}')`;

test('the dataset holds what its definition and its datasheet say', async () => {
  const profile = await stages.files.tables.profile({
    path: acsEmployment.source,
    dataset: acsEmployment,
    reference: null,
    labelSpace: labelSpaceOf({ model: 'employment', positive: 1, negative: 0 }, acsEmployment),
  });
  expect(profile).toMatchObject({ rows: 277_677, duplicateKeys: 0, unexpectedColumns: [] });
  for (const column of profile.columns)
    expect(column, column.column).toMatchObject({ nulls: 0, wrongType: 0, outOfRange: 0, notAllowed: 0 });
  expect(profile.labels).toEqual([
    { value: '1', rows: 139_199 },
    { value: '0', rows: 138_478 },
  ]);
});

test('a first batch passes the data checks, and taking it again gives the same digests', async () => {
  const run = await stages.run('first', { to: 2015, limit: 2000 });
  const snapshot = await stages.snapshotDataset(run);
  expect(snapshot.rowCount).toBe(2000);
  expect(await stages.snapshotDataset(run)).toEqual(snapshot);
  expect(await stages.manifest(snapshot)).toMatchObject({
    dataset: 'acs-employment',
    timeRange: { from: '2015', to: '2015' },
    selection: { to: 2015, limit: 2000 },
  });
  const result = await stages.checkDataset({ run, snapshot });
  expect(result).toMatchObject({ status: 'pass', reasons: [] });
  expect(await stages.evidence(result.evidence)).toMatchObject({ previousRows: null, drift: [], run: 'first' });
});

test('later years pass against the first batch as the champion saw it, with drift measured on every column', async () => {
  const first = await stages.run('champion', { to: 2015, limit: 2000 });
  const snapshot = await stages.snapshotDataset(first);
  const verdicts: StageVerdict[] = [{ stage: 'data', status: 'pass', evidence: snapshot.manifest, reasons: [] }];
  await stages.registry.recordRun({
    schema: 'pawl.run/1',
    run: first,
    snapshot,
    release: null,
    result: { outcome: 'promoted', version: 1, verdicts, reason: '', report: null },
    endedAt: null,
  });
  const run = await stages.run('second', { from: 2015, to: 2016 }, await stages.champion(first, snapshot));
  const later = await stages.snapshotDataset(run);
  expect(later.rowCount).toBe(137_911);
  const result = await stages.checkDataset({ run, snapshot: later });
  const evidence = await stages.evidence(result.evidence);
  expect(result).toMatchObject({ status: 'pass', reasons: [] });
  expect(evidence.previousRows).toBe(2000);
  expect(evidence.drift.map(({ column }) => column).toSorted()).toEqual(
    Object.keys(acsEmployment.columns)
      .filter((name) => name !== 'id' && name !== 'year')
      .toSorted(),
  );
  for (const [key, change, what] of [
    [runKey('champion'), { endedAt: '2027-01-01T00:00:00.000Z' }, 'the record of run champion'],
    [versionKey(run.model, run.champion!), { created: '1999-01-01T00:00:00.000Z' }, `version ${run.champion}`],
  ] as const)
    await stages.whileChanged(key, change, () =>
      expect(stages.checkDataset({ run, snapshot: later })).rejects.toThrow(
        `${what} of "employment" was changed in the store`,
      ),
    );
});

test('a world that has moved is noticed, by the name of the column', async () => {
  const first = await stages.run('still', { to: 2015, limit: 5000 });
  const champion = await stages.champion(first, await stages.snapshotDataset(first));
  const moved = await stages.files.parquet(
    'moved.parquet',
    `select * replace (case when id % 2 = 0 then least(AGEP + 30, 95) else AGEP end as AGEP) from ${people} where year = 2016`,
  );
  const run = await stages.run('moved', { source: moved }, champion);
  const { status, reasons } = await stages.checkDataset({ run, snapshot: await stages.snapshotDataset(run) });
  expect(status).not.toBe('pass');
  expect(reasons.join('\n')).toContain('AGEP has moved');
});

test('a corrupted file is stopped, and every corruption is named', async () => {
  const source = join(stages.files.folder, 'corrupted.csv');
  await stages.files.query(
    `copy (select * exclude (MAR) replace (
       case when id % 50 = 0 then id - id % 1000 else id end as id,
       case when id % 40 = 1 then 'forty' when id % 40 = 2 then '430' else AGEP::integer::varchar end as AGEP,
       case when id % 100 = 3 then '77' else SCHL end as SCHL,
       case when id % 100 = 4 then null else SEX end as SEX)
     from ${people} where year = 2018 order by id limit 20000) to '${source}' (format csv, header)`,
  );
  const run = await stages.run('corrupted', { source: pathToFileURL(source).href });
  const snapshot = await stages.snapshotDataset(run);
  expect(snapshot.rowCount).toBe(20_000);
  const result = await stages.checkDataset({ run, snapshot });
  expect(result.status).toBe('fail');
  const { verdict } = await stages.evidence(result.evidence);
  const failed = Object.fromEntries(
    verdict.checks.filter(({ status }) => status === 'fail').map((check) => [check.name, check]),
  );
  expect(Object.keys(failed).toSorted()).toEqual(
    ['AGEP.range', 'AGEP.type', 'MAR.present', 'SCHL.allowed', 'SEX.nulls', 'id.unique'].toSorted(),
  );
  expect(failed['AGEP.type']).toMatchObject({ observed: 500, message: expect.stringContaining('forty') });
  expect(failed['AGEP.range']).toMatchObject({ observed: 500, message: expect.stringContaining('430') });
  expect(failed['SCHL.allowed']).toMatchObject({ observed: 200, message: expect.stringContaining('77') });
  expect(failed['id.unique']?.message).toContain('repeat the key id');
});

test('a file that lacks key, time and target is reported, not a crash', async () => {
  const source = await stages.files.text('bare.csv', 'SEX,AGEP\n1,30\n2,40\n');
  const run = await stages.run('bare', { source, from: 2016 });
  const result = await stages.checkDataset({ run, snapshot: await stages.snapshotDataset(run) });
  const { verdict } = await stages.evidence(result.evidence);
  const failed = verdict.checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
  expect(failed).toEqual(expect.arrayContaining(['rows', 'id.present', 'year.present', 'employed.present']));
});

test('a source that is not there, is a folder or is of an unknown kind is refused by name, for good', async () => {
  for (const source of [
    '/no/such/file.csv',
    stages.files.folder,
    's3://bucket/rows.parquet',
    'file://elsewhere/rows.csv',
    'none.csv',
  ]) {
    const run = await stages.run('refused', { source });
    await expect(stages.snapshotDataset(run), source).rejects.toMatchObject({
      type: 'InvalidRequestError',
      message: expect.stringContaining(source),
    });
  }
});

test('a relative source is found beside the dataset', async () => {
  const run = await stages.run('relative', { source: 'acs-employment.parquet', to: 2015, limit: 10 });
  expect((await stages.snapshotDataset(run)).rowCount).toBe(10);
});

test('a snapshot outlives its source', async () => {
  const source = await stages.files.text('gone.csv', 'id,SEX\n1,1\n');
  const snapshot = await stages.snapshotDataset(await stages.run('gone', { source }));
  await rm(source);
  const frame = await stages.files.tables.readFrame({
    path: await stages.store.fetchFile(snapshot.data),
    dataset: acsEmployment,
    columns: ['SEX'],
  });
  expect(frame.columns.SEX?.values).toEqual(['1']);
});
