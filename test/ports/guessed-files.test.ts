import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { timeFormats, wordsForMissing } from '../../policy/guess/candidates.ts';
import { guessProject } from '../../policy/guess/guess-project.ts';
import { createDuckDbTables } from '../../ports/table-engine/duckdb.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles((tempDir) => createDuckDbTables({ tempDir }));
});
afterAll(() => files?.remove());

const rows = 400;
let count = 0;
const random = createRandom(7);
const draws = Array.from({ length: rows }, () => random.next());

/** What is guessed of a column `z` beside an id and a target. */
async function guessed(
  cell: (row: number) => string,
  {
    delimiter = ';',
    name = 'z',
    y = (row: number): string => (draws[(row * 37) % rows]! < 0.3 ? 'yes' : 'no'),
    ending = 'csv',
    more = (row: number): string => String(Math.floor(draws[(row * 91) % rows]! * 50)),
  } = {},
) {
  const lines = Array.from({ length: rows }, (_, row) => [`k${row}`, cell(row), y(row), more(row)].join(delimiter));
  const source = await files.text(
    `guessed-${count++}.${ending}`,
    `${['id', name, 'y', 'more'].join(delimiter)}\n${lines.join('\n')}\n`,
  );
  const facts = await files.tables.describeFile({ source, target: 'y', missing: wordsForMissing, times: timeFormats });
  const { dataset } = guessProject(facts, { model: 'm', dataset: 'd', target: 'y' });
  const at = (path: string) => dataset.find((entry) => entry.path.join('.') === path);
  const column = at(`columns.${name}`);
  return {
    ...(column?.value as { type: string; kind: string }),
    why: column?.why ?? '',
    decimal: at('csv.decimal') ?? at('csv'),
  };
}

const german = (row: number): string => {
  const value = Math.floor(draws[row]! * 30_000) + 1;
  return value < 1000 ? String(value) : `${Math.floor(value / 1000)}.${String(value % 1000).padStart(3, '0')}`;
};

describe('points before three digits alone', () => {
  test.each([';', '\t'])('part thousands in a file of %j, whose numbers are whole', async (delimiter) => {
    const found = await guessed(german, { delimiter });
    expect(found).toMatchObject({ type: 'integer', kind: 'numeric' });
    expect(found.why).toMatch(/^from \d{1,3} to 2\d{4}; every value is a whole number/);
    expect(JSON.stringify(found.decimal)).toMatch(/before three digits alone, as between thousands/);
  });

  test('are said to be doubtful in a file of commas', async () => {
    const found = await guessed(german, { delimiter: ',' });
    expect(found).toMatchObject({ type: 'number' });
    expect(found.why).toContain("if they part thousands, declare csv.decimal: ','");
  });

  test('precede a fraction where another number has one', async () => {
    const found = await guessed(german, { more: (row) => `${row}.5` });
    expect(found).toMatchObject({ type: 'number', decimal: undefined });
    expect(await guessed((row) => `${row % 9}.250`)).toMatchObject({ type: 'number', decimal: undefined });
  });
});

test('a column that rises and falls with a target of few numbers is not a feature', async () => {
  const y = (row: number): string => String(Math.floor(draws[row]! * 25));
  const found = await guessed((row) => String(2 * Number(y(row)) + 1), { y });
  expect(found).toMatchObject({ kind: 'carried', why: expect.stringContaining('it rises and falls') as string });
});

const day = (row: number): { y: number; m: string; d: string } => ({
  y: 2020 + (row % 4),
  m: String(1 + (row % 12)).padStart(2, '0'),
  d: String(1 + (row % 28)).padStart(2, '0'),
});
test.each<[string, (row: number) => string, string]>([
  ['20220131', (row) => `${day(row).y}${day(row).m}${day(row).d}`, 'days such as 20220131'],
  ['05-Jan-22', (row) => `${day(row).d}-${['Jan', 'Feb', 'Mar'][row % 3]}-22`, 'look like times ('],
  ['05.01.22', (row) => `${day(row).d}.${day(row).m}.22`, 'look like times ('],
  ['Jan 05, 2022', (row) => `Jan ${day(row).d}, ${day(row).y}`, 'look like times ('],
  ['01/05/2022 05:30 PM', (row) => `${day(row).m}/${day(row).d}/${day(row).y} 05:30 PM`, 'look like times ('],
  ['20220131235959', (row) => `${day(row).y}${day(row).m}${day(row).d}235959`, 'times such as 20220131235959'],
])('times of any form are carried, and named: %s', async (_, cell, why) => {
  expect(await guessed(cell)).toMatchObject({ kind: 'carried', why: expect.stringContaining(why) as string });
});

test.each<[string, (row: number) => string, string]>([
  ['an exponent', (row) => ['12E4', '70', '7E1', '31'][row % 4]!, '"12E4" is read as 120000: write type: string'],
  [
    'zeros at the end',
    (row) => ['1.1', '1.10', '2.3'][row % 3]!,
    '"1.1" and "1.10" are one number: write type: string',
  ],
])('codes that numbers merge are doubted: %s', async (_, cell, why) => {
  expect((await guessed(cell, { delimiter: ',' })).why).toContain(why);
});

test('seconds under a name that says so are carried, and others are doubted', async () => {
  const seconds = (row: number): string => String(1_600_000_000 + row * 86_413);
  expect(await guessed(seconds, { name: 'unix' })).toMatchObject({
    kind: 'carried',
    why: expect.stringContaining('since 1970') as string,
  });
  expect(await guessed(seconds)).toMatchObject({
    kind: 'numeric',
    why: expect.stringContaining('may count seconds or milliseconds since 1970') as string,
  });
});

describe('a file of a spreadsheet', () => {
  const body = Array.from({ length: rows }, (_, row) => `k${row};${row % 7};${row % 2}`);
  const describe_ = async (content: string) => {
    const source = await files.text(`sheet-${count++}.csv`, content);
    return files.tables.describeFile({ source, target: 'y', missing: [], times: [] });
  };

  test('may name its delimiter in its first line', async () => {
    const facts = await describe_(`sep=;\nid;z;y\n${body.join('\n')}\n`);
    expect([facts.rows, facts.columns.map(({ name }) => name)]).toEqual([rows, ['id', 'z', 'y']]);
  });

  test('may end its lines with a delimiter', async () => {
    const facts = await describe_(`id;z;y;\n${body.map((line) => `${line};`).join('\n')}\n`);
    expect([facts.rows, facts.columns.map(({ name }) => name)]).toEqual([rows, ['id', 'z', 'y']]);
  });

  test('must name a last column that has values', async () => {
    await expect(describe_(`id;z;y;\n${body.map((line) => `${line};7`).join('\n')}\n`)).rejects.toThrow(
      /the last column of its header has no name, and 400 of its cells have a value: name it/,
    );
  });
});
