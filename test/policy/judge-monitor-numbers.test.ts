import { describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { judgeMonitor, type LiveFacts } from '../../policy/gates/monitor.ts';
import { monitoredError } from '../../policy/gates/monitor-accuracy.ts';
import { troubles } from './definition.ts';
import { each, facts, policy, worst } from './live-facts.ts';

describe('the live error of numbers', () => {
  const errors = (distances: Float64Array, unlabelledKeys: Int32Array = new Int32Array()) =>
    monitoredError({ distances, labelledKeys: each(distances.length), unlabelledKeys }, worst, 50);
  const judged = (error: LiveFacts['error'], maxError: number, labels: LiveFacts['labels'] = worst) => {
    const limits = { ...policy, minAccuracy: undefined, maxError };
    const { verdict, trigger } = judgeMonitor({ ...facts, accuracy: null, error, labels, policy: limits });
    return { troubles: troubles(verdict), message: verdict.checks.at(-1)?.message, trigger };
  };
  /** On average 12, between 2 and 22. */
  const distances = Float64Array.from({ length: 400 }, (_, row) => 2 + 20 * ((row % 41) / 40));

  test('is the mean distance from the label, each at most the cap, in the unit of the target', () => {
    const found = errors(Float64Array.of(...Array<number>(30).fill(10), 20, 30, NaN, 1e9));
    expect(found?.estimate).toBeCloseTo((30 * 10 + 20 + 30 + 50 + 50) / 34, 10);
    expect(found).toMatchObject({ cap: 50, unlabelled: 0 });
    expect(found?.lower).toBeLessThan(found?.estimate ?? 0);
    expect(errors(new Float64Array())).toBeNull();
  });

  test('counts answers to one key as one where they are alike', () => {
    const keys = Int32Array.from(distances, (_, row) => row % 41);
    const independent = errors(distances);
    const returning = monitoredError({ distances, labelledKeys: keys, unlabelledKeys: new Int32Array() }, worst, 50);
    const width = (of: typeof independent) => (of?.upper ?? 0) - (of?.lower ?? 0);
    expect(width(returning)).toBeGreaterThan(2.5 * width(independent));
  });

  test('starts a run above the limit on the bound, warns above it on average, and passes below', () => {
    const error = errors(distances);
    expect(judged(error, 10)).toMatchObject({
      troubles: ['live.error fail'],
      trigger: expect.stringMatching(
        /^live mean absolute error is 11\.8\d \(11\.\d+ to 12\.\d+; errors above 50 count as that\), at most 10 is asked for$/,
      ) as string,
    });
    expect(judged(error, 11.7)).toMatchObject({ troubles: ['live.error warn'], trigger: null });
    expect(judged(error, 12.5)).toMatchObject({ troubles: [], trigger: null });
  });

  test('says nothing where missing labels decide, where none came, or where the limit is beyond the cap', () => {
    const missing = errors(distances, each(100));
    expect(missing).toMatchObject({ unlabelled: 100 });
    expect(missing?.least).toBeCloseTo(((missing?.estimate ?? 0) * 400) / 500, 10);
    expect(missing?.most).toBeCloseTo(((missing?.estimate ?? 0) * 400 + 50 * 100) / 500, 10);
    expect(judged(missing, 11).troubles).toEqual(['live.error inconclusive']);
    expect(judged(null, 11).troubles).toEqual(['live.error inconclusive']);
    expect(judged(errors(distances), 50)).toMatchObject({
      troubles: ['live.error inconclusive'],
      message:
        'live mean absolute error is not judged: errors count as at most 50, so that none is above 50: lower monitor.maxError',
    });
  });

  test('starts a run for hardly a healthy model, whose keys come again', () => {
    const alarms = Array.from({ length: 300 }, (_, seed) => {
      const random = createRandom(seed, 5);
      const keys = Int32Array.from({ length: 400 }, (_, row) => row % 40);
      const levels = Float64Array.from({ length: 40 }, () => 5 + 10 * random.next());
      const seen = Float64Array.from(keys, (key) => Math.abs((levels[key] ?? 0) + random.normal()));
      const error = monitoredError(
        { distances: seen, labelledKeys: keys, unlabelledKeys: new Int32Array() },
        worst,
        50,
      );
      return judged(error, 10).trigger !== null;
    }).filter(Boolean).length;
    // A mean of exactly the limit: one side of an interval at 95 %.
    expect(alarms).toBeLessThanOrEqual(300 * 0.05);
  });
});
