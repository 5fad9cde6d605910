import { expect, test } from 'vitest';
import { decileEdges } from '../../ml/statistics/decile-edges.ts';

test('edges are the deciles, by numpy.quantile(values, arange(1, 10) / 10)', () => {
  const values = Float64Array.of(9, 1, 4, 16, 25, 36, 49, 64, 81, 100, 0, Infinity, NaN);
  expect(decileEdges(values)).toEqual([1, 4, 9, 16, 25, 36, 49, 64, 81]);
  const found = decileEdges(Float64Array.of(1, 2, 4, 8));
  for (const [place, edge] of [1.3, 1.6, 1.9, 2.4, 3, 3.6, 4.4, 5.6, 6.8].entries())
    expect(found[place]).toBeCloseTo(edge, 12);
});

test('equal deciles make one edge, and no values none', () => {
  expect(decileEdges(Float64Array.of(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 7))).toEqual([3]);
  expect(decileEdges(new Float64Array())).toEqual([]);
});
