import { describe, expect, test } from 'vitest';
import type { ColumnFacts, FileFacts } from '../../contracts/data/file-facts.ts';
import type { Entry } from '../../policy/guess/entry.ts';
import { guessProject } from '../../policy/guess/guess-project.ts';
import { columnFacts, rowCount, rowNumbers, wholeNumbers } from './column-facts.ts';

const labels = (counts: Record<string, number>, change: Partial<ColumnFacts> = {}): ColumnFacts => {
  const top = Object.entries(counts).map(([value, rows]) => ({ value, rows }));
  return columnFacts({ name: 'label', distinct: top.length, top: top.toSorted((a, b) => b.rows - a.rows), ...change });
};
const binary = labels({ stays: 700, leaves: 300 });
const file = (...columns: ColumnFacts[]): FileFacts => ({
  rows: columns[0]?.rows ?? rowCount,
  csv: { delimiter: ',', encoding: 'utf-8' },
  columns,
  nested: [],
});
const guess = (...columns: ColumnFacts[]) =>
  guessProject(file(...columns), { model: 'churn', dataset: 'rows', target: 'label' });
const at = (entries: readonly Entry[], path: string): unknown =>
  entries.find((entry) => entry.path.join('.') === path)?.value;

describe('the task', () => {
  test.each<[string, ColumnFacts, object]>([
    ['two texts', binary, { task: 'binary', positive: 'leaves' }],
    ['two texts that are as frequent', labels({ b: 500, a: 500 }), { task: 'binary', positive: 'b' }],
    [
      '0 and 1',
      wholeNumbers({ ...labels({ '1': 900, '0': 100 }), values: { integer: rowCount, number: rowCount } }),
      { task: 'binary', positive: 1 },
    ],
    [
      'yes and no',
      labels({ yes: 900, no: 100 }, { values: { boolean: rowCount } as ColumnFacts['values'] }),
      { task: 'binary', positive: true },
    ],
    [
      'the codes 1 and 2',
      wholeNumbers({
        name: 'label',
        distinct: 2,
        top: [
          { value: '1', rows: 700 },
          { value: '2', rows: 300 },
        ],
      }),
      { task: 'binary', positive: 2 },
    ],
    [
      'the codes -1 and 1',
      wholeNumbers({
        name: 'label',
        distinct: 2,
        top: [
          { value: '1', rows: 700 },
          { value: '-1', rows: 300 },
        ],
      }),
      { task: 'binary', positive: 1 },
    ],
    ['three texts', labels({ a: 500, b: 300, c: 200 }), { task: 'multiclass', positive: undefined }],
    ['whole numbers', wholeNumbers({ name: 'label' }), { task: 'regression', positive: undefined }],
  ])('follows from a target of %s', (_, target, expected) => {
    const { model } = guess(rowNumbers(), wholeNumbers({ name: 'age2' }), target);
    expect({ task: at(model, 'task'), positive: at(model, 'positive') }).toEqual(expected);
  });

  test.each<[string, ColumnFacts, RegExp]>([
    ['one value', labels({ a: 1000 }), /has one value: name a column with two or more/],
    [
      'a text by row',
      columnFacts({ name: 'label', distinct: 1000 }),
      /has 1000 different texts, and a model is proposed for at most 20: they are ids or free text, so name a column/,
    ],
    [
      '200 texts',
      columnFacts({
        name: 'label',
        distinct: 200,
        top: Array.from({ length: 30 }, (_, i) => ({ value: `city ${i}`, rows: 20 - (i % 2) })),
      }),
      /has 200 different texts, and .* at most 20: write one text, such as "other", for all but the 19 most frequent \(they are 37.1 % of the labels\), name another column, or write dataset\.yaml/,
    ],
    [
      '25 texts',
      labels(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`city ${i}`, 40]))),
      /has 25 different texts, and a model is proposed for at most 20: write one text/,
    ],
    [
      'numbers with an infinite one',
      columnFacts({ name: 'label', distinct: 500, values: { number: 997 }, odd: ['inf', '1e39'] }),
      /has numbers, but 3 of 1000 values are not numbers that a model can take \("inf", "1e39"\): correct these cells, or leave/,
    ],
    [
      'few numbers with an infinite one, which cannot be a class',
      labels({ '1': 600, '2': 397, inf: 3 }, { values: { number: 997 } as ColumnFacts['values'], odd: ['inf'] }),
      /has numbers, but 3 of 1000 values are not numbers that a model can take \("inf"\)/,
    ],
    [
      'whole numbers with one that is as long as an id',
      wholeNumbers({ name: 'label', distinct: 500, wide: 1, max: 1e35 }),
      /has numbers, but 1 of 1000 values is as long as ids are, and the others are not \(1e\+35\)/,
    ],
    [
      'decimal commas with one text',
      columnFacts({ name: 'label', distinct: 500, comma: { number: 999, certain: 300, odd: ['x'] } }),
      /has numbers, but 1 of 1000 values is not a number with a decimal comma \("x"\)/,
    ],
    ['times', columnFacts({ name: 'label', values: { timestamp: rowCount } }), /is a time/],
    [
      'numbers with one text',
      columnFacts({ name: 'label', distinct: 500, values: { number: 999 } }),
      /has numbers, but 1 of 1000 values is not a number that a model can take: correct these cells/,
    ],
    ['no value', columnFacts({ name: 'label', texts: 0, filled: 0, distinct: 0, top: [] }), /has no value/],
    ['49 labels', labels({ a: 25, b: 24 }, { texts: 49, filled: 49 }), /49 rows have a label .*: a model needs 50/],
  ])('is refused with what to do for a target of %s', (_, target, message) => {
    expect(() => guess(rowNumbers(), wholeNumbers({ name: 'age2' }), target)).toThrow(message);
  });
});

