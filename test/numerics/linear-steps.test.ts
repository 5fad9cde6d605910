import { array, assert, constantFrom, double, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { decodeLinear, encodeLinear } from '../../ml/linear/checkpoint.ts';
import { mostByNewton } from '../../ml/linear/descend.ts';
import { fitLinear, type LinearState } from '../../ml/linear/fit.ts';
import { noDerived } from '../../ml/linear/loss.ts';
import { createRandom } from '../../ml/random.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { binary, numbers, quantilesAt, severalClasses } from '../support/classes.ts';
import { features, frameOf, people } from '../training/support.ts';
import { drain, evidenceOf, exported, fitted, makeLinear, predicted, thetasOf, type Made } from './linear-fit.ts';

const levels = [0.1, 0.5, 0.9];
const spaces: readonly (readonly [string, LabelSpace])[] = [
  ['binary', binary],
  ['multiclass', severalClasses('x', 'y', 'z')],
  ['regression', numbers],
  ['quantile', quantilesAt(levels)],
  ['ranking', { ...numbers, task: 'ranking' }],
];

/** Labels of people: their label, a class by it, or a number. */
function labelsOf(space: LabelSpace, labels: Uint8Array): Float64Array {
  const random = createRandom(12);
  return Float64Array.from(labels, (label) =>
    space.task === 'binary'
      ? label
      : space.task === 'multiclass'
        ? random.integer(4) === 0
          ? 2
          : label
        : 50 + 20 * label + 3 * random.normal(),
  );
}

function madeOf(space: LabelSpace, over: Partial<Parameters<typeof makeLinear>[0]> = {}): Made {
  const { frame, labels } = people(500, 4);
  return makeLinear({ features, frame, labels: labelsOf(space, labels), space, ...over });
}

describe.each(spaces)('the loss of task %s', (_, space) => {
  const { linear } = taskFor(space);
  const width = linear.isJoint ? (space.task === 'multiclass' ? 3 : 1) : 1;
  const score = double({ min: -4, max: 4, noNaN: true });

  test('has the first and second derivatives that differences give', () => {
    assert(
      property(
        array(score, { minLength: width, maxLength: width }),
        integer({ min: 0, max: 2 }),
        constantFrom(0.5, 1, 3),
        constantFrom(...linear.widths),
        (row, drawn, weight, smooth) => {
          const at = space.task === 'quantile' ? drawn : 0;
          const label = space.task === 'binary' ? drawn % 2 : drawn;
          const learned = { labels: Float64Array.of(label), weights: Float64Array.of(weight) };
          const part = { at, width: smooth };
          const to = noDerived(width, 1);
          const valueAt = (values: readonly number[]): number =>
            linear.derive(
              values.map((value) => Float64Array.of(value)),
              learned,
              to,
              part,
            );
          const slopesAt = (values: readonly number[]): number[] => {
            valueAt(values);
            return to.gradients.map((of) => of[0]!);
          };
          // Narrow losses bend within their width.
          const step = 1e-5 * (smooth === 0 ? 1 : smooth);
          for (let first = 0; first < width; first++) {
            const moved = (by: number): number[] => row.map((value, i) => value + (i === first ? by : 0));
            const slope = (valueAt(moved(step)) - valueAt(moved(-step))) / (2 * step);
            const [above, below] = [slopesAt(moved(step)), slopesAt(moved(-step))];
            expect(slopesAt(row)[first]!).toBeCloseTo(slope, 4);
            for (let second = 0; second < width; second++) {
              const found = new Float64Array(1);
              slopesAt(row);
              linear.curvature(second, first, to, learned, found, part);
              const wanted = (above[second]! - below[second]!) / (2 * step);
              expect(Math.abs(found[0]! - wanted)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted)));
            }
          }
        },
      ),
    );
  });

  test('is the loss of other trainers where it is not smoothed', () => {
    const made = madeOf(space);
    const state = fitted(made);
    const { labels, weights } = made.job.train;
    const scores = thetasOf(made, state).map((theta, at) => {
      const values = predicted(made, state, people(500, 4).frame)[at]!;
      expect(theta).toHaveLength(made.job.layout.size);
      return Float64Array.from(values, (value) => (value - made.scale.mean) / made.scale.deviation);
    });
    const smooth = linear.widths.at(-1)!;
    const sum = linear.isJoint
      ? linear.derive(scores, { labels, weights }, noDerived(scores.length, 500), { at: 0, width: smooth })
      : scores.reduce(
          (all, of, at) => all + linear.derive([of], { labels, weights }, noDerived(1, 500), { at, width: smooth }),
          0,
        ) / scores.length;
    // Half of the squared error is what is minimized.
    const factor = linear.variance === 'residuals' ? 2 : 1;
    expect((factor * sum) / 500).toBeCloseTo(made.job.objective.loss(scores, made.job.train), 2);
  });
});

