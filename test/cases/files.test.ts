import { afterEach, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { csvOf, people, strangersProject, type Definitions, type StrangersProject } from './project.ts';

let project: StrangersProject;
afterEach(() => project.close());

const rows = people(700).map(({ id, age, plan, amount, churned }) => [id, age, plan, amount, Number(churned)]);
const lines = csvOf(rows).trimEnd().split('\n');

async function snapshotOf(content: string | Uint8Array, definitions: Definitions = {}, name = 'data.csv') {
  project = await strangersProject({ name, content });
  await project.define(definitions);
  const run = await project.open();
  const snapshot = await project.snapshot(run);
  return { run, snapshot, data: await project.check(run, snapshot) };
}

const changed = (line: number, to: (text: string) => string): string =>
  lines.map((text, i) => (i === line - 1 ? to(text) : text)).join('\n');

test.each<[string, string, RegExp]>([
  [
    'one field too many',
    changed(601, (text) => `${text},9`),
    /line 601 has 6 fields where the header has 5 \("600,.*,9"\)/,
  ],
  [
    'one field too few',
    changed(20, (text) => text.replace(/,[^,]*$/, '')),
    /line 20 has 4 fields where the header has 5/,
  ],
  [
    'a quote that does not end',
    changed(30, (text) => text.replace(',', ',"')),
    /line 30 has a quote that does not end/,
  ],
  ['a name that occurs twice', changed(1, () => 'id,age,plan,amount,age'), /its header names "age" twice/],
  [
    'names that differ by case alone',
    changed(1, () => 'id,age,plan,Age,churned'),
    /"age" and "Age", which differ by case alone/,
  ],
  ['no header', lines.slice(1).join('\n'), /its first line is "1,.*", which names none of the columns age, amount/],
  ['nothing at all', '', /it has no header line/],
  [
    'an empty field too many',
    changed(601, (text) => `${text},`),
    /line 601 has 6 fields where the header has 5 \("600,/,
  ],
  [
    'an empty quoted field too many',
    changed(700, (text) => `${text},,""`),
    /line 700 has 7 fields where the header has 5/,
  ],
  [
    'an empty field too many below a cell with line breaks',
    changed(601, (text) => text.replace(/basic|plus|pro/, '"a\nb,c,d,e,f,"') + ','),
    /line 602 has 6 fields where the header has 5/,
  ],
])('a CSV file with %s is refused with its place', async (_, content, message) => {
  await expect(snapshotOf(content)).rejects.toThrow(message);
});

test('a header that differs by case and blanks alone is one, with its delimiter, and the data checks say what it names', async () => {
  const content = ['ID; Age ;PLAN;Amount;Churned', ...lines.slice(1).map((line) => line.replaceAll(',', ';'))].join(
    '\n',
  );
  const { data } = await snapshotOf(content);
  expect(data.verdict.status).toBe('fail');
  expect(data.verdict.checks.map(({ message }) => message)).toContain(
    'age: the column is missing in the file, which has " Age ": names count as they are written, rename one',
  );
});

test.each<[string, string | Uint8Array, Definitions, object]>([
  ['semicolons and a byte order mark', `\ufeff${lines.join('\r\n').replaceAll(',', ';')}\r\n`, {}, { delimiter: ';' }],
  ['tabs', lines.join('\n').replaceAll(',', '\t'), {}, { delimiter: '\t' }],
  ['blank lines', lines.join('\n\n'), {}, { delimiter: ',' }],
  [
    'comments, lines above the header and declared quotes',
    ['# made by hand', 'A table', ...lines.map((text) => text.replaceAll(/plus/g, `'plus'`)), '# the end'].join('\n'),
    { dataset: { csv: { comment: '#', skip: 1, quote: `'` } } },
    { comment: '#', skip: 1, quote: `'` },
  ],
  [
    'a title, blank lines and a header below',
    ['A table', '', ...lines].join('\n'),
    { dataset: { csv: { skip: 1 } } },
    { skip: 1 },
  ],
  [
    'a byte order mark above a comment',
    `\ufeff# made by hand\n${lines.join('\n')}`,
    { dataset: { csv: { comment: '#' } } },
    {},
  ],
  ['line ends of two kinds', lines.map((text, i) => text + (i % 3 === 0 ? '\r\n' : '\n')).join(''), {}, {}],
  ['blank lines above the header', `\n\n${lines.join('\n')}`, {}, {}],
  [
    'Latin-1',
    Buffer.from(lines.join('\n').replaceAll('plus', 'plüs'), 'latin1'),
    { dataset: { csv: { encoding: 'latin-1' } } },
    { encoding: 'latin-1' },
  ],
  [
    'UTF-16 of the other order',
    Buffer.from(`\ufeff${lines.join('\n')}`, 'utf16le').swap16(),
    {},
    { encoding: 'utf-16' },
  ],
  [
    'UTF-16',
    Buffer.from(`\ufeff${lines.join('\n')}`, 'utf16le'),
    { dataset: { csv: { encoding: 'utf-16' } } },
    { encoding: 'utf-16' },
  ],
])(
  'a CSV file with %s gives every row, and the snapshot says how it was read',
  async (_, content, definitions, csv) => {
    const { snapshot, data } = await snapshotOf(content, definitions);
    expect(snapshot.rowCount).toBe(700);
    expect(data.verdict.status).toBe('pass');
    const manifest = JSON.parse(new TextDecoder().decode(await project.ports.store.getBlob(snapshot.manifest))) as {
      csv: object;
    };
    expect(manifest.csv).toMatchObject(csv);
  },
);

test('a compressed CSV file is read by the same rules', async () => {
  const { snapshot } = await snapshotOf(gzipSync(lines.join('\n')), {}, 'data.csv.gz');
  expect(snapshot.rowCount).toBe(700);
  await project.close();
  await expect(snapshotOf(gzipSync(changed(5, (text) => `${text},9`)), {}, 'data.csv.gz')).rejects.toThrow(
    /line 5 has 6 fields/,
  );
});

test('bytes that are not UTF-8 are refused with the line and the key to declare', async () => {
  const content = Buffer.from(
    changed(40, (text) => text.replace(/basic|plus|pro/, 'plüs')),
    'latin1',
  );
  await expect(snapshotOf(content)).rejects.toThrow(
    /line 40 is not UTF-8 .*declare csv\.encoding \(latin-1 or utf-16\)/,
  );
});

test('a broken line is told in plain words alone, without the advice of the reader', async () => {
  const error = await snapshotOf(changed(601, (text) => `${text},9`)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).cause).toBeUndefined();
  expect(String(error)).not.toMatch(/strict_mode|null_padding|Possible fixes/);
});

test('lines that a quoted cell swallows are counted and shown', async () => {
  const content = changed(10, (text) => text.replace(/basic|plus|pro/, (plan) => `"${plan}\n\nsee below"`));
  const { snapshot, data } = await snapshotOf(content);
  expect(snapshot.rowCount).toBe(700);
  expect(data.verdict.checks.find(({ name }) => name === 'rows.lines')).toMatchObject({ status: 'warn', observed: 1 });
});

test.each<[string, string, RegExp]>([
  ['is not an object', '{"id":1}\n\n[1,2]\n', /line 3 is not a JSON object/],
  ['ends too early', '{"id":1}\n{"id":2\n', /line 2 is malformed JSON \(.*\): write one object/],
  ['names a column twice', '\n{"id":1,"id":2}\n', /line 2 names "id" twice/],
])('a line of NDJSON that %s is refused', async (_, content, message) => {
  await expect(snapshotOf(content, {}, 'data.ndjson')).rejects.toThrow(message);
});

test('a number that float32 cannot hold is named by the data check', async () => {
  const { data } = await snapshotOf(changed(50, (text) => text.replace(/,[\d.]+,(\d)$/, ',1e300,$1')));
  expect(data.verdict.checks.filter(({ status }) => status === 'fail')).toMatchObject([
    { name: 'amount.range', message: expect.stringMatching(/^amount: 1 value is outside .*1e300/) },
  ]);
});

test('the first column may lack a name, as the index of pandas does: it is named, and warned of', async () => {
  const indexed = lines.map((line, i) => `${i === 0 ? '' : i - 1},${line}`).join('\n');
  const { data } = await snapshotOf(indexed);
  expect(data.profile.rows).toBe(700);
  expect(data.verdict.checks.find(({ name }) => name === 'columns.unexpected')?.message).toMatch(/: unnamed; they are/);
});

test('quotes after a declared character are of the cell, as Spark writes them', async () => {
  const odd = ['say \\"no\\"', 'C:\\\\data', 'a\\b', 'x\\",y', 'two\nlines \\"here'];
  const csv = changed(1, (text) => text)
    .split('\n')
    .map((line, i) => (odd[i - 1] === undefined ? line : line.replace(/basic|plus|pro/, `"${odd[i - 1]!}"`)))
    .join('\n');
  const { run, snapshot, data } = await snapshotOf(csv, {
    dataset: { csv: { escape: '\\' } },
    columns: { plan: { type: 'string', kind: 'categorical' } },
  });
  expect(data.profile.rows).toBe(700);
  const { columns } = await project.ports.tables.readFrame({
    path: await project.ports.store.fetchFile(snapshot.data),
    dataset: await project.ports.definitions.datasetOf(await project.ports.definitions.model('churn')),
    columns: ['plan'],
    limit: 700,
  });
  expect(run.model).toBe('churn');
  const plans = new Set(columns.plan!.values as readonly string[]);
  for (const text of ['say "no"', 'C:\\data', 'a\\b', 'x",y', 'two\nlines "here']) expect(plans).toContain(text);
  expect(plans.size).toBe(8);
});
