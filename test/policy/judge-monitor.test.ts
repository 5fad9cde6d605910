import { expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { judgeMonitor, oddInputs } from '../../policy/gates/monitor.ts';
import type { LiveFacts } from '../../policy/gates/monitor.ts';
import { labelCohort, monitoredAccuracy } from '../../policy/gates/monitor-accuracy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { wilsonInterval } from '../../ml/statistics/proportion.ts';
import { dataset, definition, troubles } from './definition.ts';
import { each, facts, known, policy, worst } from './live-facts.ts';

const moved = [{ column: 'AGEP', psi: 0.5, lower: 0.4, pValue: 0, adjusted: 0 }];
const decayed = known(0.75);

test.each<[string, Partial<LiveFacts>, string[], boolean]>([
  ['a healthy model is left alone', {}, [], false],
  ['too few requests say nothing', { requests: 10, drift: moved }, ['live.requests inconclusive'], false],
  [
    'too few keys say nothing, however many requests they make',
    { keys: 19, drift: moved },
    ['live.keys inconclusive'],
    false,
  ],
  ['drift starts a run', { drift: moved }, ['AGEP.psi fail'], true],
  ['decay starts a run', { accuracy: decayed }, ['live.accuracy fail'], true],
  ['an estimate below the limit only warns', { accuracy: known(0.795) }, ['live.accuracy warn'], false],
  [
    'values that training was not to see warn, and start no run',
    {
      odd: [
        { column: 'AGEP', outside: 3, unknown: 0 },
        { column: 'SCHL', outside: 0, unknown: 2 },
      ],
    },
    ['AGEP.range warn', 'SCHL.allowed warn'],
    false,
  ],
  [
    'decay that the missing labels could make up for starts no run',
    { accuracy: { ...decayed, least: 0.6, most: 0.85, upper: 0.86, unlabelled: 900 } },
    ['live.accuracy inconclusive'],
    false,
  ],
  [
    'health that the missing labels could deny is not said',
    { accuracy: { ...known(0.9), least: 0.79, lower: 0.78, unlabelled: 900 } },
    ['live.accuracy inconclusive'],
    false,
  ],
  [
    'labels whose maturity is not declared start no run',
    { labels: { maturity: null, missing: 'worst' }, accuracy: null },
    ['live.accuracy inconclusive'],
    false,
  ],
  ['missing labels are reported', { accuracy: null }, ['live.accuracy inconclusive'], false],
  [
    'within the cooldown no run is started',
    { accuracy: decayed, lastRun: { id: 'r', startedAt: 9_001, isOpen: false } },
    ['live.accuracy fail', 'run.due warn'],
    false,
  ],
  [
    'after the cooldown one is',
    { accuracy: decayed, lastRun: { id: 'r', startedAt: 9_000, isOpen: false } },
    ['live.accuracy fail'],
    true,
  ],
  [
    'while a run is under way no other is started, however long ago it began',
    { drift: moved, lastRun: { id: 'r', startedAt: 0, isOpen: true } },
    ['AGEP.psi fail', 'run.due warn'],
    false,
  ],
])('%s', (_, given, expected, started) => {
  const { verdict, trigger } = judgeMonitor({ ...facts, ...given });
  expect(troubles(verdict)).toEqual(expected);
  expect(trigger !== null).toBe(started);
});

test('what is seen in the window is said with its limits', () => {
  const drift = [...facts.drift, { column: 'SCHL', psi: 0.2, lower: 0.1, pValue: 1, adjusted: 1 }];
  const { checks } = judgeMonitor({ ...facts, drift, requests: policy.minRequests, keys: policy.minKeys }).verdict;
  expect(checks.map(({ name, status, observed, limit }) => [name, status, observed, limit])).toEqual([
    ['live.requests', 'pass', policy.minRequests, policy.minRequests],
    ['columns.psi', 'pass', 0.1, 0.25],
    ['live.accuracy', 'pass', 0.82, 0.8],
  ]);
  expect(checks.at(-1)?.message).toBe('live accuracy is 82 % (81 % to 83 %), at least 80 % is asked for');
});

test('accuracy whose bound or estimate is at the limit is kept', () => {
  const at = (estimate: number, upper: number) =>
    troubles(judgeMonitor({ ...facts, accuracy: { ...known(estimate), lower: 0.5, upper } }).verdict);
  expect([at(0.8, 0.9), at(0.79, 0.8), at(0.7, 0.799)]).toEqual([[], ['live.accuracy warn'], ['live.accuracy fail']]);
});

test('odd values are counted by column and kind, and those of a column that is off are left alone', () => {
  const odd = [{ column: 'AGEP', outside: 1, unknown: 1 }];
  const oddOf = (given: Partial<LiveFacts>) =>
    judgeMonitor({ ...facts, odd, ...given })
      .verdict.checks.filter(({ status }) => status === 'warn')
      .map(({ name, observed, limit, required }) => [name, observed, limit, required]);
  expect(oddOf({})).toEqual([
    ['AGEP.range', 1, 0, false],
    ['AGEP.allowed', 1, 0, false],
  ]);
  expect(oddOf({ gate: { ...facts.gate, columns: { AGEP: 'off' } } })).toEqual([]);
});

test('odd inputs are counted in live rows by what the dataset lets training see', () => {
  const inputs: Frame = {
    rowCount: 4,
    columns: {
      AGEP: { type: 'number', values: Float64Array.of(-1, 0, 99, 100) },
      SCHL: { type: 'string', values: ['16', '99', '', '21'] },
      other: { type: 'string', values: ['a', 'b', 'c', 'd'] },
    },
  };
  expect(oddInputs(inputs, dataset)).toEqual([
    { column: 'AGEP', outside: 2, unknown: 0 },
    { column: 'SCHL', outside: 0, unknown: 1 },
  ]);
  const fine = { AGEP: { type: 'number' as const, values: Float64Array.of(0, 99, Number.NaN, 5) } };
  expect(oddInputs({ rowCount: 4, columns: fine }, dataset)).toEqual([]);
});

test('missing labels do not hold the verdict, and the trigger says why', () => {
  expect(judgeMonitor({ ...facts, accuracy: null }).verdict.status).toBe('pass');
  expect(judgeMonitor({ ...facts, accuracy: decayed }).trigger).toMatch(/live accuracy is 75 % .* at least 80 %/);
});

test('a monitor says what it does not judge where the maturity is not declared, and how late labels came', () => {
  const delays = [
    { label: '1', labels: 40, medianMs: 3_600_000, p95Ms: 7_200_000 },
    { label: '0', labels: 7, medianMs: 80_000_000, p95Ms: 86_000_000 },
  ];
  const { verdict } = judgeMonitor({ ...facts, labels: { maturity: null, missing: 'worst' }, accuracy: null, delays });
  expect(verdict.checks.find(({ name }) => name === 'live.accuracy')?.message).toMatch(
    /is not judged: declare in release\.labels\.maturity .* 40 labels "1" after 1\.0 h .* 7 labels "0" after 22 h/,
  );
});

const answers = (
  right: Uint8Array,
  labelledKeys = each(right.length),
  unlabelledKeys: Int32Array = new Int32Array(),
) => ({
  right,
  labelledKeys,
  unlabelledKeys,
});
const random = { maturity: 0, missing: 'random' } as const;

test('live accuracy is the share of right answers, null without labels', () => {
  expect(monitoredAccuracy(answers(Uint8Array.of(1, 1, 0, 1)), worst)?.estimate).toBe(0.75);
  expect(monitoredAccuracy(answers(new Uint8Array(), each(0), each(9)), worst)).toBeNull();
});

test('answers to one key count once where they are right or wrong together', () => {
  const right = Uint8Array.from({ length: 4000 }, (_, row) => (row % 40 < 30 ? 1 : 0));
  const keys = Int32Array.from({ length: 4000 }, (_, row) => row % 40);
  const independent = monitoredAccuracy(answers(right), worst);
  const returning = monitoredAccuracy(answers(right, keys), worst);
  expect(independent).toMatchObject(wilsonInterval(3000, 4000));
  expect(returning?.estimate).toBe(0.75);
  expect(returning?.lower).toBeCloseTo(wilsonInterval(30, 40).lower, 10);
  const always = monitoredAccuracy(answers(new Uint8Array(4000).fill(1), keys), worst);
  expect(always?.lower).toBeCloseTo(wilsonInterval(40, 40).lower, 10);
});

test('answers without a label are wrong in the lower bound and right in the upper one, or left out as the policy says', () => {
  const right = Uint8Array.from({ length: 100 }, (_, row) => (row < 80 ? 1 : 0));
  const keys = Int32Array.from({ length: 25 }, (_, row) => 100 + row);
  const bounded = monitoredAccuracy(answers(right, each(100), keys), worst);
  expect(bounded).toMatchObject({ estimate: 0.8, least: 80 / 125, most: 105 / 125, unlabelled: 25 });
  expect(bounded?.lower).toBeCloseTo(wilsonInterval(80, 125).lower, 12);
  expect(bounded?.upper).toBeCloseTo(wilsonInterval(105, 125).upper, 12);
  expect(monitoredAccuracy(answers(right, each(100), keys), random)).toMatchObject({
    ...wilsonInterval(80, 100),
    least: 0.8,
    most: 0.8,
  });
});

const hour = 3_600_000;
/** When the label of an answer comes, in hours; never where it is infinite. */
type Delay = (answer: { positive: boolean; right: boolean }) => number;

/** What the monitor finds in the labels of 60 hours, where 70 % of the positives and 97 % of the negatives are answered right. */
function looked(labels: LiveFacts['labels'], delay: Delay, rightOf: (positive: boolean) => number, draws: Random) {
  const now = 60 * hour;
  const cohort = labelCohort(policy, { labels }, now) ?? { from: now - policy.window, to: now };
  const [right, labelledKeys, unlabelledKeys]: number[][] = [[], [], []];
  for (let key = 0; key < 5_000; key++) {
    const at = draws.next() * now;
    const positive = draws.next() < 0.2;
    const isRight = draws.next() < rightOf(positive);
    if (at < cohort.from || at >= cohort.to) continue;
    if (at + delay({ positive, right: isRight }) * hour > now) unlabelledKeys?.push(key);
    else {
      right?.push(Number(isRight));
      labelledKeys?.push(key);
    }
  }
  const cohortAnswers = answers(
    Uint8Array.from(right ?? []),
    Int32Array.from(labelledKeys ?? []),
    Int32Array.from(unlabelledKeys ?? []),
  );
  const accuracy = labels.maturity === null ? null : monitoredAccuracy(cohortAnswers, labels);
  return judgeMonitor({ ...facts, policy: { ...policy, minAccuracy: 0.85 }, labels, accuracy });
}
const started = (...[labels, delay, rightOf]: [LiveFacts['labels'], Delay, (positive: boolean) => number]): number =>
  Array.from({ length: 100 }, (_, seed) => looked(labels, delay, rightOf, createRandom(seed + 1))).filter(
    ({ trigger }) => trigger !== null,
  ).length;
const healthy = (positive: boolean): number => (positive ? 0.7 : 0.97);
const ill = (positive: boolean): number => (positive ? 0.4 : 0.85);
const maturity = 36 * hour;

test.each<[string, LiveFacts['labels'], Delay]>([
  ['positives first', { maturity, missing: 'worst' }, ({ positive }) => (positive ? 1 : 30)],
  ['positives first, left out by age', { maturity, missing: 'random' }, ({ positive }) => (positive ? 1 : 30)],
  ['positives alone', { maturity, missing: 'worst' }, ({ positive }) => (positive ? 1 : Infinity)],
  ['those that were wrong first', { maturity, missing: 'worst' }, ({ right }) => (right ? 30 : 1)],
  ['those that were wrong alone', { maturity, missing: 'worst' }, ({ right }) => (right ? Infinity : 1)],
  [
    'positives first, with too short a maturity',
    { maturity: 2 * hour, missing: 'worst' },
    ({ positive }) => (positive ? 1 : 30),
  ],
  ['positives first, without a maturity', { maturity: null, missing: 'worst' }, ({ positive }) => (positive ? 1 : 30)],
])('labels by outcome start no run for a healthy model: %s', (_, labels, delay) => {
  expect(started(labels, delay, healthy)).toBe(0);
});

test('labels by outcome start a run for a model that has become worse, once they are all there', () => {
  expect(started({ maturity, missing: 'worst' }, ({ positive }) => (positive ? 1 : 30), ill)).toBe(100);
});

test('drift that the data gate only holds starts a run, and drift that would stop it does not', () => {
  expect(judgeMonitor({ ...facts, drift: moved }).trigger).toMatch(/AGEP has moved.*raise monitor\.psi/);
  const stopping = judgeMonitor({ ...facts, drift: moved, gate: { ...definition.data.psi, stop: 0.3 } });
  expect(stopping.trigger).toBeNull();
  expect(troubles(stopping.verdict)).toEqual(['AGEP.psi fail', 'run.allowed warn']);
  expect(stopping.verdict.checks.at(-1)?.message).toMatch(/drift of AGEP: mend the source, or raise data\.psi\.stop/);
});
