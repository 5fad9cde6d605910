import { describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { axisOf, drawPoint, settingsOf, valueAt, type Axis, type Point } from '../../ml/search/space.ts';
import { proposeByTpe, type TriedPoint } from '../../ml/search/tpe.ts';
import { nextWave, withOutcomes, type OpenTrial, type SearchPlan } from '../../ml/search/waves.ts';

const whole = axisOf({ from: 2, to: 5, scale: 'linear' }, true);
const log = axisOf({ from: 1e-4, to: 1, scale: 'log' }, false);
const choice = axisOf({ of: ['a', [64, 32]] }, false);

test('whole numbers are equally likely, logarithms too, and nothing leaves its range', () => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 4000 }, () => drawPoint([whole, log, choice], random));
  const counts = [2, 3, 4, 5].map((value) => drawn.filter(([place]) => valueAt(whole, place!) === value).length);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  const decades = drawn.filter(([, place]) => Number(valueAt(log, place!)) < 0.01).length;
  expect(Math.abs(decades - 2000)).toBeLessThan(200);
  expect(Math.min(...drawn.map(([, place]) => Number(valueAt(log, place!))))).toBeGreaterThanOrEqual(1e-4);
  expect(new Set(drawn.map(([, , place]) => JSON.stringify(valueAt(choice, place!))))).toEqual(
    new Set(['"a"', '[64,32]']),
  );
  expect(settingsOf([whole, choice])).toBe(8);
  expect(settingsOf([whole, log])).toBe(Infinity);
});

