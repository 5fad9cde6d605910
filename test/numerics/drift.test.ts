import { expect, test } from 'vitest';
import { assessDrift, psiOf } from '../../ml/drift/psi.ts';
import { createRandom } from '../../ml/random.ts';
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

test('a tiny change on a million rows is no alarm, a large one on 300 rows is', () => {
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

test('a column that has rows on one side only, or one value only, says nothing', () => {
  for (const silent of [column('x', [5, 5], [0, 0]), column('x', [7], [9]), column('x', [], [])]) {
    expect(assessDrift([silent], 0.1)).toEqual([{ column: 'x', psi: 0, lower: 0, pValue: 1, adjusted: 1 }]);
  }
});
