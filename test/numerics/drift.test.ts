import { describe, expect, it, test } from 'vitest';
import { assessDrift, psiOf } from '../../ml/drift/psi.ts';
import { binFrames } from '../../ml/drift/bins.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { clustersOf } from '../../ml/drift/clusters.ts';
import { createRandom } from '../../ml/random.ts';
import { frequentFrom, rareTable } from '../../ml/drift/rare-codes.ts';
import drift from '../fixtures/numerics/drift.json' with { type: 'json' };
import oracle from '../fixtures/numerics/psi.json' with { type: 'json' };

const column = (name: string, reference: number[], current: number[]) => ({
  column: name,
  bins: reference.map((_, i) => String(i)),
  reference,
  current,
});

test.each(oracle)('PSI and p-value agree with numpy and scipy: $psi', ({ reference, current, psi, pValue }) => {
  const [found] = assessDrift([column('x', reference, current)], 0.1);
  expect(found?.psi).toBeCloseTo(psi, 12);
  expect(found?.pValue).toBeCloseTo(pValue, 8);
});

const frameOf = (side: 'from' | 'to'): Frame => ({
  rowCount: 0,
  columns: Object.fromEntries(
    drift.columns.map((found): [string, ColumnData] => [
      found.column,
      found.type === 'number'
        ? {
            type: 'number',
            values: Float64Array.from([...found[side]], (value) => (value === null ? Number.NaN : Number(value))),
          }
        : { type: 'string', values: found[side].map(String) },
    ]),
  ),
});
const binned = binFrames(frameOf('from'), frameOf('to'));

test.each(drift.columns.map((expected, i) => [expected.column, i] as const))(
  'bins and statistics agree with an implementation in Python: %s',
  (_, i) => {
    const expected = drift.columns[i];
    const found = assessDrift(binned, drift.floor, drift.alpha)[i];
    expect(binned[i]).toMatchObject({ reference: expected?.reference, current: expected?.current });
    const rare = expected !== undefined && 'rare' in expected ? expected.rare : undefined;
    expect(binned[i]?.rare && { reference: binned[i].rare.reference, current: binned[i].rare.current }).toEqual(rare);
    for (const name of ['psi', 'lower', 'pValue', 'adjusted'] as const)
      expect(found?.[name], name).toBeCloseTo(expected?.[name] ?? Number.NaN, 8);
  },
);

const oneColumn = (values: number[]): Frame => ({
  rowCount: values.length,
  columns: { x: { type: 'number', values: Float64Array.from(values) } },
});
const repeated = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const mostlyZero = (rows: number, unit: number, random: ReturnType<typeof createRandom>): number[] =>
  Array.from({ length: rows }, () =>
    random.next() < 0.9 ? 0 : (unit * Math.round(10 * Math.exp(3 + random.normal()))) / 10,
  );

test.each<[string, (random: ReturnType<typeof createRandom>) => [number[], number[]]]>([
  [
    '9,500 zeros and 500 ones become all ones',
    () => [[...repeated(9_500, 0), ...repeated(500, 1)], repeated(10_000, 1)],
  ],
  [
    'all ones become 9,500 zeros and 500 ones',
    () => [repeated(10_000, 1), [...repeated(9_500, 0), ...repeated(500, 1)]],
  ],
  ['a constant becomes another', () => [repeated(1_000, 0), repeated(1_000, 1)]],
  ['a column of 90 % zeros comes in cents', (random) => [mostlyZero(5_000, 1, random), mostlyZero(5_000, 100, random)]],
  [
    'a column of 90 % zeros comes in kilometres',
    (random) => [mostlyZero(5_000, 1, random), mostlyZero(5_000, 0.001, random)],
  ],
  [
    'a tenth of the rows moves from one value to another',
    () => [
      [...repeated(900, 0), ...repeated(100, 5)],
      [...repeated(900, 0), ...repeated(100, 4)],
    ],
  ],
])('drift alarms where one value is most of a column: %s', (_, make) => {
  const [before, now] = make(createRandom(4));
  const [result] = assessDrift(binFrames(oneColumn(before), oneColumn(now)), 0.25);
  expect(result?.lower).toBeGreaterThan(0.25);
  expect(result?.adjusted).toBeLessThan(0.001);
});

test.each([100, 300, 3_000])('without drift a column of 90 %% zeros almost never alarms, on %i rows', (rows) => {
  const random = createRandom(rows);
  const alarms = Array.from({ length: 300 }, () =>
    assessDrift(binFrames(oneColumn(mostlyZero(rows, 1, random)), oneColumn(mostlyZero(rows, 1, random))), 0.1),
  ).filter(([result]) => (result?.adjusted ?? 1) <= 0.05).length;
  expect(alarms / 300).toBeLessThan(0.05);
});

