import type { StagingMeasurement } from '../contracts/evidence/staging.ts';
import type { ModelDefinition } from '../contracts/model-definition.ts';
import type { Check, Verdict } from '../contracts/verdict.ts';
import { check, percent, short } from './check.ts';
import { verdictOf } from './verdict.ts';

/** Share of the offered rate below which the measurement did not put the load on that it was to put on. */
const leastOfferedShare = 0.8;

/** Judges what open-loop load on a staging gateway measured by the definition's limits. */
export function judgeStaging(measurement: StagingMeasurement, gate: ModelDefinition['staging']): Verdict {
  if (measurement.requests === 0) {
    return verdictOf([
      check(
        'staging.requests',
        'inconclusive',
        0,
        1,
        'the staging gateway was sent no request: see its log, and repeat',
      ),
    ]);
  }
  return verdictOf([
    loadCheck(measurement, gate),
    ...answerChecks(measurement, gate),
    atMost('staging.memory', measurement.memoryMb, gate.maxMemoryMb, 'the memory of the staging gateway', 'MiB'),
  ]);
}

function loadCheck({ offered }: StagingMeasurement, { rate }: ModelDefinition['staging']): Check {
  const enough = offered >= leastOfferedShare * rate;
  const said = `${short(offered)} requests a second were sent of ${short(rate)}`;
  return check(
    'staging.load',
    enough ? 'pass' : 'inconclusive',
    offered,
    rate * leastOfferedShare,
    enough ? said : `${said}: the machine was too busy to measure at that rate; repeat, or lower staging.rate`,
  );
}

function answerChecks(measurement: StagingMeasurement, gate: ModelDefinition['staging']): Check[] {
  const errorRate = measurement.errors / measurement.requests;
  const errors = check(
    'staging.errors',
    errorRate <= gate.maxErrorRate ? 'pass' : 'fail',
    errorRate,
    gate.maxErrorRate,
    `${measurement.errors} of ${measurement.requests} requests failed (${percent(errorRate)}, limit ${percent(gate.maxErrorRate)})`,
  );
  const p99 = atMost('staging.p99', measurement.latencyMs.p99, gate.maxP99Ms, 'the 99th percentile of latency', 'ms');
  if (gate.minThroughput === undefined) return [errors, p99];
  const { throughput } = measurement;
  return [
    errors,
    p99,
    check(
      'staging.throughput',
      throughput >= gate.minThroughput ? 'pass' : 'fail',
      throughput,
      gate.minThroughput,
      `${short(throughput)} answers a second, at least ${short(gate.minThroughput)} are asked for`,
    ),
  ];
}

const atMost = (name: string, observed: number, limit: number, what: string, unit: string): Check =>
  check(
    name,
    observed <= limit ? 'pass' : 'fail',
    observed,
    limit,
    `${what} is ${short(observed)} ${unit}, the limit is ${short(limit)} ${unit}`,
  );
