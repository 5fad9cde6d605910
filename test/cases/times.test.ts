import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkSelection } from '../../contracts/data/selection.ts';
import type { DataSelection } from '../../contracts/data/dataset.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

const csv = `id,day
1,2024-01-01T00:30:00+02:00
2,2023-12-31T23:00:00Z
3,2024-01-01 00:00:00
4,2024-06-30T23:30:00
5,2024-12-31T23:59:59-05:00
`;

async function ids(selection: DataSelection, timezone = 'UTC', source?: string): Promise<string[]> {
  const path = source ?? (await files.text('times.csv', csv));
  const target = join(files.folder, `times-${Math.random()}.parquet`);
  await files.tables.writeSnapshot({ source: path, dataset: persons({ timezone }), selection, target });
  return (await files.query(`select id::varchar from '${target}'`)).map(([id]) => String(id));
}

test('offsets are obeyed, and a year, a month or a day is meant to its end', async () => {
  expect(await ids({ from: 2024 })).toEqual(['3', '4', '5']);
  expect(await ids({ from: '2024', to: '2024' })).toEqual(['3', '4']);
  expect(await ids({ to: 2023 })).toEqual(['1', '2']);
  expect(await ids({ from: '2024-06', to: '2024-06' })).toEqual(['4']);
  expect(await ids({ from: '2025-01-01', to: '2025-01-01' })).toEqual(['5']);
  expect(await ids({ from: '2023-12-31T22:30:00Z', to: '2023-12-31T23:00:00+00:00' })).toEqual(['1', '2']);
});

test('a time without an offset is of the zone that the dataset declares', async () => {
  expect(await ids({ from: 2024 }, 'Europe/Berlin')).toEqual(['2', '3', '4', '5']);
  expect(await ids({ from: '2024-06-30T21:30:00Z', to: '2024-06-30T21:30:00Z' }, 'Europe/Berlin')).toEqual(['4']);
});

test.each(['TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP_S', 'TIMESTAMPTZ', 'DATE'])(
  'a column of %s in Parquet means the same',
  async (type) => {
    const at = type === 'TIMESTAMPTZ' ? `'2024-06-30 22:30:00+00'` : `'2024-07-01 00:30:00'`;
    const source = await files.parquet(`${type}.parquet`, `select 1 as id, ${at}::${type} as day`);
    const june = { from: '2024-06', to: '2024-06' };
    expect(await ids(june, 'Europe/Berlin', source)).toEqual([]);
    expect(await ids({ from: '2024-07', to: '2024-07' }, 'Europe/Berlin', source)).toEqual(['1']);
  },
);

test.each([
  ['Europe/Berlin', '2024-10-27T02:30:00'],
  ['Europe/Berlin', '2024-03-31T02:30:00'],
  ['America/Havana', '2024-11-03T00:15:00'],
  ['Australia/Lord_Howe', '2024-04-07T01:45:00'],
  ['Pacific/Apia', '2011-12-30T12:00:00'],
  ['Asia/Kathmandu', '2024-01-31 12:00:00.123456789'],
])('in %s, a bound selects the row with the same text: %s', async (timezone, at) => {
  const texts = await files.text('same.csv', `id,day\n1,${at}\n`);
  expect(await ids({ from: at, to: at }, timezone, texts)).toEqual(['1']);
  const typed = await files.parquet('same.parquet', `select 1 as id, '${at}'::timestamp as day`);
  expect(await ids({ from: at, to: at }, timezone, typed)).toEqual(['1']);
});

test('what ISO 8601 does not write is not a time, and is counted', async () => {
  const odd = [
    '24-01-31',
    '31-01-24',
    '2024/01/31',
    '20240131',
    'epoch',
    'infinity',
    '2024-01-31T24:00:00',
    '2024-01-31 BC',
    'now',
  ];
  const good = [
    '2024-01-31',
    '2024-01-31 12:00',
    '2024-01-31T12:00:00.5Z',
    '2024-01-31 12:00:00 UTC',
    '2024-01-31T12:00:00-0530',
  ];
  const source = await files.text(
    'odd.csv',
    ['id,day', ...[...odd, ...good].map((at, id) => `${id},${at}`)].join('\n'),
  );
  const target = join(files.folder, 'odd.parquet');
  await files.tables.writeSnapshot({ source, dataset: persons(), selection: {}, target });
  const { columns } = await files.tables.profile({ path: target, dataset: persons(), reference: null });
  expect(columns.find(({ column }) => column === 'day')?.wrongType).toBe(odd.length);
});