const codesColumn = (values: string[]): Frame => ({
  rowCount: values.length,
  columns: { x: { type: 'string', values } },
});
type Draw = (random: ReturnType<typeof createRandom>) => string;
const evenCodes =
  (codes: number): Draw =>
  (random) =>
    `0${1000 + random.integer(codes)}`;
/** Half of the rows are one of the first `sqrt(codes)`: few are frequent and most are rare. */
const unevenCodes =
  (codes: number): Draw =>
  (random) =>
    `0${1000 + Math.floor(codes ** random.next())}`;
const drawn = (rows: number, draw: Draw, random: ReturnType<typeof createRandom>): Frame =>
  codesColumn(Array.from({ length: rows }, () => draw(random)));

describe.each([200, 500, 1_000, 5_000, 20_000])('in a column of %i even codes', (codes) => {
  const draw = evenCodes(codes);
  it.each<[string, Draw]>([
    ['all lose their zero in front', (random) => draw(random).slice(1)],
    ['all become one that was never seen', () => 'x'],
    ['all become one that was rare', () => '01005'],
    ['a tenth become one that was rare', (random) => (random.next() < 0.1 ? '01005' : draw(random))],
  ])('drift alarms where %s', (_, changed) => {
    const random = createRandom(codes);
    const [result] = assessDrift(binFrames(drawn(20_000, draw, random), drawn(5_000, changed, random)), 0.1);
    expect(result?.lower).toBeGreaterThan(0.25);
    expect(result?.adjusted).toBeLessThan(0.001);
  });
});

describe.each([
  [200, 2_000],
  [500, 2_000],
  [2_000, 2_000],
  [5_000, 5_000],
])('rare codes that move among themselves: %i even codes, %i rows', (codes, rows) => {
  const draw = evenCodes(codes);
  it('alarm where half of them vanish', () => {
    const random = createRandom(codes + 1);
    const [result] = assessDrift(
      binFrames(drawn(20_000, draw, random), drawn(rows, evenCodes(codes / 2), random)),
      0.1,
    );
    expect(result?.lower).toBeGreaterThan(0.25);
    expect(result?.adjusted).toBeLessThan(0.001);
  });
  it('alarm where keys with one code each come again, and do not where nothing moved', () => {
    const random = createRandom(codes + 2);
    const keys = clustersOf(Int32Array.from({ length: 3 * rows }, (_, row) => row % rows));
    const again = (frame: Frame): Frame => {
      const values = frame.columns.x!.values as readonly string[];
      return codesColumn([...values, ...values, ...values]);
    };
    const [before, still, moved] = [draw, draw, evenCodes(codes / 2)].map((of, i) =>
      drawn(i === 0 ? 20_000 : rows, of, random),
    ) as [Frame, Frame, Frame];
    const lower = (now: Frame): number => assessDrift(binFrames(before, again(now), keys), 0.1)[0]?.lower ?? 0;
    expect(lower(moved)).toBeGreaterThan(0.1);
    expect(lower(still)).toBeLessThan(0.02);
  });
});

test.each([
  ['even', evenCodes(1_000)],
  ['uneven', unevenCodes(1_000)],
] as const)('without drift the rare table of %s codes alarms at its level, with no floor', (_, draw) => {
  const random = createRandom(9);
  const alarms = Array.from({ length: 200 }, () => {
    const [{ rare } = {}] = binFrames(drawn(2_000, draw, random), drawn(600, draw, random));
    return assessDrift([{ column: 'x', ...rare! }], 0)[0]!.pValue;
  }).filter((p) => p <= 0.05).length;
  expect(alarms / 200).toBeLessThan(0.1);
});

test.each(
  [
    [500, 500],
    [2_000, 600],
    [500, 4_000],
  ].flatMap(([n, m]) =>
    [100, 1_000, 100_000].flatMap((codes) => [
      [n, m, codes, 'even', evenCodes(codes)] as const,
      [n, m, codes, 'uneven', unevenCodes(codes)] as const,
    ]),
  ),
)('without drift %i and %i rows of %i %s codes never alarm', (n = 0, m = 0, codes, _, draw) => {
  const random = createRandom(n + m + codes);
  const alarms = Array.from({ length: 60 }, () =>
    assessDrift(binFrames(drawn(n, draw, random), drawn(m, draw, random)), 0.1),
  ).filter(([result]) => (result?.adjusted ?? 1) <= 0.05).length;
  expect(alarms).toBe(0);
});

