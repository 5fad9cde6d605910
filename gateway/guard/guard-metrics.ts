import { Gauge, ReadCounter } from '../metrics/gauge.ts';
import type { GatewayGuard } from './gateway-guard.ts';
import type { GuardTally } from './guard-tally.ts';
import type { ReleaseJudge } from './release-judge.ts';

/** What is said of this process's own guard of canaries. */
export function guardMetrics(guard: GatewayGuard): (Gauge | ReadCounter)[] {
  const each = (value: (judge: ReleaseJudge, tally: GuardTally) => number) => () =>
    [...guard.judges].flatMap((judge) =>
      judge.tallies.map((tally) => [{ model: judge.judged.model, guard: tally.name }, value(judge, tally)] as const),
    );
  return [
    new Gauge(
      'pawl_gateway_guard_evidence',
      'Evidence of this process against the canary; it is taken out at pawl_gateway_guard_limit.',
      each((judge, tally) => tally.verdict(judge.canaryRequests).eValue),
    ),
    new Gauge(
      'pawl_gateway_guard_limit',
      'Evidence at which the canary is taken out.',
      each((_, { limits }) => 1 / limits.alpha),
    ),
    new Gauge(
      'pawl_gateway_guard_judging',
      '1 while this process judges the canary; 0 where it holds no slot, or too many keys had events.',
      each(({ slot }, { full }) => (slot !== null && !full ? 1 : 0)),
    ),
    new Gauge(
      'pawl_gateway_guard_slots',
      'Slots of the running releases that are held by these processes.',
      () => [...guard.judges].map(({ judged, slot }) => [{ model: judged.model }, slot === null ? 0 : 1]),
      'sum',
    ),
    new ReadCounter('pawl_gateway_guard_rollbacks_total', 'Canaries that the guard of the gateways took out.', () =>
      [...guard.takenOut].map(([model, times]) => [{ model }, times]),
    ),
  ];
}
