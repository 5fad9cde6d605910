import { expect, test } from 'vitest';
import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';
import { busyMachine, judgeStaging } from '../../policy/gates/staging.ts';
import { definition, troubles } from './definition.ts';

const measurement: StagingMeasurement = {
  requests: 1000,
  errors: 0,
  overloaded: 0,
  durationMs: 5000,
  offered: 199,
  throughput: 198,
  latencyMs: { p50: 2, p95: 8, p99: 20, max: 40 },
  memoryMb: 200,
  failures: [],
  machine: { idle: 0.4, steal: 0, gateway: 0.4, others: 0.2 },
};
const gate = { ...definition.staging, minThroughput: 150 };

const slow = { ...measurement.latencyMs, p99: 51 };
const crowded = { idle: 0.02, steal: 0, gateway: 0.2, others: 0.78 };

test.each<[string, Partial<StagingMeasurement>, string[]]>([
  ['a fast and quiet candidate passes', {}, []],
  ['a slow one fails', { latencyMs: { ...measurement.latencyMs, p99: 51 } }, ['staging.p99 fail']],
  [
    'a slow one on a machine that others use is not blamed',
    { latencyMs: slow, machine: crowded },
    ['staging.p99 inconclusive'],
  ],
  [
    'a slow one on a host that takes time away is not blamed',
    { latencyMs: slow, machine: { ...crowded, idle: 0.5, others: 0.1, steal: 0.06 } },
    ['staging.p99 inconclusive'],
  ],
  [
    'a slow one that takes the cores itself is',
    { latencyMs: slow, machine: { idle: 0, steal: 0, gateway: 0.7, others: 0.3 } },
    ['staging.p99 fail'],
  ],
  ['a slow one where the system does not say is', { latencyMs: slow, machine: null }, ['staging.p99 fail']],
  ['a fast one passes on a busy machine too', { machine: crowded }, []],
  [
    'errors of an overload are not blamed on a busy machine',
    { errors: 46, overloaded: 46, machine: crowded },
    ['staging.errors inconclusive'],
  ],
  ['errors of an overload on a quiet machine are', { errors: 46, overloaded: 46 }, ['staging.errors fail']],
  ['other errors beside them are', { errors: 47, overloaded: 46, machine: crowded }, ['staging.errors fail']],
  ['errors are errors on a busy machine too', { errors: 1, machine: crowded }, ['staging.errors fail']],
  ['one error fails where none is allowed', { errors: 1 }, ['staging.errors fail']],
  ['too little throughput fails', { throughput: 149 }, ['staging.throughput fail']],
  ['too much memory fails', { memoryMb: 1025 }, ['staging.memory fail']],
  ['load that was never put on says nothing', { offered: 100 }, ['staging.load inconclusive']],
  ['no request at all says nothing', { requests: 0 }, ['staging.requests inconclusive']],
])('%s', (_, given, expected) => {
  expect(troubles(judgeStaging({ ...measurement, ...given }, gate))).toEqual(expected);
});

test('what is within its limits, or exactly there, says so', () => {
  const at = {
    ...measurement,
    offered: 160,
    throughput: 150,
    latencyMs: { ...measurement.latencyMs, p99: 50 },
    memoryMb: 1024,
  };
  expect(
    judgeStaging(at, gate).checks.map(({ name, status, observed, limit, message }) => [
      name,
      status,
      observed,
      limit,
      message,
    ]),
  ).toEqual([
    ['staging.load', 'pass', 160, 160, '160 requests a second were sent of 200'],
    ['staging.errors', 'pass', 0, 0, '0 of 1000 requests failed (0 %, limit 0 %)'],
    ['staging.p99', 'pass', 50, 50, 'the 99th percentile of latency is 50 ms, the limit is 50 ms'],
    ['staging.throughput', 'pass', 150, 150, '150 answers a second, at least 150 are asked for'],
    ['staging.memory', 'pass', 1024, 1024, 'the memory of the staging gateway is 1024 MiB, the limit is 1024 MiB'],
  ]);
  expect(troubles(judgeStaging({ ...at, offered: 159 }, gate))).toEqual(['staging.load inconclusive']);
});

test('no request at all is said with what is needed', () => {
  expect(judgeStaging({ ...measurement, requests: 0 }, gate).checks).toMatchObject([{ observed: 0, limit: 1 }]);
});

test.each([
  [{ idle: 0.5, steal: 0.05, gateway: 0.4, others: 0 }, true],
  [{ idle: 0.5, steal: 0.049, gateway: 0.4, others: 0 }, false],
  [{ idle: 0.1, steal: 0, gateway: 0.2, others: 0.7 }, false],
  [{ idle: 0.09, steal: 0, gateway: 0.2, others: 0.7 }, true],
  [{ idle: 0, steal: 0, gateway: 0.5, others: 0.5 }, false],
])(
  'a machine is busy from a twentieth stolen, or with less than a tenth idle where others use more: %j',
  (machine, busy) => {
    expect(busyMachine({ machine }) !== null).toBe(busy);
  },
);

test('throughput is not judged where no limit is set', () => {
  expect(judgeStaging({ ...measurement, throughput: 1 }, definition.staging).status).toBe('pass');
});

test('a failure names the first request that failed, and the load at which it came', () => {
  const failures = [{ afterMs: 1_500, waiting: 12, message: '503 {"error":"too busy"}' }];
  const { checks } = judgeStaging({ ...measurement, errors: 3, failures }, gate);
  expect(checks.find(({ name }) => name === 'staging.errors')?.message).toBe(
    '3 of 1000 requests failed (0.3 %, limit 0 %); the first after 1.5 s at 199 requests a second, 12 waiting: 503 {"error":"too busy"}',
  );
});

test('a busy machine is said in words', () => {
  const { checks } = judgeStaging({ ...measurement, latencyMs: slow, machine: crowded }, gate);
  expect(checks.find(({ name }) => name === 'staging.p99')?.message).toMatch(
    /51 ms, the limit is 50 ms, but the machine was busy: 78 % of its time went to other processes and 0 % .* run again on a quiet machine/,
  );
});