describe('another task that the values allow is not chosen, and it is said how', () => {
  const grades = wholeNumbers({ name: 'label', min: 0, max: 4, distinct: 5 });
  const clicks = wholeNumbers({
    ...labels({ '1': 100, '0': 900 }),
    values: { integer: rowCount, number: rowCount },
    min: 0,
    max: 1,
  });
  const whyOf = (...columns: ColumnFacts[]): string =>
    guess(rowNumbers(), columnFacts(), ...columns).model.find(({ path }) => path[0] === 'task')?.why ?? '';
  test.each<[string, ColumnFacts, string, string]>([
    [
      'grades beside searches',
      grades,
      'search_id',
      'the target is a number; if rows of one search_id compete, write task: ranking, query: search_id and split: { by: group, group: search_id }',
    ],
    [
      'clicks beside sessions',
      clicks,
      'sessionId',
      'the target has two values; if rows of one sessionId compete, write task: ranking, query: sessionId and split: { by: group, group: sessionId }, and leave positive out',
    ],
    ['grades beside customers', grades, 'customer_id', 'the target is a number'],
    [
      'small whole numbers alone',
      { ...labels({ '2': 700, '0': 200, '1': 100 }), values: grades.values, min: 0, max: 2 },
      'customer_id',
      "the target is a number; if its values are classes, write task: multiclass here, and allowed: ['0', '1', '2'] of label in dataset.yaml",
    ],
    ['prices beside searches', wholeNumbers({ name: 'label', max: 500 }), 'search_id', 'the target is a number'],
  ])('for %s', (_, target, name, why) => {
    expect(whyOf(wholeNumbers({ name, distinct: 100 }), target)).toBe(why);
    expect(whyOf(wholeNumbers({ name, distinct: 900 }), target)).not.toContain('ranking');
  });
});

test.each<[string, ColumnFacts, string | null]>([
  [
    '-999 at the end of the range',
    wholeNumbers({ name: 'x', min: -999, top: [{ value: '-999', rows: 30 }] }),
    '-999 in 30 rows may mean missing: then list it under missing',
  ],
  ['-999 once', wholeNumbers({ name: 'x', min: -999, top: [{ value: '-999', rows: 1 }] }), null],
  ['999 within the range', wholeNumbers({ name: 'x', max: 5_000, top: [{ value: '999', rows: 30 }] }), null],
  [
    'codes that differ by case and blanks',
    columnFacts({ name: 'x', distinct: 3, top: ['pro', 'basic', 'Pro '].map((value) => ({ value, rows: 300 })) }),
    '"pro" and "Pro " differ by case or blanks alone: write one, if they mean the same',
  ],
  ['codes that differ', columnFacts({ name: 'x' }), null],
])('what is odd in the values of a column is said: %s', (_, column, note) => {
  const whyIn = (...columns: ColumnFacts[]): string =>
    guess(rowNumbers(), columnFacts(), ...columns).dataset.find(
      ({ path }) => path[0] === 'columns' && path[1] === columns.at(-1)?.name,
    )?.why ?? '';
  const whys = [whyIn(binary, column), whyIn({ ...column, name: 'label' })];
  for (const why of whys) {
    if (note === null) expect(why).not.toMatch(/missing|differ/);
    else expect(why).toContain(note);
  }
});

test('a file without rows is refused as such', () => {
  const empty = columnFacts({ name: 'label', rows: 0, texts: 0, filled: 0, distinct: 0, top: [] });
  expect(() => guess(empty)).toThrow('the file has a header and no rows: a model needs 50 or more, add rows');
});

