import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Coefficient } from '../../contracts/evidence/linear.ts';
import { binary, numbers, quantilesAt, severalClasses } from '../support/classes.ts';
import { features, frameOf } from '../training/support.ts';
import { evidenceOf, fitted, makeLinear, predicted } from './linear-fit.ts';

interface Told {
  readonly name: string;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

interface Fixture {
  readonly l2: number;
  readonly age: number[];
  readonly income: number[];
  readonly town: string[];
  readonly plan: string[];
  readonly binary: number[];
  readonly several: number[];
  readonly number: number[];
  readonly weights: number[];
  readonly logit: Told[];
  readonly multinomial: Told[][];
  readonly leastSquares: Told[];
  readonly logistic: Told[];
  readonly softmax: { names: string[]; estimates: number[][] };
  readonly ridge: Told[];
  readonly pinball: { level: number; loss: number }[];
  readonly curves: { l2: number; age: number[]; prediction: number[] }[];
}

// Made by test/fixtures/numerics/make_linear.py with statsmodels, scikit-learn and scipy.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/numerics/linear.json', import.meta.url), 'utf8'),
) as Fixture;

const [age, , income, town] = features;
const columns = [age!, income!, town!, { name: 'plan', column: town!.column }];
const frame = frameOf({ age: fixture.age, income: fixture.income, town: fixture.town, plan: fixture.plan });
const three = severalClasses('x', 'y', 'z');
const given = { features: columns, frame };

/** Columns are standardized in float32. */
function expectSame(found: readonly Coefficient[], wanted: readonly Told[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const { name, ...values } of wanted) {
    const ours = found.find((one) => one.name === name)!;
    const scale = values.upper - values.lower;
    for (const key of ['estimate', 'lower', 'upper'] as const)
      expect(Math.abs(ours[key]! - values[key]) / scale, `${name}, ${key}`).toBeLessThan(1e-5);
  }
}

describe('a linear model without a penalty', () => {
  test('has the coefficients and intervals of statsmodels’ Logit', () => {
    const { coefficients, converged, gradientNorm } = evidenceOf(
      makeLinear({ ...given, labels: fixture.binary, space: binary, l2: 0 }),
    );
    expect(converged).toBe(true);
    expect(gradientNorm).toBeLessThan(1e-8);
    expectSame(coefficients, fixture.logit);
    expect(new Set(coefficients.map(({ output }) => output))).toEqual(new Set(['1']));
  });

  test('has those of its MNLogit, each label against the mean of all', () => {
    const { coefficients } = evidenceOf(makeLinear({ ...given, labels: fixture.several, space: three, l2: 0 }));
    for (const [at, label] of ['x', 'y', 'z'].entries())
      expectSame(
        coefficients.filter(({ output }) => output === label),
        fixture.multinomial[at]!,
      );
  });

  test('has those of its OLS, by the residual variance and Student’s t', () => {
    const { coefficients } = evidenceOf(makeLinear({ ...given, labels: fixture.number, space: numbers, l2: 0 }));
    expectSame(coefficients, fixture.leastSquares);
  });
});

describe('a linear model with a penalty', () => {
  const { l2, weights } = fixture;
  test('has the weights of scikit-learn’s LogisticRegression, and intervals by the penalized Hessian', () => {
    const { coefficients } = evidenceOf(makeLinear({ ...given, labels: fixture.binary, space: binary, l2 }));
    expectSame(coefficients, fixture.logistic);
  });

  test('has its weights for several labels and weighted rows', () => {
    const { coefficients } = evidenceOf(makeLinear({ ...given, labels: fixture.several, space: three, weights, l2 }));
    const { names, estimates } = fixture.softmax;
    for (const [at, label] of ['x', 'y', 'z'].entries())
      for (const [i, name] of names.entries()) {
        const ours = coefficients.find((one) => one.output === label && one.name === name)!;
        expect(ours.estimate, name).toBeCloseTo(estimates[at]![i]!, 5);
      }
  });

  test('has those of its Ridge, and intervals by the effective degrees of freedom', () => {
    const { coefficients } = evidenceOf(makeLinear({ ...given, labels: fixture.number, space: numbers, l2 }));
    expectSame(coefficients, fixture.ridge);
  });
});

