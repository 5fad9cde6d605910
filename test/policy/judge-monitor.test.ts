import { expect, test } from 'vitest';
import type { Frame } from '../../contracts/frame.ts';
import { judgeMonitor, liveAccuracy, oddInputs } from '../../policy/judge-monitor.ts';
import type { LiveFacts } from '../../policy/judge-monitor.ts';
import { wilsonInterval } from '../../ml/statistics/proportion.ts';
import { dataset, definition, troubles } from './definition.ts';

const policy = { ...definition.monitor, minAccuracy: 0.8, psi: 0.25, cooldown: 1000 };
const facts: LiveFacts = {
  requests: 5000,
  keys: 900,
  accuracy: { estimate: 0.82, lower: 0.81, upper: 0.83 },
  drift: [{ column: 'AGEP', psi: 0.01, lower: 0, pValue: 1, adjusted: 1 }],
  answered: 5000,
  odd: [],
  policy,
  gate: definition.data.psi,
  now: 10_000,
  lastRunAt: null,
};
const moved = [{ column: 'AGEP', psi: 0.5, lower: 0.4, pValue: 0, adjusted: 0 }];
const decayed = { estimate: 0.75, lower: 0.74, upper: 0.76 };

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
  [
    'an estimate below the limit only warns',
    { accuracy: { estimate: 0.79, lower: 0.77, upper: 0.81 } },
    ['live.accuracy warn'],
    false,
  ],
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
  ['missing labels are reported', { accuracy: null }, ['live.accuracy inconclusive'], false],
  ['within the cooldown no run is started', { accuracy: decayed, lastRunAt: 9_001 }, ['live.accuracy fail'], false],
  ['after the cooldown one is', { accuracy: decayed, lastRunAt: 9_000 }, ['live.accuracy fail'], true],
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
    troubles(judgeMonitor({ ...facts, accuracy: { estimate, lower: 0.5, upper } }).verdict);
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

const each = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

test('live accuracy is the share of right answers, null without labels', () => {
  expect(liveAccuracy(Uint8Array.of(1, 1, 0, 1), each(4))?.estimate).toBe(0.75);
  expect(liveAccuracy(new Uint8Array(), each(0))).toBeNull();
});

test('answers to one key count once where they are right or wrong together', () => {
  const right = Uint8Array.from({ length: 4000 }, (_, row) => (row % 40 < 30 ? 1 : 0));
  const independent = liveAccuracy(right, each(4000));
  const returning = liveAccuracy(
    right,
    each(4000).map((row) => row % 40),
  );
  expect(independent).toMatchObject(wilsonInterval(3000, 4000));
  expect(returning?.estimate).toBe(0.75);
  expect(returning?.lower).toBeCloseTo(wilsonInterval(30, 40).lower, 10);
  const always = liveAccuracy(
    new Uint8Array(4000).fill(1),
    each(4000).map((row) => row % 40),
  );
  expect(always?.lower).toBeCloseTo(wilsonInterval(40, 40).lower, 10);
});

test('drift that the data gate only holds starts a run, and drift that would stop it does not', () => {
  expect(judgeMonitor({ ...facts, drift: moved }).trigger).toMatch(/AGEP has moved.*raise monitor\.psi/);
  const stopping = judgeMonitor({ ...facts, drift: moved, gate: { ...definition.data.psi, stop: 0.3 } });
  expect(stopping.trigger).toBeNull();
  expect(troubles(stopping.verdict)).toEqual(['AGEP.psi fail', 'run.allowed warn']);
  expect(stopping.verdict.checks.at(-1)?.message).toMatch(/drift of AGEP: mend the source, or raise data\.psi\.stop/);
});