test('rows are numbered where no column is a key, under a name that is free', () => {
  const { rowNumber, dataset } = guess(wholeNumbers({ name: 'Row' }), binary);
  expect(rowNumber).toBe('row_');
  expect(at(dataset, 'key')).toBe('row_');
  expect(at(dataset, 'columns.row_')).toEqual({ type: 'integer', kind: 'key' });
  expect(guess(rowNumbers(), wholeNumbers({ name: 'Row' }), binary).rowNumber).toBeNull();
});

test('Latin-1 is declared unless rows are numbered, as that copy is UTF-8', () => {
  const asked = { model: 'churn', dataset: 'rows', target: 'label' };
  const encodingOf = (...columns: ColumnFacts[]): unknown =>
    at(
      guessProject({ ...file(...columns), csv: { delimiter: ',', encoding: 'latin-1' } }, asked).dataset,
      'csv.encoding',
    );
  expect(encodingOf(rowNumbers(), columnFacts(), binary)).toBe('latin-1');
  expect(encodingOf(columnFacts(), binary)).toBeUndefined();
});

test('sensitive columns are left out of the features while others are left, and are audited', () => {
  const sex = columnFacts({ name: 'sex' });
  const { model, dataset } = guess(rowNumbers(), sex, columnFacts(), binary);
  expect(at(model, 'features')).toEqual(['plan']);
  expect(at(model, 'fairness.attributes')).toEqual({ sex: {} });
  expect(at(dataset, 'sensitive.0')).toEqual({ column: 'sex' });
  expect(at(guess(rowNumbers(), sex, binary).model, 'features')).toEqual(['sex']);
});

test('a file without a column to learn from is refused with the reason of each column', () => {
  expect(() => guess(rowNumbers(), columnFacts({ name: 'note', distinct: 900 }), binary)).toThrow(
    /no column can be a feature \(note: 900 different texts in 1000 rows are ids or free text\): add columns/,
  );
});

describe('limits of the data gate', () => {
  const few = (rows: number, change: Partial<ColumnFacts>): ColumnFacts => ({
    ...binary,
    rows,
    texts: rows,
    filled: rows,
    ...change,
  });
  test.each<[string, readonly ColumnFacts[], object]>([
    ['a file that the defaults take', [rowNumbers(), columnFacts(), binary], {}],
    [
      '300 rows',
      [
        { ...columnFacts(), rows: 300, texts: 300, filled: 300 },
        few(300, labels({ a: 150, b: 150 }, { rows: 300, texts: 300, filled: 300 })),
      ],
      { minRows: 200 },
    ],
    [
      'a tenth of missing values',
      [rowNumbers(), columnFacts({ texts: 900, filled: 900 }), binary],
      { maxNullShare: 0.15 },
    ],
    [
      'rare positives',
      [rowNumbers(), columnFacts(), labels({ stays: 980, leaves: 20 })],
      { labelBalance: [0.007, 0.95] },
    ],
    [
      'frequent positives',
      [
        rowNumbers(),
        columnFacts(),
        labels({ '1': 980, '0': 20 }, { values: { integer: rowCount, number: rowCount } as ColumnFacts['values'] }),
      ],
      { labelBalance: [0.05, 0.9933] },
    ],
    [
      'a rare class of three',
      [rowNumbers(), columnFacts(), labels({ a: 900, b: 70, c: 30 })],
      { labelBalance: [0.01, 0.95] },
    ],
  ])('are set for %s where the file would fail by their defaults', (_, columns, expected) => {
    const { model } = guess(...columns);
    const limits = Object.fromEntries(
      ['minRows', 'maxNullShare', 'labelBalance'].flatMap((name) => {
        const value = at(model, `data.${name}`);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    expect(limits).toEqual(expected);
  });
});

test('columns without a value are not declared, so that no gate waits for them', () => {
  const { dataset, undeclared } = guess(
    rowNumbers(),
    columnFacts(),
    columnFacts({ name: 'empty', texts: 0, filled: 0, distinct: 0, top: [] }),
    binary,
  );
  expect(at(dataset, 'columns.empty')).toBeUndefined();
  expect(undeclared).toEqual([{ name: 'empty', why: 'no row has a value' }]);
});

test('only a CSV file has a decimal comma and a format of times', () => {
  const cost = columnFacts({ name: 'cost', comma: { number: rowCount, certain: 9 }, distinct: 500 });
  const facts = file(rowNumbers(), columnFacts(), cost, binary);
  const asked = { model: 'churn', dataset: 'rows', target: 'label' };
  expect(at(guessProject(facts, asked).dataset, 'csv.decimal')).toBe(',');
  const parquet = guessProject({ ...facts, csv: null, nested: ['tags'] }, asked);
  expect(at(parquet.dataset, 'csv.decimal')).toBeUndefined();
  expect(at(parquet.dataset, 'columns.cost')).toEqual({ type: 'string', kind: 'carried' });
  expect(parquet.undeclared).toEqual([{ name: 'tags', why: 'it has lists or objects' }]);
});
