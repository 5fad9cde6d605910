import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, isMissing, numberOfCell, type Cell } from '../../contracts/data/cell.ts';
import {
  columnSchema,
  datasetDefinitionSchema,
  type Column,
  type DatasetDefinition,
} from '../../contracts/data/dataset.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

const words = ['NA', '-', '-9', '9.50'];
const columns = {
  id: columnSchema.parse({ type: 'integer', kind: 'key' }),
  integer: columnSchema.parse({ type: 'integer', kind: 'categorical', missing: words }),
  number: columnSchema.parse({ type: 'number', kind: 'categorical', missing: words }),
  string: columnSchema.parse({ type: 'string', kind: 'categorical', missing: words }),
  boolean: columnSchema.parse({ type: 'boolean', kind: 'categorical', missing: words }),
  numeric: columnSchema.parse({ type: 'number', kind: 'numeric', missing: words }),
};
const dataset: DatasetDefinition = datasetDefinitionSchema.parse({
  dataset: 'cells',
  source: 'cells.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'integer',
  columns,
});
type Name = Exclude<keyof typeof columns, 'id'>;
const names = Object.keys(columns).filter((name): name is Name => name !== 'id');

let written = 0;
/** The same cells in every column of a file, as the engine hands them out. */
async function readBack(content: string, ending: string): Promise<Record<Name, ArrayLike<string | number>>> {
  written += 1;
  const source = await files.text(`cells-${written}.${ending}`, content);
  const target = `${files.folder}/cells-${written}.parquet`;
  await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
  const frame = await files.tables.readFrame({ path: target, dataset, columns: names });
  return Object.fromEntries(names.map((name) => [name, frame.columns[name]?.values ?? []])) as never;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const asCsv = (texts: readonly string[]): string =>
  [['id', ...names].join(','), ...texts.map((text, id) => [id, ...names.map(() => quoted(text))].join(','))].join('\n');
const asNdjson = (values: readonly Cell[]): string =>
  values
    .map((value, id) => JSON.stringify({ id, ...Object.fromEntries(names.map((name) => [name, value])) }))
    .join('\n');

function expectSame(values: readonly Cell[], found: Record<Name, ArrayLike<string | number>>, seed = 0): void {
  for (const name of names) {
    const column: Column = columns[name];
    const wanted = values.map((value) =>
      column.kind === 'numeric' ? (numberOfCell(value, column) ?? Number.NaN) : codeOf(value, column),
    );
    const differing = values.flatMap((value, row) =>
      Object.is(found[name][row], wanted[row]) || (found[name][row] === 0 && wanted[row] === 0)
        ? []
        : [{ name, seed, value: String(value), found: found[name][row], wanted: wanted[row] }],
    );
    expect(differing.slice(0, 5)).toEqual([]);
  }
}

const specimens = [
  '-9',
  '-9.0',
  ' -9 ',
  '9.5',
  '9.50',
  '1',
  '1.0',
  '1.',
  '01',
  '+1',
  '-1',
  '-0',
  '0.0',
  '1e3',
  '1E3',
  '1.5',
  '1.50',
  '.5',
  ' 7 ',
  '\t8',
  '1_000',
  '+-0',
  '+-5',
  '-+5',
  '++1',
  '1e+-5',
  '0x10',
  '1,5',
  '1 000',

  '9007199254740993',
  '00501',
  '123456789012345678901234567890',
  '1e300',
  '1e400',
  '-1e400',
  'inf',
  '-Infinity',
  '1e-7',
  '0.00012',
  '1.5e20',

  'true',
  'True',
  'TRUE',
  'T',
  'yes',
  'N',
  'off',
  'False',
  'nan',
  'NaN',
  'NaT',
  '',
  '  ',
  'NA',
  '-',
  'na',
  'n/a',
  ' NA ',
  'ünï',
  ' padded',
  'it\'s "x"',
];

test('a text means the same in CSV, in NDJSON and in a request', async () => {
  expectSame(specimens, await readBack(asCsv(specimens), 'csv'));
  expectSame(specimens, await readBack(asNdjson(specimens), 'ndjson'));
});

test('any text or number means the same in CSV, in NDJSON and in a request', async () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789+-.eE _NnaATtruyesoff')), maxLength: 12 }),
    fc.double({ noNaN: true }).map(String),
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map(String),
    fc.float({ noNaN: true }).map(String),
  );
  const seed = Math.floor(Math.random() * 2 ** 31);
  const texts = fc.sample(text, { numRuns: 4000, seed });
  expectSame(texts, await readBack(asCsv(texts), 'csv'), seed);
  // JSON has one zero; whole numbers beyond 2^53 are no longer what the client wrote once JSON is parsed, and requests refuse them.
  const double = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number));
  const value = fc.oneof(double, fc.maxSafeInteger(), fc.constant(null));
  const values = fc.sample(value, { numRuns: 4000, seed }).map((cell) => (Object.is(cell, -0) ? 0 : cell));
  expectSame(values, await readBack(asNdjson(values), 'ndjson'), seed);
});

