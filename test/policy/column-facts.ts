import type { ColumnFacts } from '../../contracts/data/file-facts.ts';

type Change = Partial<Omit<ColumnFacts, 'values' | 'comma' | 'target'>> & {
  readonly values?: Partial<ColumnFacts['values']>;
  readonly comma?: Partial<ColumnFacts['comma']>;
  readonly target?: Partial<ColumnFacts['target']>;
};

export const rowCount = 1000;

/** Facts about a column of texts without a gap, 1000 rows of 4 codes; `values` are 0 but for those named. */
export const columnFacts = ({ values, comma, target, ...change }: Change = {}): ColumnFacts => ({
  name: 'plan',
  rows: rowCount,
  texts: rowCount,
  filled: rowCount,
  words: [],
  distinct: 4,
  top: ['a', 'b', 'c', 'd'].map((value) => ({ value, rows: rowCount / 4 })),
  odd: [],
  wide: 0,
  dressed: 0,
  points: 0,
  leadingZeros: 0,
  compactDays: 0,
  otherTimes: 0,
  thousands: 0,
  belowThousand: 0,
  exponent: null,
  alike: [],
  min: null,
  max: null,
  times: {},
  values: { integer: 0, number: 0, boolean: 0, timestamp: 0, string: rowCount, ...values },
  comma: { integer: 0, number: 0, certain: 0, odd: [], min: null, max: null, ...comma },
  target: { rows: rowCount, same: 0, texts: 4, pairs: 8, correlation: null, ...target },
  ...change,
});

/** Every value is a whole number from 1 to 9. */
export const wholeNumbers = (change: Change = {}): ColumnFacts =>
  columnFacts({
    min: 1,
    max: 9,
    distinct: 9,
    top: [],
    comma: { integer: rowCount, number: rowCount },
    values: { integer: rowCount, number: rowCount },
    target: { texts: 9, pairs: 18 },
    ...change,
  });

/** Every row has a number of its own, from 1 on. */
export const rowNumbers = (change: Change = {}): ColumnFacts =>
  wholeNumbers({
    name: 'id',
    distinct: rowCount,
    max: rowCount,
    target: { texts: rowCount, pairs: rowCount },
    ...change,
  });
