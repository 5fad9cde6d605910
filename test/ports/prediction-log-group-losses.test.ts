import { describe, expect, it } from 'vitest';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { scoreSteps, type GroupCohort, type RateCounts } from '../../contracts/evidence/groups.ts';
import { droppedMirror, type LogEntry, type PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { createRandom } from '../../ml/random.ts';
import { numbers, severalClasses } from '../support/classes.ts';
import { feedback, inputsOf, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const sexes = ['men', 'women'] as const;
const matureAfter = 40;
const { observe } = useReleaseLogs({
  matureBefore: since + matureAfter,
  errorCap: 10,
  groups: {
    attributes: [{ name: 'SEX', parts: [{ column: 'SEX', labels: { 1: 'men', 2: 'women' } }] }],
    most: 20,
    unread: [],
  },
});

/** What a key was answered by both, and its label; null of a version that failed, or where no label came. */
interface Asked<Answer, Label> {
  readonly sex: 1 | 2;
  readonly champion: Answer | null;
  readonly canary: Answer | null;
  readonly truth: Label | null;
}

/** A key each millisecond. */
function entriesOf<Answer, Label extends number | string>(
  asked: readonly Asked<Answer, Label>[],
  outputsOf: (answer: Answer) => PredictionEntry['outputs'],
): LogEntry[] {
  const answered = (answer: Answer | null) =>
    answer === null ? { error: 'broken', outputs: {} } : { outputs: outputsOf(answer) };
  return asked.flatMap(({ sex, champion, canary, truth }, i): LogEntry[] => [
    prediction(`k${i}`, { at: since + i, inputs: inputsOf({ SEX: sex }), ...answered(champion) }),
    mirror(`k${i}`, answered(canary)),
    ...(truth === null ? [] : [feedback(`k${i}`, truth)]),
  ]);
}

/** The groups in any order and cut of segments. */
async function groupsIn(labelSpace: LabelSpace, entries: readonly LogEntry[]) {
  const seen = await observe({ labelSpace }, entries);
  const turned = await observe({ labelSpace }, entries.slice(50).toReversed(), entries.slice(0, 61));
  const counts = ({ groups }: typeof seen) =>
    groups?.groups.map(({ all, mature }) =>
      [all, mature].map(({ error, missing }) => [error.labels, error.worse, error.losses?.differences, missing]),
    );
  expect(counts(turned)).toEqual(counts(seen));
  if (seen.groups === undefined) throw new Error('groups were asked for');
  return seen.groups;
}

/** The keys of a group as brute force counts them. */
function expected<Answer, Label>(
  asked: readonly Asked<Answer, Label>[],
  lossOf: (answer: Answer, truth: Label) => number,
  isStepped: boolean,
): GroupCohort {
  const lostBy = (answer: Answer | null, truth: Label): number => (answer === null ? 1 : lossOf(answer, truth));
  const pairs = asked.flatMap(({ champion, canary, truth }) =>
    truth === null ? [] : [[lostBy(champion, truth), lostBy(canary, truth)] as const],
  );
  const unlabelled = asked.filter(({ truth }) => truth === null);
  const failed = {
    champion: unlabelled.filter(({ champion }) => champion === null).length,
    canary: unlabelled.filter(({ canary }) => canary === null).length,
  };
  const steps = pairs.map(([before, after]) => Math.floor((after - before) * scoreSteps));
  const sum = (arm: 0 | 1) =>
    expect.closeTo(
      pairs.reduce((all, pair) => all + pair[arm], 0),
      9,
    ) as number;
  const error: RateCounts = {
    labels: pairs.length,
    worse: pairs.filter(([before, after]) => after > before).length,
    better: pairs.filter(([before, after]) => after < before).length,
    ...(isStepped
      ? {
          losses: {
            differences: [...new Set(steps)]
              .toSorted((a, b) => a - b)
              .map((step) => [step, steps.filter((one) => one === step).length]),
            champion: sum(0),
            canary: sum(1),
          },
        }
      : {}),
  };
  const failures = failed.champion + failed.canary;
  return {
    error,
    missing: unlabelled.length - failures,
    dropped: 0,
    ...(failures === 0 ? {} : { failed }),
  };
}

function inGroups<Answer, Label>(
  asked: readonly Asked<Answer, Label>[],
  lossOf: (answer: Answer, truth: Label) => number,
  isStepped = true,
) {
  const numbered = asked.map((one, at) => ({ ...one, at }));
  const of = sexes.map((group, i) => {
    const keys = numbered.filter(({ sex }) => sex === i + 1);
    return {
      attribute: 'SEX',
      group,
      since: since + (keys[0]?.at ?? NaN),
      all: expected(keys, lossOf, isStepped),
      mature: expected(
        keys.filter(({ at }) => at < matureAfter),
        lossOf,
        isStepped,
      ),
    };
  });
  return of.toSorted((a, b) => a.since - b.since);
}

/** Eighty keys of both groups: each twentieth was failed by a version, each fifth has no label. */
function drawn<Answer, Label>(
  seed: number,
  draw: (random: ReturnType<typeof createRandom>) => Pick<Asked<Answer, Label>, 'champion' | 'canary' | 'truth'>,
): Asked<Answer, Label>[] {
  const random = createRandom(seed, 3);
  return Array.from({ length: 80 }, (_, i) => {
    const { champion, canary, truth } = draw(random);
    return {
      sex: random.next() < 0.4 ? 1 : 2,
      champion: i % 20 === 3 ? null : champion,
      canary: i % 20 === 13 ? null : canary,
      truth: random.next() < 0.2 ? null : truth,
    };
  });
}

const floats = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
  type: 'float32' as const,
  shape: [...shape],
  data: Float32Array.from(values),
});
const bounded = (loss: number): number => (loss < 1 ? loss : 1);