test.each<[string, string, readonly Cell[]]>([
  ['BIGINT', '[1, -5, null, 9007199254740993]::bigint[]', [1n, -5n, null, 9007199254740993n]],
  ['DOUBLE', `[1, 2.5, 'nan', null, 1e20, 1e-7, 0.1]::double[]`, [1, 2.5, Number.NaN, null, 1e20, 1e-7, 0.1]],
  ['DECIMAL', '[1.50, 2.00, null]::decimal(9, 2)[]', [1.5, 2, null]],
  ['DECIMAL(38,10)', '[1.50, 0.00001, 0, null]::decimal(38, 10)[]', [1.5, 1e-5, 0, null]],
  ['BOOLEAN', '[true, false, null]', [true, false, null]],
  ['VARCHAR', `['1.0', 'NA', '', ' 2', 'True']`, ['1.0', 'NA', '', ' 2', 'True']],
])('a value of a Parquet column of %s means what a request with it means', async (type, list, values) => {
  const select = names.map((name) => `value as "${name}"`).join(', ');
  const source = await files.parquet(
    `cells-${type}.parquet`,
    `select row_number() over () as id, ${select} from (select unnest(${list}) as value)`,
  );
  const target = `${files.folder}/cells-${type}-snapshot.parquet`;
  await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
  const frame = await files.tables.readFrame({ path: target, dataset, columns: names });
  expectSame(values, Object.fromEntries(names.map((name) => [name, frame.columns[name]?.values ?? []])) as never);
});

test.each([
  ['decimal(20, 0)', ['9007199254740992', '9007199254740993']],
  ['decimal(38, 0)', ['12345678901234567890', '12345678901234567891']],
  ['decimal(38, 2)', ['12345678901234567890', '12345678901234567891']],
])('ids of Parquet of %s keep their digits, as keys, categories and texts', async (type, ids) => {
  const source = await files.parquet(
    `${type}.parquet`,
    `select id::${type} as id, id::${type} as integer, id::${type} as string from (select unnest(${JSON.stringify(ids).replaceAll('"', "'")}) as id)`,
  );
  const frame = await files.tables.readFrame({ path: source, dataset, columns: ['integer', 'string', 'id'] });
  expect([frame.columns.integer?.values, frame.columns.string?.values]).toEqual([ids, ids]);
  const { duplicateKeys } = await files.tables.profile({ path: source, dataset, reference: null });
  expect(duplicateKeys).toBe(0);
});

test('a decimal is the double that is nearest to its digits', async () => {
  const digits = fc.sample(fc.stringMatching(/^-?0\.00[1-9]\d{0,17}$/), { numRuns: 300, seed: 5 });
  const source = await files.parquet(
    'decimals.parquet',
    `select i as id, unnest(${JSON.stringify(digits).replaceAll('"', "'")})::decimal(38, 20) as numeric from (select 1 as i)`,
  );
  const frame = await files.tables.readFrame({ path: source, dataset, columns: ['numeric'] });
  const found = [...(frame.columns.numeric?.values ?? [])].map(Number).toSorted((a, b) => a - b);
  expect(found).toEqual(digits.map(Number).toSorted((a, b) => a - b));
});