test('a window leaves no row out without a word', async () => {
  const source = await files.text('lost.csv', 'id,day\n1,2024-01-31\n2,31.12.2024\n3,\n4,2023-05-01\n');
  const snapshot = async (nullable: boolean) => {
    const dataset = persons({ columns: { ...persons().columns, day: { ...persons().columns.day!, nullable } } });
    const target = join(files.folder, 'lost.parquet');
    const { rowCount, timeless } = await files.tables.writeSnapshot({
      source,
      dataset,
      selection: { from: 2024 },
      target,
    });
    const { columns } = await files.tables.profile({ path: target, dataset, reference: null });
    const day = columns.find(({ column }) => column === 'day');
    return { rowCount, timeless, unreadable: day?.wrongType, missing: day?.nulls };
  };
  // The data check refuses a time that cannot be read, and a missing one where none may be missing.
  expect(await snapshot(false)).toEqual({ rowCount: 3, timeless: 0, unreadable: 1, missing: 1 });
  expect(await snapshot(true)).toEqual({ rowCount: 2, timeless: 1, unreadable: 1, missing: 0 });
});

test('a time that is declared as missing is missing however it is written and typed', async () => {
  const dataset = persons({
    columns: { ...persons().columns, day: { ...persons().columns.day!, missing: ['1900-01-01', '-'] } },
  });
  const written = ['1900-01-01', '1900-01-01T00:00:00Z', '1900-01-01 00:00:00', '-'];
  const sources = [
    await files.text('never.csv', ['id,day', ...written.map((at, id) => `${id},${at}`), '9,1900-01-02'].join('\n')),
    await files.parquet(
      'never.parquet',
      `select unnest([1, 2]) as id, unnest([timestamp '1900-01-01', timestamp '1900-01-02']) as day`,
    ),
  ];
  for (const path of sources) {
    const target = join(files.folder, 'never-snapshot.parquet');
    const { timeRange } = await files.tables.writeSnapshot({ source: path, dataset, selection: {}, target });
    expect(timeRange).toEqual({ from: '1900-01-02 00:00:00', to: '1900-01-02 00:00:00' });
    const { columns } = await files.tables.profile({ path: target, dataset, reference: null });
    const day = columns.find(({ column }) => column === 'day');
    expect([day?.wrongType, (day?.rows ?? 0) - (day?.nulls ?? 0)]).toEqual([0, 1]);
  }
});

test('the zone of the machine changes neither rows nor digests', async () => {
  const script = `
    import { writeSnapshotOf } from './test/cases/snapshot-of.ts';
    console.log(JSON.stringify(await writeSnapshotOf(process.argv.at(-1))));
  `;
  const source = await files.text('zones.csv', csv);
  const run = async (TZ: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script, source],
      { env: { ...process.env, TZ } },
    );
    return stdout;
  };
  const utc = await run('UTC');
  expect(utc).toContain('"rowCount":2');
  expect(await run('America/New_York')).toBe(utc);
  expect(await run('Pacific/Auckland')).toBe(utc);
});

test.each<[DataSelection, RegExp]>([
  [{ from: '2013-13-01' }, /"from": "2013-13-01" is not a time, as the time column "day" holds: write a year/],
  [{ to: 'soon' }, /"to": "soon" is not a time/],
  [{ from: '2024', to: '2023' }, /"from" \(2024\) is after "to" \(2023\): exchange them/],
])('the bounds %o are refused before a run starts', (selection, message) => {
  expect(() => checkSelection(selection, persons())).toThrow(message);
});

test('times and numbers of a country are read as the dataset declares them', async () => {
  const { day, age, ...others } = persons().columns;
  const columns = { ...others, day: day!, age: { ...age!, type: 'number' as const, min: undefined, max: undefined } };
  const cells = [
    ['31.12.2024 23:30', '1.234,5'],
    ['1.2.2024 00:00', '1234'],
    ['2024-02-01T00:00:00Z', '-0,25'],
    ['31.02.2024 00:00', '1.500'],
    ['12/31/2024', '0.125'],
    ['', '1,5e3'],
  ];
  const text = ['id;day;age', ...cells.map((row, id) => [id, ...row].join(';'))].join('\n');
  const source = await files.text('local.csv', text);
  const csv = { decimal: ',' as const, time: '%d.%m.%Y %H:%M' };
  const dataset = persons({ columns, csv, timezone: 'Europe/Berlin' });
  const target = join(files.folder, 'local.parquet');
  const written = await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
  expect(written.csv).toMatchObject({ delimiter: ';', ...csv });
  expect(written.timeRange).toEqual({ from: '2024-01-31 23:00:00', to: '2024-12-31 22:30:00' });
  const profile = await files.tables.profile({ path: target, dataset, reference: null });
  const of = (name: string) => profile.columns.find(({ column }) => column === name);
  expect([of('day')?.wrongType, of('day')?.examples]).toEqual([2, ['12/31/2024', '31.02.2024 00:00']]);
  expect([of('age')?.wrongType, of('age')?.examples]).toEqual([1, ['0.125 (with a point)']]);
  const { age: numbers } = (await files.tables.readFrame({ path: target, dataset, columns: ['age'] })).columns;
  expect([...numbers!.values]).toEqual([1234.5, 1234, -0.25, 1500, Number.NaN, 1500]);
});