test('rows of weight 3 are three rows, to the intervals', () => {
  const twice = fixture.weights.flatMap((weight, row) => Array.from({ length: weight }, () => row));
  const of = <T>(values: readonly T[]): T[] => twice.map((row) => values[row]!);
  const { age, income, town, plan } = fixture;
  const many = frameOf({ age: of(age), income: of(income), town: of(town), plan: of(plan) });
  for (const [labels, space] of [
    [fixture.binary, binary],
    [fixture.number, numbers],
    [fixture.several, three],
  ] as const) {
    const weighted = makeLinear({ ...given, labels, space, weights: fixture.weights, l2: 0 });
    const repeated = makeLinear({ features: columns, frame: many, labels: of(labels), space, l2: 0 });
    const wanted = evidenceOf(repeated).coefficients.filter(({ name }) => name !== 'intercept');
    const found = evidenceOf(weighted).coefficients;
    for (const one of wanted) {
      const ours = found.find(({ name, output }) => name === one.name && output === one.output)!;
      // The most frequent code is that of the rows, whether they count or not.
      const scale = one.upper! - one.lower!;
      for (const key of ['estimate', 'lower', 'upper'] as const)
        expect(Math.abs(ours[key]! - one[key]!) / scale, `${one.name}, ${key}`).toBeLessThan(1e-4);
    }
    expect(wanted.length).toBeGreaterThan(6);
  }
});

test('quantiles have the pinball loss of scikit-learn’s QuantileRegressor, but for the smoothing', () => {
  const levels = fixture.pinball.map(({ level }) => level);
  const made = makeLinear({
    ...given,
    labels: fixture.number,
    space: quantilesAt(levels),
    l2: 0,
  });
  const state = fitted(made);
  const scores = predicted(made, state, frame);
  for (const [at, { level, loss }] of fixture.pinball.entries()) {
    const ours =
      fixture.number.reduce((sum, label, row) => {
        const error = label - scores[at]![row]!;
        return sum + Math.max(level * error, (level - 1) * error);
      }, 0) / fixture.number.length;
    expect(ours / loss).toBeGreaterThan(1 - 1e-6);
    expect(ours / loss).toBeLessThan(1.005);
  }
  const { converged, withoutIntervals, coefficients } = evidenceOf(made, state);
  expect(converged).toBe(true);
  expect(withoutIntervals).toMatch(/quantile/);
  expect(coefficients.every(({ lower, upper }) => lower === null && upper === null)).toBe(true);
});

test.each(fixture.curves)(
  'a curve is scipy’s natural spline, straight outside its knots, at l2 $l2',
  ({ l2, age: asked, prediction }) => {
    const ages = frameOf({ age: fixture.age });
    const made = makeLinear({ features: [age!], frame: ages, labels: fixture.number, space: numbers, l2, splines: 4 });
    expect(made.curves[0]!.knots).toHaveLength(6);
    const [ours] = predicted(made, fitted(made), frameOf({ age: asked }));
    for (const [at, value] of prediction.entries())
      expect(Math.abs(ours![at]! / value - 1), `at ${asked[at]}`).toBeLessThan(2e-5);
  },
);

test('a penalty of more takes the curve away and a small one does not', () => {
  const ages = frameOf({ age: fixture.age });
  const bend = (l2: number): number => {
    const made = makeLinear({ features: [age!], frame: ages, labels: fixture.number, space: numbers, l2, splines: 4 });
    const [[a, b, c] = []] = predicted(made, fitted(made), frameOf({ age: [25, 45, 65] }));
    return Math.abs(a! - 2 * b! + c!);
  };
  expect(bend(10_000)).toBeLessThan(bend(1) / 10);
});
