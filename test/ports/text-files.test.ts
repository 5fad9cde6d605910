import { gzipSync } from 'node:zlib';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datasetDefinitionSchema, type CsvFormat } from '../../contracts/data/dataset.ts';
import type { TensorSpec } from '../../contracts/data/tensor.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { binary } from '../support/classes.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

const datasetOf = (csv: CsvFormat) =>
  datasetDefinitionSchema.parse({
    dataset: 'texts',
    source: 'texts.csv',
    key: 'id',
    target: 'y',
    csv,
    columns: {
      id: { type: 'integer', kind: 'key' },
      a: { type: 'string', kind: 'categorical', nullable: true },
      y: { type: 'integer', kind: 'target' },
    },
  });
const output = (name: string, type: TensorSpec['type'], ...width: number[]): TensorSpec => ({
  name,
  type,
  shape: [null, ...width],
});

let written = 0;
/** What a run's snapshot and `pawl predict` read in column `a`. */
async function bothRead(content: string | Uint8Array, csv: CsvFormat = {}, ending = 'csv'): Promise<string[][]> {
  written += 1;
  const source = await files.text(`texts-${written}.${ending}`, content as string);
  const dataset = datasetOf(csv);
  const target = `${files.folder}/texts-${written}.parquet`;
  await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
  const frame = await files.tables.readFrame({ path: target, dataset, columns: ['a'] });
  return [frame.columns.a!.values as string[], await predictReads(source, csv)];
}

async function predictReads(source: string, csv: CsvFormat): Promise<string[]> {
  const seen: string[] = [];
  await files.tables.predictFile({
    source,
    target: `${source}.predicted.parquet`,
    signature: { inputs: [output('a', 'string', 1)], outputs: [output('label', 'int64')] },
    dataset: datasetOf(csv),
    labelSpace: binary,
    strict: true,
    version: 1,
    run: async ({ rowCount, columns }) => {
      seen.push(...(columns.a!.values as string[]));
      return { label: { type: 'int64', shape: [rowCount], data: new BigInt64Array(rowCount) } };
    },
    onRows: () => {},
  });
  return seen;
}

const csv = 'id,a,y\n1,apt #3,0\n2,#ff0000,1\n3,"#1, in\n#2",1\n';
const cells = ['apt #3', '#ff0000', '#1, in\n#2'];

test.each<[string, string | Uint8Array, CsvFormat, string[]]>([
  ['a comment character within cells', `# made by hand\n${csv}# the end\n`, { comment: '#' }, cells],
  [
    'a comment character within cells of a compressed file',
    gzipSync(`# made by hand\n${csv}`),
    { comment: '#' },
    cells,
  ],
  ['a title with a quote in it', `A "table\n${csv}`, { skip: 1, comment: '~' }, cells],
  ['line breaks of two kinds, within cells too', 'id,a,y\r\n1,"x\r\nz",0\n2,"x\nz",1\r\n', {}, ['x\r\nz', 'x\nz']],
  [
    'characters of Windows-1252',
    Buffer.from('id,a,y\n1,\x80,0\n2,\xfc\xdf,1\n', 'latin1'),
    { encoding: 'latin-1' },
    ['€', 'üß'],
  ],
  [
    'UTF-16, big-endian, without a mark',
    Buffer.from(csv, 'utf16le').swap16(),
    { encoding: 'utf-16', comment: '~' },
    cells,
  ],
  [
    'surrogates and breaks over the bounds of what is read at once',
    `id,a,y\r\n${'1,"😀\r\n",0\r\n'.repeat(1)}${Array.from({ length: 9_000 }, (_, i) => `${i + 2},😀é${'x'.repeat(i % 7)},1`).join('\r\n')}\n`,
    {},
    ['😀\r\n', ...Array.from({ length: 9_000 }, (_, i) => `😀é${'x'.repeat(i % 7)}`)],
  ],
])('a run and pawl predict read %s alike', async (_, content, format, wanted) => {
  const ending = typeof content !== 'string' && content[0] === 0x1f ? 'csv.gz' : 'csv';
  expect(await bothRead(content, format, ending)).toEqual([wanted, wanted]);
  expect(await readdir(`${files.folder}/tmp`)).toEqual([]);
});

test.each<[string, string | Uint8Array, CsvFormat, RegExp]>([
  [
    'a field too many',
    '# c\nid,a,y\n1,x,0\n# c\n2,x,1,\n',
    { comment: '#' },
    /line 5 has 4 fields where the header has 3/,
  ],
  ['a field too few', 'title\n\nid,a,y\n1,x,0\n2,x\n', { skip: 1 }, /line 5 has 2 fields where the header has 3/],
  [
    'bytes of another encoding',
    Buffer.from(`# c\nid,a,y\n1,x,0\n2,\xfc,1\n`, 'latin1'),
    { comment: '#' },
    /line 4 is not UTF-8: declare csv.encoding/,
  ],
  [
    'half a character of UTF-16',
    Buffer.concat([Buffer.from('\ufeffid,a,y\n1,x,0\n', 'utf16le'), Buffer.of(0x31)]),
    {},
    /line 3 is not UTF-16/,
  ],
  ['a column that is not closed', 'id,a,y\n1,"x,0\n2,x,1\n', {}, /line 2 has a quote that does not end|lines gave/],
])('a run and pawl predict refuse a file with %s, with its line', async (_, content, format, message) => {
  await expect(bothRead(content, format)).rejects.toThrow(message);
  await expect(predictReads(`${files.folder}/texts-${written}.csv`, format)).rejects.toThrow(message);
});

test('bytes that are not gzip are refused as such', async () => {
  await expect(bothRead(Buffer.from('id,a,y\n1,x,0\n'), { comment: '#' }, 'csv.gz')).rejects.toThrow(
    'damaged: write the file again',
  );
});

const lines = ['{"id":1,"a":"x","y":0}', '{"id":2,"a":"z","y":1}'];
test.each<[string, string | Uint8Array]>([
  ['a byte order mark', `\ufeff${lines.join('\n')}`],
  ['blank lines and line ends of two kinds', `${lines.join('\r\n\n')}\n`],
  ['UTF-16', Buffer.from(`\ufeff${lines.join('\n')}`, 'utf16le')],
])('NDJSON with %s gives every row', async (_, content) => {
  expect(await bothRead(content, {}, 'ndjson')).toEqual([
    ['x', 'z'],
    ['x', 'z'],
  ]);
});

test.each([1, 2, 7, 10])('the number of a malformed line of NDJSON is right: %i of 10', async (bad) => {
  const content = Array.from({ length: 10 }, (__, i) => (i + 1 === bad ? '{"id":1 "a":2}' : lines[0])).join('\n');
  await expect(bothRead(content, {}, 'ndjson')).rejects.toThrow(`line ${bad} is malformed JSON`);
});