describe.each(spaces)('a linear model of task %s', (_, space) => {
  test.each([0, 5])(
    'is exported as what training says, with %i knots, far outside and for what it never saw',
    async (splines) => {
      const made = madeOf(space, { splines });
      const state = fitted(made);
      const asked = frameOf({
        age: [Number.NaN, 20, 49.99, 50, 79.9, 300, -500, 1e6],
        colour: ['', 'red', 'green', 'purple', 'red', '', 'green', 'red'],
        income: [Number.NaN, 0, -0, 5, 4_000, -9_000, 1e5, -1e7],
        town: ['', 't1', 't11', 'nowhere', 't5', 't0', 't3', 't2'],
      });
      const model = await createOnnxInference().load(exported(made, state));
      for (const frame of [people(200, 9).frame, asked]) {
        const { answer, scores, width } = await model.predict(frame, space);
        const ours = predicted(made, state, frame);
        for (let row = 0; row < frame.rowCount; row++) {
          const values = ours.map((of) => of[row]!);
          const [wanted, found] = expectedOf(space, values, { answer, scores, width }, row);
          for (const [at, value] of wanted.entries())
            expect(
              Math.abs(found[at]! - value) / Math.max(space.kind === 'classes' ? 1 : 50, Math.abs(value)),
            ).toBeLessThan(1e-5);
        }
      }
      expect(made.curves).toHaveLength(splines === 0 ? 0 : 2);
      await model.release();
    },
  );

  test('goes on from any checkpoint to the same bytes, with few weights and with many', () => {
    const random = createRandom(3);
    const { frame, labels } = people(700, 4);
    const code = Array.from({ length: 700 }, () => `c${random.integer(mostByNewton)}`);
    const wide = { ...frame, columns: { ...frame.columns, town: { type: 'string' as const, values: code } } };
    const many = Array.from({ length: mostByNewton + 1 }, (_, i) => `c${i}`);
    const allowed = features.map((one) =>
      one.name === 'town' ? { ...one, column: { ...one.column, allowed: many } } : one,
    );
    for (const given of [
      { features, frame },
      { features: allowed, frame: wide },
    ]) {
      const made = makeLinear({ ...given, labels: labelsOf(space, labels), space, iterations: 30 });
      const steps: Uint8Array[] = [];
      let whole: LinearState;
      for (const run = fitLinear(made.job, null); ;) {
        const step = run.next();
        whole = step.value;
        if (step.done === true) break;
        steps.push(encodeLinear('job', step.value));
      }
      for (const bytes of [steps[0]!, steps[Math.floor(steps.length / 2)]!, steps.at(-1)!]) {
        const rest = drain(fitLinear(made.job, decodeLinear('job', bytes)));
        expect(Buffer.from(encodeLinear('job', rest)).equals(encodeLinear('job', whole))).toBe(true);
      }
    }
    expect(() => decodeLinear('another', encodeLinear('job', fitted(madeOf(space))))).toThrow(/another training/);
  });

  test('gives unknown codes and codes that no training row has no weight', () => {
    const made = madeOf(space);
    const [theta] = thetasOf(made, fitted(made));
    const { layout, train } = made.job;
    const never = layout.categories[0]! + 1 + made.encoding.oneHot[0]!.codes.indexOf('never seen');
    for (const place of [...layout.categories, never]) expect(theta![place]).toBe(0);
    expect(theta!.filter((weight) => weight !== 0).length).toBeGreaterThan(layout.categories.length);
    expect(train.design.size).toBe(layout.size);
  });
});

/** What a model of the scores answers, and what it answered. */
function expectedOf(
  space: LabelSpace,
  values: number[],
  { answer, scores, width }: { answer: Float64Array; scores: Float64Array; width: number },
  row: number,
): [number[], number[]] {
  if (space.task === 'binary') return [[1 / (1 + Math.exp(-values[0]!))], [scores[row]!]];
  const found = Array.from(scores.subarray(row * width, (row + 1) * width));
  if (space.task === 'multiclass') {
    const most = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - most));
    return [powers.map((power) => power / powers.reduce((sum, one) => sum + one, 0)), found];
  }
  return space.task === 'quantile' ? [values.toSorted((a, b) => a - b), found] : [values, [answer[row]!]];
}

