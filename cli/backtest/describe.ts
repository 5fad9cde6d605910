import {
  falseAlarms,
  missed,
  type IncidentResult,
  type Quantiles,
} from '../../policy/release/backtest/run-backtest.ts';
import { durationWords } from '../../policy/duration-words.ts';
import { roundedPercent, table } from '../output.ts';
import { trafficTable } from '../traffic-table.ts';
import type { PrintedBacktest } from './printed.ts';

/** The incidents for people: what became of the releases, how soon, and at what cost. */
export function describeIncidents({
  policy,
  traffic,
  incidents,
  leftOut,
  repeats,
  missedOften,
}: PrintedBacktest): string {
  return [
    `${repeats} releases of each incident, mode ${policy.mode}, alpha ${policy.alpha}`,
    trafficTable(policy, traffic),
    table(
      ['INCIDENT', 'PASSED', 'HELD', 'PAUSED', 'ROLLED BACK', 'DELAY', 'P95', 'BAD', 'P95', 'BY', 'VERDICT'],
      incidents.map(rowOf),
    ),
    [
      ...leftOut.map(({ incident, why }) => `left out: ${incident}: ${why}`),
      summaryOf(incidents),
      ...(missedOften.length === 0 ? [] : [`missed in more than 5 %: ${missedOften.join(', ')}`]),
    ].join('\n'),
  ].join('\n\n');
}

function rowOf(result: IncidentResult): string[] {
  const { incident, outcomes, repeats, delayHours, bad, stoppedBy, kind } = result;
  const share = (count: number): string => roundedPercent(count / repeats);
  const isHarm = kind === 'harmful';
  const count = (of: Quantiles | null, at: 'median' | 'p95'): string => (isHarm && of !== null ? String(of[at]) : '-');
  const hours = (at: 'median' | 'p95'): string => (isHarm && delayHours !== null ? durationWords(delayHours[at]) : '-');
  return [
    incident,
    share(outcomes.passed),
    share(outcomes.held),
    share(outcomes.paused),
    share(outcomes.rolledBack),
    hours('median'),
    hours('p95'),
    count(bad, 'median'),
    count(bad, 'p95'),
    Object.entries(stoppedBy)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 2)
      .map(([name]) => name)
      .join(', ') || '-',
    verdictOf(result),
  ];
}

function verdictOf(result: IncidentResult): string {
  switch (result.kind) {
    case 'harmless':
      return `false alarms ${roundedPercent(falseAlarms(result))}`;
    case 'harmful':
      return `missed ${roundedPercent(missed(result))}`;
    case 'unclear':
      return 'not judged';
  }
}

function summaryOf(incidents: readonly IncidentResult[]): string {
  const worst = (kind: IncidentResult['kind'], of: (result: IncidentResult) => number): string => {
    const shares = incidents.filter((one) => one.kind === kind).map(of);
    return shares.length === 0 ? 'none' : roundedPercent(Math.max(...shares));
  };
  return `false alarms: at most ${worst('harmless', falseAlarms)} of any harmless incident; missed: at most ${worst('harmful', missed)} of any harmful one`;
}
