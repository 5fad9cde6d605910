import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluatedLosses } from '../../cli/evaluated-losses.ts';
import { labelSpaceOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { LogEntry, PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { feedback, inputsOf, prediction, since } from '../ports/log-entries.ts';
import { lookAt, serveTrained } from './monitored.ts';
import { csvOf, people, strangersProject, type Definitions, type StrangersProject } from './project.ts';

const rows = 1_500;
const carried = { type: 'integer', kind: 'carried' };
const asked = {
  trainer: { kind: 'network', hidden: [8], epochs: 5, learningRate: 0.01 },
  release: { labels: { maturity: 0 } },
};
const watched = { every: '1m', window: '10m', minRequests: 100, psi: 10 };
const definitions: Readonly<Record<'regression' | 'multiclass', Definitions>> = {
  regression: {
    dataset: { target: 'amount' },
    columns: { churned: carried, amount: { type: 'number', kind: 'target' } },
    model: { ...asked, features: ['age', 'plan'], monitor: { ...watched, maxError: 5 } },
  },
  multiclass: {
    dataset: { target: 'plan' },
    columns: { churned: carried, plan: { type: 'string', kind: 'target', allowed: ['basic', 'plus', 'pro'] } },
    model: { ...asked, features: ['age', 'amount'], monitor: { ...watched, minAccuracy: 0.8 } },
  },
};

/** What a model answers to a person: of numbers so much too much, of labels another one for three of ten. */
const answers = {
  regression: {
    of: ({ amount }: { amount: number }, _row: number, off: number): PredictionEntry['outputs'] => ({
      prediction: { type: 'float32', shape: [1], data: Float32Array.of(amount + off) },
    }),
    labelOf: ({ amount }: { amount: number }) => amount,
    good: 4,
    bad: 8,
    fault: /^live mean absolute error is 8 \(.*; errors above 5\d\.\d+ count as that\), at most 5 is asked for$/,
  },
  multiclass: {
    of: ({ plan }: { plan: string }, row: number, off: number): PredictionEntry['outputs'] => ({
      label: { type: 'string', shape: [1], data: [row % 10 < off ? (plan === 'pro' ? 'basic' : 'pro') : plan] },
    }),
    labelOf: ({ plan }: { plan: string }) => plan,
    good: 1,
    bad: 3,
    fault: /^live accuracy is 70 % \(.*\), at least 80 % is asked for$/,
  },
} as const;

describe.each(['regression', 'multiclass'] as const)('a model of task %s that serves', (task) => {
  let project: StrangersProject;
  beforeAll(async () => {
    project = await strangersProject({
      name: 'data.csv',
      content: csvOf(people(rows).map((one) => [one.id, one.age, one.plan, one.amount, Number(one.churned)])),
    });
    await project.define(definitions[task]);
    await serveTrained(project);
  });
  afterAll(() => project?.close());

  /** Logs answers and their labels, and looks at them. */
  async function looked(at: number, off: number) {
    const { of, labelOf } = answers[task];
    const entries = people(400, 9).flatMap((person, row): LogEntry[] => [
      prediction(`${at}-${row}`, {
        model: 'churn',
        at,
        inputs: inputsOf({ age: person.age, plan: person.plan, amount: person.amount }),
        outputs: of(person, row, off),
      }),
      { ...feedback(`${at}-${row}`, labelOf(person), at + 1), model: 'churn' },
    ]);
    return lookAt(project, at, entries);
  }

  test('is planned by what the evaluation said of its losses, where answers are not right or wrong', async () => {
    const { definitions: defined } = project.ports;
    const definition = await defined.model('churn');
    const space = labelSpaceOf(definition, await defined.datasetOf(definition));
    const lossesIn = (asked: LabelSpace) => evaluatedLosses({ ports: project.ports }, 'churn', asked);
    if (space.kind === 'classes') {
      expect(await lossesIn(space)).toEqual({});
      const utility = space.classes.map((_, label) => space.classes.map((_, answer) => Number(answer === label)));
      expect((await lossesIn({ ...space, utility })).losses?.meanLoss).toBeGreaterThan(0);
    } else {
      const found = await lossesIn(space);
      expect(found.losses).toMatchObject({
        squaredDifference: null,
        note: expect.stringMatching(/ test rows of version 1$/),
      });
      expect(found.losses?.meanLoss).toBeGreaterThan(0);
      expect(found.losses?.meanLoss).toBeLessThan(1);
    }
  });

  test('starts a run when answers become worse than the limit, and not before', async () => {
    const good = await looked(since + 3_600_000, answers[task].good);
    expect(good.trigger).toBeNull();
    expect(good.found).toMatchObject({ labels: 400, [task === 'regression' ? 'accuracy' : 'error']: null });
    expect(
      good.found.verdict.checks.find(({ name }) => name.startsWith('live.') && name !== 'live.requests')?.status,
    ).toBe('pass');
    const bad = await looked(since + 7_200_000, answers[task].bad);
    expect(bad.trigger).toMatch(answers[task].fault);
    if (task === 'regression') expect(bad.found.error?.estimate).toBeCloseTo(8, 5);
    else expect(bad.found.accuracy?.estimate).toBe(0.7);
  });
});
