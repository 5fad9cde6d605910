import { describe, expect, test } from 'vitest';
import type { ColumnFacts } from '../../contracts/data/file-facts.ts';
import { guessKind } from '../../policy/guess/column-kind.ts';
import { guessType } from '../../policy/guess/column-type.ts';
import { guessCsv } from '../../policy/guess/csv-format.ts';
import { isIdName, sensitiveWord, timeRank } from '../../policy/guess/names.ts';
import { guessKey, guessTimeColumn, keyFault, timeFault } from '../../policy/guess/roles.ts';
import { guessTarget } from '../../policy/guess/target.ts';
import { guessSensitive } from '../../policy/guess/sensitive.ts';
import { columnFacts, rowCount, rowNumbers, wholeNumbers } from './column-facts.ts';

const all = rowCount;
const typed = (facts: ColumnFacts, others: readonly ColumnFacts[] = []) => ({
  facts,
  ...guessType(facts, guessCsv([facts, ...others])),
});
const times = (name: string, formats: Record<string, number>): ColumnFacts =>
  columnFacts({ name, distinct: 300, top: [], times: formats });
const isoTimes = (name: string, change: Partial<ColumnFacts> = {}): ColumnFacts =>
  columnFacts({ name, distinct: 300, top: [], ...change, values: { timestamp: all } });

describe('the form of a file', () => {
  const comma = columnFacts({ name: 'cost', comma: { number: all, certain: 3 } });
  const point = columnFacts({ name: 'rate', points: 5, values: { number: all } });
  test.each<[string, readonly ColumnFacts[], string | null]>([
    ['numbers with a comma', [comma], ','],
    ['commas that may part thousands', [columnFacts({ comma: { integer: all, number: all, certain: 0 } })], null],
    ['as many columns with a point', [comma, point], null],
    ['more columns with a comma', [comma, columnFacts({ ...comma, name: 'fee' }), point], ','],
    ['one cell that is not a number', [columnFacts({ comma: { number: all - 1, certain: 3 } })], null],
  ])('has, by %s, a decimal comma or not', (_, columns, expected) => {
    expect(guessCsv(columns).decimal?.value ?? null).toBe(expected);
  });

  test.each<[string, readonly ColumnFacts[], string | undefined, string | null]>([
    ['one format', [times('day', { '%d.%m.%Y': all })], undefined, '%d.%m.%Y'],
    ['a format of some cells', [times('day', { '%d.%m.%Y': all - 1 })], undefined, null],
    ['two orders of day and month', [times('day', { '%d/%m/%Y': all, '%m/%d/%Y': all })], undefined, null],
    [
      'an order that the other one does not read',
      [times('day', { '%d/%m/%Y': 400, '%m/%d/%Y': all })],
      undefined,
      '%m/%d/%Y',
    ],
    [
      'the format of most columns',
      [times('a', { '%Y/%m/%d': all }), times('b', { '%d.%m.%Y': all }), times('c', { '%d.%m.%Y': all })],
      undefined,
      '%d.%m.%Y',
    ],
    [
      'the format of the column that is named as time',
      [times('a', { '%Y/%m/%d': all }), times('b', { '%d.%m.%Y': all }), times('c', { '%d.%m.%Y': all })],
      'a',
      '%Y/%m/%d',
    ],
    ['times in ISO 8601 alone', [isoTimes('day', { times: { '%d.%m.%Y': all } })], undefined, null],
  ])('has, by %s, a format of times or none', (_, columns, asked, expected) => {
    expect(guessCsv(columns, asked).time?.value ?? null).toBe(expected);
  });
});

