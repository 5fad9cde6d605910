import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, percent, short } from '../check.ts';
import { verdictOf } from '../verdict.ts';

/** Share of the offered rate below which the measurement did not put the load on that it was to put on. */
const leastOfferedShare = 0.8;

/** Share of all cores' time from which others of the host are felt. */
const mostSteal = 0.05;
/** Below this share of idle time a process may have had to wait for a core. */
const leastIdle = 0.1;

/** Why times cannot be blamed on the model: the host took time away, or no core was free and others used more of them. Null where they can. */
export function busyMachine({ machine }: Pick<StagingMeasurement, 'machine'>): string | null {
  if (machine === null) return null;
  const { idle, steal, gateway, others } = machine;
  if (steal < mostSteal && (idle >= leastIdle || others <= gateway)) return null;
  return `the machine was busy: ${percent(others)} of its time went to other processes and ${percent(steal)} to other machines of its host, ${percent(gateway)} to the gateway`;
}

/**
 * Judges what open-loop load on a staging gateway measured by the definition's limits. Times that a busy machine spoiled are
 * inconclusive, however far beyond they are.
 */
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
    ...answerChecks(measurement, gate).map((found) => unlessBusy(found, measurement, gate)),
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

function firstFailure({ failures, offered }: StagingMeasurement): string {
  const [first] = failures;
  return first === undefined
    ? ''
    : `; the first after ${short(first.afterMs / 1_000)} s at ${short(offered)} requests a second, ${first.waiting} waiting: ${first.message}`;
}

/** Errors count on a busy machine too, unless they are of an overload, which the machine may have caused. */
function unlessBusy(
  found: Check,
  measurement: StagingMeasurement,
  { maxErrorRate }: ModelDefinition['staging'],
): Check {
  const busy = busyMachine(measurement);
  if (found.status !== 'fail' || busy === null) return found;
  const others = (measurement.errors - measurement.overloaded) / measurement.requests;
  if (found.name === 'staging.errors' && others > maxErrorRate) return found;
  return { ...found, status: 'inconclusive', message: `${found.message}, but ${busy}: run again on a quiet machine` };
}

function answerChecks(measurement: StagingMeasurement, gate: ModelDefinition['staging']): Check[] {
  const errorRate = measurement.errors / measurement.requests;
  const errors = check(
    'staging.errors',
    errorRate <= gate.maxErrorRate ? 'pass' : 'fail',
    errorRate,
    gate.maxErrorRate,
    `${measurement.errors} of ${measurement.requests} requests failed (${percent(errorRate)}, limit ${percent(gate.maxErrorRate)})${firstFailure(measurement)}`,
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
