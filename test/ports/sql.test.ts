import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { array, assert, asyncProperty, constantFrom, oneof, string, uniqueArray } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { identifier, SqlValues } from '../../ports/sql.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;
let files: TableFiles;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  await connection.run('create table kept as select 1 as one');
  files = await tableFiles();
});
afterAll(async () => {
  connection.closeSync();
  instance.closeSync();
  await files.remove();
});

/** What breaks out of text in SQL, C, JSON or UTF-16. */
const hostile = [
  `'`,
  `"`,
  `''`,
  `"";drop table kept;--`,
  `';drop table kept;--`,
  '\\',
  `\\'`,
  '$1',
  '$$',
  '/*',
  '--',
  '\0',
  '\ud800',
  '\udfff',
  '\u{1f600}',
  '\u202e',
  '\r',
  '\n',
  ']',
  '}',
  ', ',
  '[0]',
  '*',
  '%s',
  '{}',
  '__proto__',
  'select',
  '10',
];
const text = array(oneof(constantFrom(...hostile), string({ unit: 'binary', maxLength: 4 })), { maxLength: 6 }).map(
  (parts) => parts.join(''),
);
/** As UTF-8 holds it: without halves of surrogate pairs. */
const wellFormed = (value: string): string => Buffer.from(value).toString();
const rowsOf = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson();

test('a value of any characters reads back exactly, alone and in a list', async () => {
  await assert(
    asyncProperty(text, array(text, { maxLength: 3 }), async (value, list) => {
      const values = new SqlValues();
      const sql = `select ${values.bind(value)}, ${values.bind(list)}, one from kept`;
      await values.giveTo(connection);
      expect(await rowsOf(sql)).toEqual([[wellFormed(value), list.map((item) => wellFormed(item)), 1]]);
    }),
    { numRuns: 300 },
  );
});

test('a name of any characters but NUL names one column exactly, and one with NUL is refused', async () => {
  await assert(
    asyncProperty(text, async (name) => {
      if (name.includes('\0')) {
        expect(() => identifier(name)).toThrow(RangeError);
        return;
      }
      if (name === '') return;
      const reader = await connection.runAndReadAll(`select one as ${identifier(name)} from kept`);
      expect(reader.columnNames()).toEqual([wellFormed(name)]);
      const again = await rowsOf(`select ${identifier(name)} from (select one as ${identifier(name)} from kept)`);
      expect(again).toEqual([[1]]);
    }),
    { numRuns: 300 },
  );
});

/** Text of one line that a CSV file can hold; its name in SQL differs from others by more than case. */
const cell = text
  .map((value) => wellFormed(value).replaceAll(/[\0\r\n]/g, '_'))
  .filter((value) => value !== '' && value.toLowerCase() !== 'id' && value !== '__proto__');
const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

test('files, columns, dialects and declared words of any characters are read as they are written', async () => {
  let run = 0;
  await assert(
    asyncProperty(
      uniqueArray(cell, { minLength: 1, maxLength: 4, selector: (name) => name.toLowerCase() }),
      cell,
      cell,
      constantFrom(',', ';', '\t', '|', "'"),
      async (names, missing, word, delimiter) => {
        if (missing === word || names.some((name) => name.trim() !== name)) return;
        const lines = [
          ['id', ...names],
          ['1', ...names.map(() => word)],
          ['2', ...names.map(() => missing)],
        ].map((cells) => cells.map(quoted).join(delimiter));
        run += 1;
        const source = await files.text(`it's "${run}" [x]*.csv`, lines.join('\n'));
        const dataset = datasetDefinitionSchema.parse({
          dataset: 'hostile',
          source,
          key: 'id',
          target: names[0],
          csv: { delimiter },
          columns: {
            id: { type: 'integer', kind: 'key' },
            ...Object.fromEntries(
              names.map((name, i) => [
                name,
                {
                  type: 'string',
                  kind: i === 0 ? 'target' : 'categorical',
                  allowed: [word, 'other'],
                  nullable: true,
                  missing: [missing],
                },
              ]),
            ),
          },
        });
        const target = join(files.folder, `it's ${run}.parquet`);
        await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
        const frame = await files.tables.readFrame({ path: target, dataset, columns: names });
        for (const name of names) expect(frame.columns[name]).toEqual({ type: 'string', values: [word, ''] });
        const profile = await files.tables.profile({ path: target, dataset, reference: null });
        // Not by place: a column named `10` comes before the others.
        for (const column of profile.columns.filter(({ column }) => column !== 'id'))
          expect(column).toMatchObject({ rows: 2, nulls: 1, wrongType: 0, notAllowed: 0 });
      },
    ),
    // A control character once cut the lines by which the header is found.
    { numRuns: 12, examples: [[['\u0001', '_'], '_', "'", ',']] },
  );
});

test.each([
  ['has a NUL character', 'a\0b', 'NUL'],
  ['objects have already', '__proto__', '__proto__'],
])('a column whose name %s is refused', async (_, name, said) => {
  const dataset = datasetDefinitionSchema.parse({
    dataset: 'nul',
    source: 'x.csv',
    key: 'id',
    target: 'y',
    columns: { id: { type: 'integer', kind: 'key' }, y: { type: 'integer', kind: 'target', allowed: ['0', '1'] } },
  });
  for (const source of [
    await files.text('nul.csv', `id,y,${name}\n1,0,2\n`),
    await files.text('nul.ndjson', `{"id":1,"y":0,${JSON.stringify(name)}:2}\n`),
  ])
    await expect(
      files.tables.writeSnapshot({ source, dataset, selection: {}, target: join(files.folder, 'nul.parquet') }),
    ).rejects.toMatchObject({ type: 'InvalidDataError', message: expect.stringContaining(said) as unknown });
});

/** Constants and generated names that SQL holds within quotes; no value is among them. */
const mayBeQuoted = new Set([
  'name', // of a variable, and of a column of the log
  'pathsName(index)',
  'sameAsRequest',
  'noText',
  'shownText(file.name)', // of a message
  'droppedMirror',
]);
const folders = ['ports', 'activities', 'workers', 'gateway', 'cli'];
const isSql = /\b(select|from|copy|create|where|set|read_csv|read_parquet|read_ndjson|getvariable|list_contains|as)\b/;

test('no SQL is written with a value between quotes', async () => {
  const found: string[] = [];
  let seen = 0;
  for (const folder of folders)
    for (const file of await readdir(folder, { recursive: true })) {
      const path = join(folder, file);
      if (!path.endsWith('.ts')) continue;
      const source = await readFile(path, 'utf8');
      if (!/duckdb|\.bind\b|sql\.ts/.test(source)) continue;
      for (const line of source.split('\n').filter((line) => isSql.test(line)))
        for (const [, quote = '', expression = ''] of line.matchAll(/(['"]?)\$\{([^}]*)\}/g)) {
          seen += 1;
          if (quote !== '' && !mayBeQuoted.has(expression)) found.push(`${path}: ${line.trim()}`);
        }
      if (/replaceAll\((["'`/]).*(''|"")/.test(source) && path !== 'ports/sql.ts')
        found.push(`${path}: escapes quotes`);
    }
  expect(found).toEqual([]);
  expect(seen).toBeGreaterThan(100);
});