describe('the type of a column', () => {
  test.each<[string, ColumnFacts, object]>([
    ['whole numbers', wholeNumbers(), { type: 'integer', nullable: false, absent: 0 }],
    ['numbers', columnFacts({ points: 1, values: { number: all } }), { type: 'number' }],
    ['numbers and one text', columnFacts({ values: { number: all - 1 } }), { type: 'string' }],
    [
      'leading zeros',
      wholeNumbers({ leadingZeros: 1 }),
      { type: 'string', why: expect.stringContaining('begin with 0') },
    ],
    [
      'ids of 16 digits',
      wholeNumbers({ max: 1e15, wide: all }),
      { type: 'string', doubt: null, why: expect.stringContaining('too long') },
    ],
    [
      'whole numbers, one as long as ids are',
      wholeNumbers({ max: 1e35, wide: 1 }),
      { type: 'string', doubt: expect.stringMatching(/^1 of 1000 values is as long as ids are, .*: correct them, or/) },
    ],
    [
      'numbers with a point, one as long as ids are',
      columnFacts({ max: 1e35, wide: 1, values: { integer: 400, number: all } }),
      { type: 'number', doubt: null },
    ],
    [
      'numbers, one infinite',
      columnFacts({ values: { number: all - 1 }, odd: ['inf'] }),
      {
        type: 'string',
        doubt: expect.stringMatching(/^1 of 1000 values is not a number that a model can take \("inf"\): /),
      },
    ],
    [
      'percentages',
      columnFacts({ dressed: all, top: [{ value: '5%', rows: 9 }] }),
      { type: 'string', doubt: '1000 of 1000 values are numbers with a sign or commas ("5%"): write plain numbers' },
    ],
    ['spellings of true and false', columnFacts({ values: { boolean: all } }), { type: 'boolean' }],
    ['times', isoTimes('day'), { type: 'timestamp' }],
    ['times of one format', times('day', { '%d.%m.%Y': all }), { type: 'timestamp' }],
    [
      'numbers and a word for missing',
      wholeNumbers({ filled: 990, words: [{ word: 'NA', rows: 10 }], values: { integer: 990, number: 990 } }),
      { type: 'integer', missing: ['NA'], nullable: true, absent: 10 },
    ],
    [
      'texts and a word that may mean missing, which stays a code',
      columnFacts({ filled: 990, words: [{ word: 'NA', rows: 10 }] }),
      { type: 'string', missing: [], nullable: false },
    ],
  ])('follows from every cell: %s', (_, facts, expected) => {
    expect(typed(facts)).toMatchObject(expected);
  });

  test('of times whose order is open is text, unless another column of the file tells the order', () => {
    const open = times('sent', { '%d/%m/%Y': all, '%m/%d/%Y': all });
    expect(typed(open)).toMatchObject({ type: 'string', doubt: expect.stringContaining('%d/%m/%Y or %m/%d/%Y') });
    expect(typed(open, [times('paid', { '%d/%m/%Y': all, '%m/%d/%Y': 400 })])).toMatchObject({
      type: 'timestamp',
      why: 'every value is a time as %d/%m/%Y, which another column tells',
    });
  });
});

describe('the kind of a column', () => {
  test.each<[string, ColumnFacts, 'binary' | 'regression', string, RegExp]>([
    ['numbers', wholeNumbers(), 'binary', 'numeric', /from 1 to 9/],
    ['few texts', columnFacts(), 'binary', 'categorical', /4 codes: "a", "b", "c", "d"$/],
    ['100 texts', columnFacts({ distinct: 100 }), 'binary', 'categorical', /100 codes/],
    ['more than 100 texts', columnFacts({ distinct: 101 }), 'binary', 'carried', /101 different texts/],
    ['texts of few rows each', columnFacts({ distinct: 60, texts: 299 }), 'binary', 'carried', /60 different texts/],
    ['true and false', columnFacts({ values: { boolean: all } }), 'binary', 'categorical', /true and false/],
    ['times', isoTimes('day'), 'binary', 'carried', /takes no times/],
    ['one value', wholeNumbers({ distinct: 1 }), 'binary', 'carried', /every value is the same/],
    ['a number by row', rowNumbers({ name: 'place' }), 'binary', 'carried', /numbers the rows/],
    ['numbers of customers', wholeNumbers({ name: 'customerId' }), 'binary', 'carried', /name is that of an id/],
    ['codes of sessions', columnFacts({ name: 'session_id' }), 'binary', 'carried', /name is that of an id/],
    [
      'seconds since 1970',
      wholeNumbers({ name: 'ts', min: 1.7e9, max: 1.8e9 }),
      'binary',
      'carried',
      /since 1970: write its times in ISO 8601/,
    ],
    [
      'milliseconds since 1970',
      wholeNumbers({ name: 'createdAt', min: 1.7e12, max: 1.8e12 }),
      'binary',
      'carried',
      /since 1970/,
    ],
    [
      'large numbers of another name',
      wholeNumbers({ name: 'area', min: 1.7e9, max: 1.8e9 }),
      'binary',
      'numeric',
      /from/,
    ],
    ['times of a race', wholeNumbers({ name: 'time', min: 9, max: 90 }), 'binary', 'numeric', /from 9 to 90/],
    ['the target again', columnFacts({ target: { same: all } }), 'binary', 'carried', /it equals the target/],
    ['codes of one label each', columnFacts({ target: { pairs: 4 } }), 'binary', 'carried', /has one label only/],
    [
      'many texts of one label each',
      columnFacts({ distinct: 99, target: { texts: 101, pairs: 101 } }),
      'binary',
      'categorical',
      /99 codes/,
    ],
    [
      'the target times a hundred',
      wholeNumbers({ target: { correlation: -0.99995 } }),
      'regression',
      'carried',
      /with the target/,
    ],
    ['a name that an output has', wholeNumbers({ name: 'label' }), 'binary', 'carried', /output of that name/],
    ['a name that an output of another task has', wholeNumbers({ name: 'label' }), 'regression', 'numeric', /from/],
    ['codes of one number each', columnFacts({ target: { pairs: 4 } }), 'regression', 'categorical', /4 codes/],
  ])('is told by %s', (_, facts, task, kind, why) => {
    const found = guessKind(typed(facts), task);
    expect(found.kind).toBe(kind);
    expect(found.why).toMatch(why);
  });
});