/** Counts of `rows` rows over bins of these shares. */
function sample(rows: number, shares: number[], random: ReturnType<typeof createRandom>): number[] {
  const counts = shares.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let left = random.next();
    const bin = shares.findIndex((share) => (left -= share) < 0);
    const at = bin < 0 ? shares.length - 1 : bin;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
const even = Array.from({ length: 10 }, () => 0.1);

test('without drift the debiased PSI is about 0 and its floor of .1 almost never alarms, even on 100 rows', () => {
  const random = createRandom(1);
  const results = Array.from({ length: 400 }, () =>
    assessDrift([column('x', sample(100, even, random), sample(100, even, random))], 0.1),
  ).flat();
  expect(results.filter((result) => result.adjusted <= 0.05).length / 400).toBeLessThan(0.02);
  const plain = Array.from(
    { length: 400 },
    () => psiOf(sample(100, even, random), sample(100, even, random))?.plain ?? 0,
  );
  expect(plain.filter((psi) => psi > 0.1).length / 400).toBeGreaterThan(0.7);
});

test('with a floor of 0 it is a test of equality at its level', () => {
  const random = createRandom(2);
  const alarms = Array.from({ length: 1000 }, () =>
    assessDrift([column('x', sample(800, even, random), sample(500, even, random))], 0),
  ).filter(([result]) => (result?.pValue ?? 1) <= 0.05).length;
  expect(alarms / 1000).toBeGreaterThan(0.03);
  expect(alarms / 1000).toBeLessThan(0.07);
});

test('a tiny change on a million rows is not an alarm, a large one on 300 rows is', () => {
  const tiny = assessDrift(
    [
      column(
        'x',
        even.map(() => 100_000),
        even.map((_, i) => 99_000 + 200 * i),
      ),
    ],
    0.1,
  );
  expect(tiny[0]?.adjusted).toBeGreaterThan(0.99);
  const large = assessDrift(
    [
      column(
        'x',
        even.map(() => 30),
        even.map((_, i) => (i < 5 ? 58 : 2)),
      ),
    ],
    0.1,
  );
  expect(large[0]?.adjusted).toBeLessThan(0.001);
  expect(large[0]?.lower).toBeGreaterThan(0.25);
});

test('the lower bound exceeds the floor exactly where the p-value is below alpha', () => {
  const random = createRandom(3);
  for (let i = 0; i < 60; i++) {
    const shares = even.map((share, bin) => share + (bin - 4.5) * 0.003 * (i % 7));
    const [result] = assessDrift([column('x', sample(900, even, random), sample(900, shares, random))], 0.05);
    expect((result?.lower ?? 0) > 0.05).toBe((result?.pValue ?? 1) < 0.05);
  }
});

test('the PSI of a value that vanishes does not grow with the traffic that lacks it', () => {
  const lower = (rows: number): number =>
    assessDrift([column('x', [0.99 * rows, 0.01 * rows], [rows, 0])], 0.1)[0]?.lower ?? Number.NaN;
  expect(lower(1e7)).toBeLessThan(0.047);
  expect(lower(1e7) - lower(1e5)).toBeLessThan(0.005);
});

test('a column that has rows on one side only, or one value only, says nothing', () => {
  for (const silent of [column('x', [5, 5], [0, 0]), column('x', [7], [9]), column('x', [], [])]) {
    expect(assessDrift([silent], 0.1)).toEqual([{ column: 'x', psi: 0, lower: 0, pValue: 1, adjusted: 1 }]);
  }
});

test.each([
  ['frequent ones alone', [100, 0, 0, 0, 0, 0], false],
  ['one in a hundred', [99, 1, 0, 0, 0, 0], false],
  ['more than one in a hundred that rose', [98, 2, 0, 0, 0, 0], true],
  ['more than one in a hundred that fell', [98, 0, 2, 0, 0, 0], true],
  ['more than one in a hundred that stayed', [98, 0, 0, 2, 0, 0], true],
  ['new ones', [98, 0, 0, 0, 2, 0], false],
  ['missing ones', [98, 0, 0, 0, 0, 2], false],
])('rare codes are looked at where they are many enough: %s', (_, counts, isLooked) => {
  const frequent = [100, 0, 0, 0, 0, 0];
  const learned = { reference: 100, current: 100 };
  for (const [reference, current] of [
    [counts, frequent],
    [frequent, counts],
  ] as const)
    expect(rareTable([...reference], [...current], learned) !== undefined).toBe(isLooked);
  expect(rareTable(counts, counts, { ...learned, current: 0 })).toBeUndefined();
  expect(rareTable(counts, [0, 0, 0, 0, 0, 0], learned)).toBeUndefined();
});

test('a code is frequent from ten rows, and above a hundredth of them', () => {
  expect([0, 100, 4_999, 5_000, 100_000].map(frequentFrom)).toEqual([10, 10, 50, 51, 1_001]);
});
