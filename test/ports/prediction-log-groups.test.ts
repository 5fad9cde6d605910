import { array, assert, asyncProperty, boolean, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreSteps, type GroupCohort } from '../../contracts/evidence/groups.ts';
import type { GroupWindow } from '../../contracts/release/group-window.ts';
import type { LogEntry, PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { feedback, inputsOf, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const sex = { column: 'SEX', labels: { 1: 'men', 2: 'women' } };
const age = { column: 'a/ge', bands: [30, 60] };
const groupWindow: GroupWindow = {
  attributes: [
    { name: 'SEX', parts: [sex] },
    { name: 'SEX x a/ge', parts: [sex, age] },
  ],
  most: 100,
  unread: [{ attribute: 'DIS', why: 'it is dropped from the log' }],
};
const {
  window,
  storeOf,
  observe: observeIn,
} = useReleaseLogs({ matureBefore: since + 30, scores: true, groups: groupWindow });
const observe = async (more: Partial<ReleaseWindow>, ...segments: (readonly LogEntry[])[]) => {
  const seen = await observeIn(more, ...segments);
  if (seen.groups === undefined || seen.agreement === undefined) throw new Error('groups and agreement were asked for');
  return { groups: seen.groups, agreement: seen.agreement };
};

interface Answer {
  readonly label: number;
  /** Of the positive label; null gives none. */
  readonly score: number | null;
  readonly fails: boolean;
}
interface Asked {
  readonly key: string;
  readonly sex: number | null;
  readonly age: number | null;
  readonly byCanary: boolean;
  readonly champion: Answer;
  readonly canary: Answer;
  readonly isMirrored: boolean;
  readonly truth: number | null;
}

const answers = record({
  label: constantFrom(0, 1, 2),
  score: option(constantFrom(0.0011, 0.1302, 0.2994, 0.5008, 0.7017, 0.9979)),
  fails: integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const requests = array(
  record({
    key: constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'),
    sex: option(constantFrom(1, 2)),
    age: option(constantFrom(18, 30, 59.5, 60, 90)),
    byCanary: boolean(),
    champion: answers,
    canary: answers,
    isMirrored: boolean(),
    truth: option(constantFrom(0, 1, 2)),
  }),
  { minLength: 30, maxLength: 60 },
);

const outputsOf = ({ label, score, fails }: Answer): PredictionEntry['outputs'] =>
  fails
    ? {}
    : {
        label: { type: 'int64', shape: [1], data: BigInt64Array.of(BigInt(label)) },
        ...(score === null
          ? {}
          : { probabilities: { type: 'float32', shape: [1, 2], data: Float32Array.of(1 - score, score) } as const }),
      };

/** Requests arrive a millisecond apart; segments are cut anywhere. */
function entriesOf(asked: readonly Asked[]): LogEntry[] {
  return asked.flatMap(({ key, sex, age, byCanary, champion, canary, isMirrored, truth }, i): LogEntry[] => {
    const [first, second] = byCanary ? [canary, champion] : [champion, canary];
    const answerOf = (answer: Answer) => ({ error: answer.fails ? 'broken' : null, outputs: outputsOf(answer) });
    const inputs = { ...(sex === null ? {} : { SEX: sex }), ...(age === null ? {} : { 'a/ge': age }) };
    return [
      prediction(`r${i}`, {
        key,
        at: since + i,
        version: byCanary ? 2 : 1,
        arm: byCanary ? 'canary' : 'champion',
        ...answerOf(first),
        inputs: inputsOf(inputs),
      }),
      ...(isMirrored ? [mirror(`r${i}`, { version: byCanary ? 1 : 2, ...answerOf(second) })] : []),
      ...(truth === null ? [] : [feedback(`r${i}`, truth)]),
    ];
  });
}

const bandOf = (value: number | null): string =>
  value === null ? 'missing' : value < 30 ? 'below 30' : value < 60 ? '30 to below 60' : '60 and above';
const sexOf = (value: number | null): string => (value === null ? 'missing' : value === 1 ? 'men' : 'women');

function cohortOf(asked: readonly Asked[]): GroupCohort {
  // 2 is not a label of the task.
  const labelled = asked.filter(({ truth }) => truth === 0 || truth === 1);
  const others = asked.filter((request) => !labelled.includes(request));
  const failed = {
    champion: others.filter(({ champion, canary }) => champion.fails && !canary.fails).length,
    canary: others.filter(({ canary }) => canary.fails).length,
  };
  const counts = (of: readonly Asked[], isWell: (label: number, truth: number | null) => boolean) => {
    const well = of.map(({ champion, canary, truth }) =>
      [champion, canary].map(({ label, fails }) => !fails && isWell(label, truth)),
    );
    return {
      labels: of.length,
      worse: well.filter(([before, after]) => before === true && after === false).length,
      better: well.filter(([before, after]) => before === false && after === true).length,
    };
  };
  return {
    tpr: counts(
      labelled.filter(({ truth }) => truth === 1),
      (label) => label === 1,
    ),
    fpr: counts(
      labelled.filter(({ truth }) => truth !== 1),
      (label) => label !== 1,
    ),
    error: counts(labelled, (label, truth) => label === truth),
    missing: others.length - failed.champion - failed.canary,
    dropped: 0,
    ...(failed.champion + failed.canary === 0 ? {} : { failed }),
  };
}

/** Groups and agreement as the definition says them: each key by the first of its requests that both answered, or failed. */
function expected(asked: readonly Asked[]) {
  const numbered = asked.map((request, at) => ({ ...request, at: since + at }));
  const keys = [...new Set(asked.map(({ key }) => key))];
  const firsts = keys.flatMap((key) => numbered.find((request) => request.key === key && request.isMirrored) ?? []);
  const both = firsts.filter(({ champion, canary }) => !champion.fails && !canary.fails);
  const groupsOf = (attribute: string, nameOf: (request: Asked) => string) =>
    [...new Set(firsts.map(nameOf))].map((group) => {
      const of = firsts.filter((request) => nameOf(request) === group);
      return {
        attribute,
        group,
        since: Math.min(...of.map(({ at }) => at)),
        all: cohortOf(of),
        mature: cohortOf(of.filter(({ at }) => at < window.matureBefore)),
      };
    });
  const hasSex = firsts.some((request) => request.sex !== null);
  const hasAge = firsts.some((request) => request.age !== null);
  const scored = both.flatMap(({ champion, canary }) =>
    champion.score === null || canary.score === null ? [] : [Math.floor((canary.score - champion.score) * scoreSteps)],
  );
  return {
    groups: [
      ...(hasSex ? groupsOf('SEX', (request) => sexOf(request.sex)) : []),
      ...(hasSex && hasAge
        ? groupsOf('SEX x a/ge', (request) => `${sexOf(request.sex)} x ${bandOf(request.age)}`)
        : []),
    ],
    agreement: {
      pairs: both.length,
      disagree: both.filter(({ champion, canary }) => champion.label !== canary.label).length,
      missing: firsts.length - both.length,
      scores: {
        differences: [...new Set(scored)]
          .toSorted((a, b) => a - b)
          .map((step) => [step, scored.filter((other) => other === step).length]),
        missing: firsts.length - scored.length,
      },
    },
  };
}

const byName = (a: { attribute: string; group: string }, b: { attribute: string; group: string }): number =>
  `${a.attribute} ${a.group}` < `${b.attribute} ${b.group}` ? -1 : 1;

describe('the groups of a release', () => {
  it('are counted as brute force counts them, in any order and cut of segments', async () => {
    await assert(
      asyncProperty(requests, integer({ min: 1, max: 29 }), async (asked, cut) => {
        const entries = entriesOf(asked);
        const { groups, agreement } = await observe({}, entries.slice(cut).toReversed(), entries.slice(0, cut + 5));
        const wanted = expected(asked);
        expect(groups.groups.toSorted(byName)).toEqual(wanted.groups.toSorted(byName));
        expect(groups.groups.map((group) => group.since)).toEqual(
          groups.groups.map((group) => group.since).toSorted((a, b) => a - b),
        );
        expect(agreement).toEqual(wanted.agreement);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('are the first that came, and the others are counted', async () => {
    const asked = ['x', 'y', 'z'].flatMap((key, i) => [
      prediction(key, { at: since + i, inputs: inputsOf({ SEX: i, 'a/ge': 40 }) }),
      mirror(key),
    ]);
    const { groups } = await observe({ groups: { ...groupWindow, most: 3 } }, asked);
    expect(groups.groups.map(({ group }) => group)).toEqual(['0 x 30 to below 60', '0', 'men x 30 to below 60']);
    expect(groups.leftOut).toBe(3);
  });

  it('are not guessed: an attribute that no request has a value of is named, and so is one that is known to be unread', async () => {
    const asked = [prediction('x', { inputs: inputsOf({ SEX: 1, 'a/ge': NaN }) }), mirror('x')];
    const { groups } = await observe({}, asked);
    expect(groups.groups).toMatchObject([{ attribute: 'SEX', group: 'men' }]);
    expect(groups.unread).toEqual([
      { attribute: 'DIS', why: 'it is dropped from the log' },
      { attribute: 'SEX x a/ge', why: 'no logged request has a value of it' },
    ]);
  });

  it('and scores are only read where they are asked for, also by one log that looks both ways', async () => {
    const store = await storeOf([[prediction('x', { inputs: inputsOf({ SEX: 2 }) }), mirror('x')]]);
    const log = createPredictionLog({ store });
    const plain: ReleaseWindow = { ...window, scores: false };
    delete (plain as { groups?: GroupWindow }).groups;
    const without = await log.observe(plain);
    expect(without).not.toHaveProperty('groups');
    expect(without.agreement).toEqual({ pairs: 1, disagree: 1, missing: 0, scores: null });
    const { groups, agreement } = await log.observe(window);
    expect(groups?.groups[0]).toMatchObject({ attribute: 'SEX', group: 'women' });
    expect(agreement?.scores).toEqual({ differences: [], missing: 1 });
    expect(await log.observe(plain)).toEqual(without);
  });
});