describe('the groups of a release of numbers', () => {
  it('are counted by the bounded errors of both versions; an answer that is not a number loses most', async () => {
    // Numbers that float32 holds.
    const asked = drawn<number, number>(1, (random) => ({
      champion: random.integer(64) / 4,
      canary: random.next() < 0.1 ? NaN : random.integer(64) / 4,
      truth: random.integer(64) / 4,
    }));
    const groups = await groupsIn(
      numbers,
      entriesOf(asked, (answer) => ({ prediction: floats([answer]) })),
    );
    expect(groups).toMatchObject({ scale: { of: 'error', cap: 10 }, leftOut: 0, unread: [] });
    expect(groups.groups).toEqual(inGroups(asked, (answer, truth) => bounded(Math.abs(answer - truth) / 10)));
    expect(groups.groups[0]?.all).not.toHaveProperty('tpr');
  });

  it('are counted by what errors cost, where the definition says that', async () => {
    const asked = drawn<number, number>(2, (random) => ({
      champion: random.integer(40),
      canary: random.integer(40),
      truth: random.integer(40),
    }));
    const costs = { over: 1, under: 4 };
    const groups = await groupsIn(
      { ...numbers, kind: 'numbers', costs },
      entriesOf(asked, (answer) => ({ prediction: floats([answer]) })),
    );
    expect(groups.scale).toEqual({ of: 'cost', cap: 40 });
    const cost = (answer: number, truth: number) => (answer > truth ? answer - truth : 4 * (truth - answer));
    expect(groups.groups).toEqual(inGroups(asked, (answer, truth) => bounded(cost(answer, truth) / 40)));
  });

  it('are counted by the pinball losses of all quantiles', async () => {
    const levels = [0.25, 0.5, 0.75];
    const quantiles = (random: ReturnType<typeof createRandom>): number[] =>
      levels.map(() => random.integer(64) / 4).toSorted((a, b) => a - b);
    const asked = drawn<number[], number>(3, (random) => ({
      champion: quantiles(random),
      canary: quantiles(random),
      truth: random.integer(64) / 4,
    }));
    const groups = await groupsIn(
      { ...numbers, kind: 'numbers', task: 'quantile', levels },
      entriesOf(asked, (answer) => ({ prediction: floats([answer[1]!]), quantiles: floats(answer, [1, 3]) })),
    );
    expect(groups.scale).toEqual({ of: 'pinball', cap: 10 });
    const pinball = (answer: number[], truth: number) =>
      answer.reduce(
        (sum, value, i) => sum + Math.max(levels[i]! * (truth - value), (levels[i]! - 1) * (truth - value)),
        0,
      );
    expect(groups.groups).toEqual(
      inGroups(asked, (answer, truth) => bounded((2 * pinball(answer, truth)) / levels.length / 10)),
    );
  });
});

describe('the groups of a release', () => {
  it('of several labels are counted by right and wrong answers, and by no rate of one label', async () => {
    const codes = ['small', 'middle', 'large'];
    const asked = drawn<string, string>(4, (random) => ({
      champion: codes[random.integer(3)]!,
      canary: codes[random.integer(3)]!,
      truth: codes[random.integer(3)]!,
    }));
    const groups = await groupsIn(
      severalClasses(...codes),
      entriesOf(asked, (answer) => ({ label: { type: 'string', shape: [1], data: [answer] } })),
    );
    expect(groups).not.toHaveProperty('scale');
    expect(groups.groups).toEqual(inGroups(asked, (answer, truth) => Number(answer !== truth), false));
  });

  it('tell the keys all of whose mirrors were dropped', async () => {
    const dropped = { error: `${droppedMirror}queue full`, label: null, ms: 0 };
    const entries = ['a', 'b', 'c'].flatMap((id, i) => [
      prediction(id, {
        key: id,
        at: since + (id === 'c' ? matureAfter : i),
        inputs: inputsOf({ SEX: id === 'a' ? 1 : 2 }),
      }),
      mirror(id, id === 'a' ? {} : dropped),
      feedback(id, 1),
    ]);
    const { groups } = await observe({}, entries);
    expect(
      groups?.groups.map(({ group, all, mature }) => [group, all.error.labels, all.dropped, mature.dropped]),
    ).toEqual([
      ['men', 1, 0, 0],
      ['women', 0, 2, 1],
    ]);
  });

  it('of a ranking are not counted: a query, not a group of rows, has a loss', async () => {
    const labelSpace: LabelSpace = { ...numbers, kind: 'numbers', task: 'ranking' };
    const asked = drawn<number, number>(5, () => ({ champion: 1, canary: 2, truth: 1 }));
    const seen = await observe(
      { labelSpace },
      entriesOf(asked, (answer) => ({ prediction: floats([answer]) })),
    );
    expect(seen.paired.labels).toBeGreaterThan(0);
    expect(seen).not.toHaveProperty('groups');
  });
});
