import { expect, test } from 'vitest';
import { clustersOf } from '../../ml/drift/clusters.ts';
import { clusteredMean } from '../../ml/statistics/clustered-mean.ts';
import oracle from '../fixtures/numerics/clustered-mean.json' with { type: 'json' };

test.each(oracle)('the interval of a mean at alpha $alpha agrees with statsmodels, from $lower to $upper', (given) => {
  const { values, keys, alpha, ...expected } = given;
  const found = clusteredMean(Float64Array.from(values), clustersOf(Int32Array.from(keys)), alpha);
  for (const end of ['estimate', 'lower', 'upper'] as const) expect(found[end]).toBeCloseTo(expected[end], 10);
});

test('one key says nothing of others, and no values say nothing', () => {
  const one = clusteredMean(Float64Array.of(0.1, 0.3), clustersOf(Int32Array.of(0, 0)));
  expect(one).toMatchObject({ lower: 0, upper: 1 });
  expect(one.estimate).toBeCloseTo(0.2, 15);
  expect(clusteredMean(new Float64Array(), clustersOf(new Int32Array()))).toMatchObject({ lower: 0, upper: 1 });
});
