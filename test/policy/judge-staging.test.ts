import { expect, test } from 'vitest';
import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';
import { judgeStaging } from '../../policy/judge-staging.ts';
import { definition, troubles } from './definition.ts';

const measurement: StagingMeasurement = {
  requests: 1000,
  errors: 0,
  durationMs: 5000,
  offered: 199,
  throughput: 198,
  latencyMs: { p50: 2, p95: 8, p99: 20, max: 40 },
  memoryMb: 200,
};
const gate = { ...definition.staging, minThroughput: 150 };

test.each<[string, Partial<StagingMeasurement>, string[]]>([
  ['a fast and quiet candidate passes', {}, []],
  ['a slow one fails', { latencyMs: { ...measurement.latencyMs, p99: 51 } }, ['staging.p99 fail']],
  ['one error fails where none is allowed', { errors: 1 }, ['staging.errors fail']],
  ['too little throughput fails', { throughput: 149 }, ['staging.throughput fail']],
  ['too much memory fails', { memoryMb: 1025 }, ['staging.memory fail']],
  ['load that was never put on says nothing', { offered: 100 }, ['staging.load inconclusive']],
  ['no request at all says nothing', { requests: 0 }, ['staging.requests inconclusive']],
])('%s', (_, given, expected) => {
  expect(troubles(judgeStaging({ ...measurement, ...given }, gate))).toEqual(expected);
});

test('throughput is not judged where no limit is set', () => {
  expect(judgeStaging({ ...measurement, throughput: 1 }, definition.staging).status).toBe('pass');
});