test('a decimal that is not whole is not an integer, however many digits it has', async () => {
  const source = await files.parquet('halves.parquet', 'select 1 as id, 9007199254740993.5::decimal(38, 2) as integer');
  const { columns: found } = await files.tables.profile({ path: source, dataset, reference: null });
  expect(found.find(({ column }) => column === 'integer')?.wrongType).toBe(1);
});

test('numbers of NDJSON are read as JSON reads them, however they are written', async () => {
  const written = ['1e-05', '21.0', '1E3', '0.00012', '-0.0', '5e-324', '1.50', '123456789.123456789', '2E-7'];
  const lines = written.map((number, id) => `{"id": ${id}, ${names.map((name) => `"${name}": ${number}`).join(', ')}}`);
  expectSame(
    written.map((number) => Number(number) + 0),
    await readBack(lines.join('\n'), 'ndjson'),
  );
});

test('true, false and null of NDJSON are what the texts say', async () => {
  const cells = [true, false, null, 'null', 'true', ''] as const;
  const found = await readBack(asNdjson(cells), 'ndjson');
  expect(found.string).toEqual(['true', 'false', '', 'null', 'true', '']);
  expect(found.boolean).toEqual(['true', 'false', '', 'null', 'true', '']);
});

test('ids of NDJSON beyond 2^53 keep their digits', async () => {
  const source = await files.text(
    'ids.ndjson',
    '{"id": 1, "string": 123456789012345678901, "integer": 9007199254740993}',
  );
  const target = `${files.folder}/ids.parquet`;
  await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
  const { columns: read } = await files.tables.readFrame({ path: target, dataset, columns: ['string', 'integer'] });
  expect([read.string?.values, read.integer?.values]).toEqual([['123456789012345678901'], ['9007199254740993']]);
});

test('a list or an object where a value is declared is refused, with the column and how many lines', async () => {
  const lines = '{"id": 1, "string": {"a": 1}}\n{"id": 2, "string": [1], "other": {"b": 2}}';
  await expect(readBack(lines, 'ndjson')).rejects.toThrow(
    'lists or objects where values are declared: "string" in 2 lines',
  );
});

test('whole numbers of any size have equal codes where they are equal', async () => {
  const spelled = ['1e16', '10000000000000000', '1E+16', '10000000000000000.0', '1e22', '-1e37'];
  const codes = ['10000000000000000', '10000000000000000', '10000000000000000', '10000000000000000'];
  const { integer } = await readBack(asCsv(spelled), 'csv');
  expect(Array.from(integer).slice(0, 4)).toEqual(codes);
  expectSame(spelled, await readBack(asCsv(spelled), 'csv'));
  const source = await files.parquet('wide.parquet', 'select 1 as id, 1e16::double as integer');
  const frame = await files.tables.readFrame({ path: source, dataset, columns: ['integer'] });
  expect(frame.columns.integer?.values).toEqual(codes.slice(0, 1));
});

test('single precision keeps the digits that were written', async () => {
  const source = await files.parquet('floats.parquet', `select 1 as id, 0.1::float as number`);
  const frame = await files.tables.readFrame({ path: source, dataset, columns: ['number'] });
  expect(frame.columns.number?.values).toEqual(['0.1']);
});

test('what is missing is missing in every type that says so', () => {
  expect(isMissing('NaN', columns.number)).toBe(true);
  expect(isMissing('NaN', columns.string)).toBe(false);
  expect(isMissing(' ', columns.boolean)).toBe(true);
  expect(isMissing(' ', columns.string)).toBe(false);
  expect(isMissing('NA', columns.string)).toBe(true);
});
