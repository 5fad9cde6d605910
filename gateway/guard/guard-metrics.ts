import { metricDefinitions } from '../metrics/definitions.ts';
import { ReadMetric } from '../metrics/read-metric.ts';
import type { GatewayGuard } from './gateway-guard.ts';
import type { GuardCounter } from './guard-counter.ts';
import type { ReleaseJudge } from './release-judge.ts';

const { guard: defined } = metricDefinitions;

/** What is said of this process's own guard of canaries. */
export function guardMetrics(guard: GatewayGuard): ReadMetric[] {
  const each = (value: (judge: ReleaseJudge, counter: GuardCounter) => number) => () =>
    [...guard.judges].flatMap((judge) =>
      judge.counters.map(
        (counter) => [{ model: judge.judged.model, guard: counter.name }, value(judge, counter)] as const,
      ),
    );
  return [
    new ReadMetric(
      defined.evidence,
      each((judge, counter) => counter.verdict(judge.canaryRequests).eValue),
    ),
    new ReadMetric(
      defined.limit,
      each((_, { limits }) => 1 / limits.alpha),
    ),
    new ReadMetric(
      defined.judging,
      each(({ slot }, { full }) => (slot !== null && !full ? 1 : 0)),
    ),
    new ReadMetric(defined.slots, () =>
      [...guard.judges].map(({ judged, slot }) => [{ model: judged.model }, slot === null ? 0 : 1]),
    ),
    new ReadMetric(defined.rollbacks, () => [...guard.takenOut].map(([model, times]) => [{ model }, times])),
  ];
}