describe('the roles of columns', () => {
  test.each<[string, readonly ColumnFacts[], string | null]>([
    ['the name `id`', [rowNumbers({ name: 'place' }), rowNumbers({ name: 'customer_id' }), rowNumbers()], 'id'],
    [
      'a name that ends with id',
      [rowNumbers({ name: 'place' }), rowNumbers({ name: 'customerId', max: 5000 })],
      'customerId',
    ],
    ['texts of one row each', [columnFacts({ name: 'mail', distinct: all }), wholeNumbers()], 'mail'],
    ['whole numbers that count rows', [rowNumbers({ name: 'place' })], 'place'],
    ['no numbers that are unique by chance', [rowNumbers({ name: 'income', max: 90_000 })], null],
    ['no id that is missing once', [rowNumbers({ filled: all - 1, texts: all - 1 })], null],
    ['no id that repeats', [rowNumbers({ distinct: all - 1 })], null],
  ])('give the key by %s', (_, columns, expected) => {
    expect(guessKey(columns.map((column) => typed(column)))?.name ?? null).toBe(expected);
  });

  test.each<[string, readonly ColumnFacts[], string | null]>([
    ['one column of times', [isoTimes('signup')], 'signup'],
    ['the name that says so', [isoTimes('delivered'), isoTimes('event_time'), isoTimes('time')], 'time'],
    ['no time of birth', [isoTimes('birth_date')], null],
    ['no time that a row lacks', [isoTimes('day', { filled: all - 1, texts: all - 1 })], null],
    ['no time that is always the same', [isoTimes('exported', { distinct: 1 })], null],
  ])('give the time of a row by %s', (_, columns, expected) => {
    expect(guessTimeColumn(columns.map((column) => typed(column)))?.name ?? null).toBe(expected);
  });

  test('that a person names are refused where they cannot be', () => {
    expect(keyFault(typed(rowNumbers()))).toBeNull();
    expect(keyFault(typed(wholeNumbers({ name: 'age' })))).toMatch(/991 rows repeat the "age" of another row/);
    expect(keyFault(typed(isoTimes('day')))).toMatch(/of type timestamp/);
    expect(keyFault(typed(rowNumbers({ filled: 990, texts: 990, values: { integer: 990, number: 990 } })))).toMatch(
      /10 rows have no "id"/,
    );
    expect(timeFault(typed(isoTimes('day')))).toBeNull();
    expect(timeFault(typed(columnFacts()))).toMatch(/not every "plan" is a time/);
  });
});

test.each<[string, string | null]>([
  ['age', 'age'],
  ['Customer Age', 'age'],
  ['applicantSex', 'sex'],
  ['package', null],
  ['message', null],
  ['is_disabled', 'disabled'],
  ['racing', null],
])('the whole words of the name %s say whether it is sensitive', (name, word) => {
  expect(sensitiveWord(name)).toBe(word);
});

test('sensitive numbers that are neither ages nor codes form no groups', () => {
  const of = (facts: ColumnFacts) => guessSensitive([{ column: typed(facts), kind: 'numeric', why: '' }]);
  expect(of(wholeNumbers({ name: 'age', min: 30, max: 60 }))[0]?.value).toEqual({ column: 'age', bands: [40, 60] });
  expect(of(wholeNumbers({ name: 'race' }))[0]?.value).toEqual({ column: 'race' });
  expect(of(wholeNumbers({ name: 'race', distinct: 21 }))).toEqual([]);
});

test('names of ids and times are read by their words', () => {
  expect(['id', 'user_id', 'userId', 'row key', 'unnamed', 'paid', 'monkey'].map(isIdName)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(timeRank('date')).toBeLessThan(timeRank('order_time'));
  expect(timeRank('order_time')).toBeLessThan(timeRank('delivered'));
});

describe('the target', () => {
  const of = (labels: Record<string, number>, change: Parameters<typeof columnFacts>[0] = {}) =>
    guessTarget(
      typed(
        columnFacts({
          name: 't',
          distinct: Object.keys(labels).length,
          top: Object.entries(labels).map(([value, rows]) => ({ value, rows })),
          ...change,
        }),
      ),
    );

  test.each([
    [{ nein: 40, ja: 60 }, 'ja'],
    [{ non: 40, Oui: 60 }, 'Oui'],
    [{ good: 60, bad: 40 }, 'bad'],
  ])('is positive where it says yes, in other languages too: %o', (labels, positive) => {
    expect(of(labels).positive?.value).toBe(positive);
  });

  test('of two numbers and a single other one is doubted: it may be a total', () => {
    const numbers = { values: { integer: all, number: all }, min: 0, max: 400 };
    expect(of({ '1': all / 2, '0': all / 2 - 1, '400': 1 }, numbers).why).toBe(
      'the target is a number; one row alone has 400, and all others 1 or 0: if it is not a label but, for example, a total, take the row out',
    );
    expect(of({ '1': all / 2, '0': all / 2 - 2, '2': 2 }, numbers).why).toBe('the target is a number');
  });
});
