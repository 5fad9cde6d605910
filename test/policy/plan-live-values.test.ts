import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { valueLossEvidence } from '../../ml/sequential/live-value.ts';
import { durationWords } from '../../policy/duration-words.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { planPromotion } from '../../policy/release/plan/promotion.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { valuedKeys } from '../support/valued-keys.ts';
import { traffic as declared } from './declared-traffic.ts';
import { withKnownLabels } from './known-labels.ts';

const range = { from: 10, to: 60 };
const traffic = { ...declared, valuesPerHour: 36_000, valueMean: 0.2 };
const policyOf = (value: object = {}, more: object = {}) =>
  releasePolicySchema.parse(withKnownLabels({ guards: { value: { ...range, maxLoss: 0.5, ...value } }, ...more }));
const rowOf = (policy = policyOf(), odd: Partial<typeof traffic> = {}, drop = 0.05, repeats = 60) => {
  const guards = ['value'];
  const [row] = planRelease(policy, { ...traffic, ...odd }, { drop, repeats, budget: { guards } });
  if (row === undefined) throw new Error('the guard of values has no row');
  return row;
};

describe('the row of the guard of values', () => {
  test('says in the unit of the value what it finds, by how many values, and of what values that is said', () => {
    const row = rowOf();
    expect(row.effect).toEqual({ kind: 'value', value: expect.closeTo(3, 9) as number });
    expect(row.needs).toMatchObject({ keys: null, labels: null });
    expect(row.needs.hours).toBeCloseTo(1 / 6 + 0.5 + (row.needs.values ?? NaN) / 36_000, 3);
    expect(row.finds).toBeGreaterThan(0.5);
    expect(row.finds).toBeLessThan(3);
    expect(row.message).toMatch(/^finds a fall of the mean value by 3 after at most \d+ values/);
    expect(row.message).toContain('; simulated with values of 10 and 60 only, 20 on average: ');
  });
  test('needs more values the nearer their mean is to the middle of the range', () => {
    const [rare, even] = [0.05, 0.5].map((valueMean) => rowOf(policyOf(), { valueMean }, 0.02).needs.values ?? NaN);
    expect(even).toBeGreaterThan(2 * (rare ?? NaN));
  });
  test.each([
    ['no values come', {}, { valuesPerHour: 0 }],
    ['the mode blueGreen has no step in which both versions answer', { mode: 'blueGreen' }, {}],
    ['a mean so low cannot fall by more than 0.5', {}, { valueMean: 0.01 }],
  ])('can never fire where %s', (why, more, odd) => {
    expect(rowOf(policyOf({}, more), odd).message).toBe(`can never fire: ${why}`);
  });
  test('agrees with values that are drawn one by one', () => {
    const policy = policyOf({}, { steps: [0.5], stepDuration: '2h', holdback: 0 });
    const alpha = alphaOf(guardBudget(policy, 1), 'value');
    const times = Array.from({ length: 25 }, (_, repeat) => {
      const random = createRandom(77, repeat);
      const cells = (['champion', 'canary'] as const).map((arm) => valuedKeys(0.5, arm, [], range));
      for (let key = 1; key < 20_000; key += 1) {
        const arm = random.next() < 0.5 ? 1 : 0;
        const step = random.next() < 0.2 - 0.06 * arm ? 1000 : 0;
        const values = cells[arm]?.values ?? [];
        const known = values.find(([at]) => at === step);
        if (known === undefined) values.push([step, 1, 0, 0]);
        else known[1] += 1;
        const isLook = key % 20 === 0;
        if (isLook && valueLossEvidence(cells, { least: 0.5, greatest: 0.5 }, 0.01) >= 1 / alpha) return key;
      }
      return Infinity;
    }).toSorted((a, b) => a - b);
    const [row] = planRelease(policy, traffic, { drop: 0.05, repeats: 100 }).filter(({ guard }) => guard === 'value');
    const planned = ((row?.medianHours ?? NaN) - 1 / 6 - 0.5) * 36_000;
    expect(planned / (times[12] ?? NaN)).toBeGreaterThan(0.7);
    expect(planned / (times[12] ?? NaN)).toBeLessThan(1.4);
  });
});

describe('the plan of the proof of values', () => {
  const planned = (margin: number, more: object = {}, odd: Partial<typeof traffic> = {}) => {
    const metrics = { accuracy: null, value: { margin } };
    const plan = planPromotion(
      policyOf({}, { promotion: { metrics }, ...more }),
      { ...traffic, ...odd },
      { repeats: 60 },
    );
    const [metric] = plan?.metrics ?? [];
    if (metric === undefined || plan === null) throw new Error('nothing is planned');
    return { ...metric, message: plan.message };
  };
  test('needs fewer values the greater the fall is that it rules out, and says of what values that is said', () => {
    const [strict, lax] = [planned(2), planned(5)];
    expect(lax.needs.p95).toBeLessThan(0.5 * (strict.needs.p95 ?? NaN));
    expect(lax.effect).toEqual({ kind: 'value', value: 5.5 });
    expect(lax.message).toContain(
      `values (${durationWords(lax.hours.p95 ?? 0)}) rule out a fall of the mean value by 5.5 (simulated with`,
    );
  });
  test('says why it is never proven', () => {
    expect(planned(5, {}, { valuesPerHour: 0 }).never).toBe('no values come');
    const half = planned(5, { labels: { missing: 'worst' } }, { valuesPerHour: 18_000 });
    expect([half.needs.p95, half.never]).toEqual([null, 'values that do not come count at their worst']);
  });
});