test('Newton’s method and L-BFGS find the same optimum', () => {
  const { frame, labels } = people(900, 4);
  const many = Array.from({ length: mostByNewton }, (_, i) => `never ${i}`);
  const wide = features.map((one) =>
    one.name === 'town' ? { ...one, column: { ...one.column, allowed: many } } : one,
  );
  for (const [, space] of spaces) {
    const given = { frame, labels: labelsOf(space, labels), space };
    const [small, large] = [makeLinear({ ...given, features }), makeLinear({ ...given, features: wide })];
    const [one, other] = [fitted(small), fitted(large)];
    for (const state of [one, other]) expect(state.descents.map(({ state }) => state)).not.toContain('going');
    expect(other.descents[0]!.diagonal).not.toBeNull();
    expect(one.descents[0]!.diagonal).toBeNull();
    const asked = people(100, 5).frame;
    const [ours, theirs] = [predicted(small, one, asked), predicted(large, other, asked)];
    for (const [value, of] of ours.entries())
      for (const [row, score] of of.entries()) expect(theirs[value]![row]!).toBeCloseTo(score, 2);
    if (space.task !== 'quantile') {
      expect(evidenceOf(large, other).withoutIntervals).toMatch(/weights, more than/);
      expect(evidenceOf(small, one).withoutIntervals).toBeNull();
    }
  }
});

test('a training that may not go on to the optimum says so, and gives no intervals', () => {
  for (const [, space] of spaces.filter(([, { task }]) => task !== 'regression' && task !== 'ranking')) {
    const { converged, gradientNorm, withoutIntervals, coefficients } = evidenceOf(madeOf(space, { iterations: 1 }));
    expect(converged).toBe(false);
    expect(gradientNorm).toBeGreaterThan(1e-8);
    expect(withoutIntervals).not.toBeNull();
    expect(coefficients.every(({ lower }) => lower === null)).toBe(true);
  }
});

test('columns that repeat one another have no intervals without a penalty, and have with one', () => {
  const { frame, labels } = people(300, 4);
  const twice = { ...frame, columns: { ...frame.columns, again: frame.columns.income! } };
  const of = [...features, { name: 'again', column: features[2]!.column }];
  const given = { features: of, frame: twice, labels: Float64Array.from(labels), space: binary };
  expect(evidenceOf(makeLinear({ ...given, l2: 0 }))).toMatchObject({
    converged: true,
    withoutIntervals: expect.stringMatching(/repeat/),
  });
  expect(evidenceOf(makeLinear({ ...given, l2: 1 }))).toMatchObject({ converged: true, withoutIntervals: null });
});

test('rows with a number that float32 does not hold are refused', () => {
  const { frame, labels } = people(50, 4);
  (frame.columns.income!.values as Float64Array)[7] = 1e300;
  const given = { features, frame, labels: Float64Array.from(labels), space: binary };
  expect(() => fitted(makeLinear(given))).toThrow(/not finite: correct numbers/);
});

test('a missing number has a weight of its own where training rows lack it', () => {
  const random = createRandom(7);
  const age = Array.from({ length: 800 }, () => (random.integer(4) === 0 ? Number.NaN : 50 + 10 * random.normal()));
  const labels = age.map((value) => (Number.isNaN(value) ? 90 : value) + random.normal());
  const made = makeLinear({ features: features.slice(0, 1), frame: frameOf({ age }), labels, space: numbers });
  const [of] = predicted(made, fitted(made), frameOf({ age: [Number.NaN, 40] }));
  expect(of![0]).toBeCloseTo(90, 0);
  expect(of![1]).toBeCloseTo(40, 0);
  const { coefficients } = evidenceOf(made);
  expect(coefficients.find(({ name }) => name === 'age is missing')!.estimate).toBeCloseTo(40, 0);
});

test('evidence keeps the 200 coefficients with the least doubt, and counts the others', () => {
  const random = createRandom(7);
  const codes = Array.from({ length: 2_000 }, () => random.integer(260));
  const labels = codes.map((code) => code + 5 * random.normal());
  const frame = frameOf({ town: codes.map((code) => `t${code}`) });
  const { coefficients, leftOut } = evidenceOf(
    makeLinear({ features: features.slice(3), frame, labels, space: numbers }),
  );
  expect(coefficients).toHaveLength(200);
  // All codes but the most frequent one, and the intercept.
  expect(leftOut).toBe(new Set(codes).size - 200);
  const sure = coefficients.map(({ estimate, lower, upper }) => Math.abs(estimate) / (upper! - lower!));
  expect(sure).toEqual(sure.toSorted((a, b) => b - a));
});