/** Functions whose optimum the estimator does not know; the last one has a trap: the wider valley is the worse one. */
const functions: Readonly<Record<string, { axes: readonly Axis[]; loss: (point: Point) => number }>> = {
  'a bowl on two scales': {
    axes: [axisOf({ from: -5, to: 5, scale: 'linear' }, false), log],
    loss: ([x = 0, y = 0]) => (x - 2) ** 2 + (y - Math.log(0.03)) ** 2,
  },
  Branin: {
    axes: [axisOf({ from: -5, to: 10, scale: 'linear' }, false), axisOf({ from: 0, to: 15, scale: 'linear' }, false)],
    loss: ([x = 0, y = 0]) =>
      (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
      10,
  },
  'numbers and choices': {
    axes: [axisOf({ from: 1, to: 200, scale: 'log' }, true), axisOf({ of: [0, 1, 2, 3, 4, 5] }, false), log],
    loss: ([x = 0, kind = 0, y = 0]) => Math.abs(x - Math.log(20)) + [3, 2, 0.5, 4, 0, 2][kind]! + Math.abs(y + 4) / 2,
  },
};

/** The least loss of so many draws. */
function leastOf(name: string, seed: number, isByTpe: boolean): number {
  const { axes, loss } = functions[name]!;
  const tried: TriedPoint[] = [];
  for (let index = 0; index < 60; index++) {
    const random = createRandom(seed, index);
    const point = isByTpe ? proposeByTpe(axes, tried, random) : drawPoint(axes, random);
    tried.push({ point, loss: loss(point) });
  }
  return Math.min(...tried.map((one) => one.loss));
}

test.each(Object.keys(functions))('the estimator finds a lower loss than chance in most searches: %s', (name) => {
  const seeds = Array.from({ length: 40 }, (_, index) => 100 + index);
  const wins = seeds.filter((seed) => leastOf(name, seed, true) < leastOf(name, seed, false)).length;
  // By chance 29 or more wins of 40 have a probability of .003.
  expect(wins).toBeGreaterThanOrEqual(29);
});

describe('waves', () => {
  const plan = (changes: Partial<SearchPlan>): SearchPlan => ({
    method: 'tpe',
    trials: 12,
    parallel: 2,
    axes: [axisOf({ from: 0, to: 1, scale: 'linear' }, false)],
    stepsOf: () => 90,
    seed: 3,
    isLate: false,
    ...changes,
  });
  /** The loss falls with the steps to the place of the trial: curves do not cross. */
  const lossAt = ({ point: [place = 0] }: OpenTrial, steps: number): number => place + 1 / steps;

  function play(settings: SearchPlan, lateAfter = Infinity) {
    let trials: readonly OpenTrial[] = [];
    const waves: { index: number; steps: number | null }[][] = [];
    let outcomes: Parameters<typeof withOutcomes>[1] = [];
    for (let at = 0; at < 100; at++) {
      const wave = nextWave(withOutcomes(trials, outcomes), { ...settings, isLate: at >= lateAfter });
      trials = wave.trials;
      if (wave.next.length === 0) return { trials, waves };
      waves.push([...wave.next]);
      outcomes = wave.next.map(({ index, steps }) => {
        const trial = wave.trials[index]!;
        return steps === null
          ? { index, loss: lossAt(trial, 90) }
          : { index, look: { steps, loss: lossAt(trial, steps) } };
      });
    }
    throw new Error('the search does not end');
  }
  const ends = (trials: readonly OpenTrial[], kind: string) => trials.filter(({ end }) => end?.kind === kind);

  test('halving begins all trials, keeps the better third twice, and trains the rest to its end', () => {
    const { trials, waves } = play(plan({ method: 'halving' }));
    expect(waves.map((wave) => [wave.length, wave[0]!.steps])).toEqual([
      [12, 10],
      [4, 30],
      [2, null],
    ]);
    const places = trials.map(({ point }) => point[0]!).sort((a, b) => a - b);
    expect(
      ends(trials, 'finished')
        .map(({ point }) => point[0]!)
        .sort((a, b) => a - b),
    ).toEqual(places.slice(0, 2));
    expect(ends(trials, 'pruned')).toHaveLength(10);
  });

  test('a trial that is behind half of those that came as far ends early, and the first ones do not', () => {
    const { trials, waves } = play(plan({ trials: 20 }));
    expect(trials).toHaveLength(20);
    expect(Math.max(...waves.map((wave) => wave.length))).toBe(2);
    const pruned = ends(trials, 'pruned');
    expect(pruned.length).toBeGreaterThan(2);
    expect(Math.min(...pruned.map(({ index }) => index))).toBeGreaterThanOrEqual(4);
    const best = Math.min(...trials.map(({ point }) => point[0]!));
    expect(ends(trials, 'finished').map(({ point }) => point[0]!)).toContain(best);
  });

  test('random trains all trials to their end', () => {
    const { trials, waves } = play(plan({ method: 'random' }));
    expect(ends(trials, 'finished')).toHaveLength(12);
    expect(waves.flat().every(({ steps }) => steps === null)).toBe(true);
  });

  test('equal searches draw equal settings; another seed draws others', () => {
    const points = (settings: SearchPlan) => play(settings).trials.map(({ point }) => point);
    expect(points(plan({}))).toEqual(points(plan({})));
    expect(points(plan({ seed: 4 }))).not.toEqual(points(plan({})));
  });

  test('when the minutes are over no trial begins, and one at least is finished', () => {
    const { trials } = play(plan({ method: 'halving' }), 1);
    expect(ends(trials, 'finished')).toHaveLength(1);
    expect(ends(trials, 'late')).toHaveLength(11);
    const place = Math.min(...trials.map(({ point }) => point[0]!));
    expect(ends(trials, 'finished')[0]!.point[0]).toBe(place);
    const early = play(plan({}), 0);
    expect(early.trials).toHaveLength(1);
    expect(ends(early.trials, 'finished')).toHaveLength(1);
  });

  test('settings are tried once, and a search ends where there are no others', () => {
    const { trials } = play(plan({ axes: [choice, whole], trials: 30 }));
    const tried = trials.map(({ point }) => JSON.stringify([valueAt(choice, point[0]!), valueAt(whole, point[1]!)]));
    expect(new Set(tried).size).toBe(8);
    expect(trials).toHaveLength(8);
  });

  test('trials without a model are left out of what is drawn from', () => {
    const { trials } = nextWave(
      withOutcomes(nextWave([], plan({})).trials, [{ index: 0, unusable: 'it diverged' }]),
      plan({}),
    );
    expect(trials[0]!.end).toEqual({ kind: 'unusable', reason: 'it diverged' });
  });
});
