import type { ReleasePolicy } from '../contracts/release/release-policy.ts';
import { durationWords } from '../policy/duration-words.ts';
import type { GuardDefinition } from '../policy/release/guards/guard.ts';
import { allGuards } from '../policy/release/guards/index.ts';
import type { SourcedTraffic, TrafficNumber } from '../policy/release/plan/choose-traffic.ts';
import { threeDigits } from '../policy/three-digits.ts';
import { table } from './output.ts';

/** The numbers of the traffic that the policy's guards depend on, and where each comes from. */
export function trafficTable(
  policy: ReleasePolicy,
  traffic: SourcedTraffic,
  definitions: readonly GuardDefinition[] = allGuards,
): string {
  const rate = ({ value }: TrafficNumber): string => `${threeDigits(100 * value)} %`;
  const count = ({ value }: TrafficNumber): string => threeDigits(value);
  const numbers: [name: string, value: string, from: TrafficNumber][] = [
    ['keys an hour', count(traffic.keysPerHour), traffic.keysPerHour],
    ['labels an hour', count(traffic.labelsPerHour), traffic.labelsPerHour],
    ['label delay', durationWords(traffic.labelDelayHours.value), traffic.labelDelayHours],
    ['errors', rate(traffic.errorRate), traffic.errorRate],
    [`slower than ${policy.guards.slowMs} ms`, rate(traffic.slowRate), traffic.slowRate],
    ['discordant', rate(traffic.discordantShare), traffic.discordantShare],
    ['champion wrong', rate(traffic.wrongRate), traffic.wrongRate],
  ];
  for (const { numbers: ofGuard } of definitions)
    for (const { name, value, from } of ofGuard?.(policy, traffic) ?? []) numbers.push([name, value, from]);
  return table(
    ['TRAFFIC', 'VALUE', 'FROM'],
    numbers.map(([name, value, number]) => [name, value, sourceOf(number)]),
  );
}

export const sourceOf = ({ from, note }: TrafficNumber): string => (note === '' ? from : `${from}: ${note}`);
