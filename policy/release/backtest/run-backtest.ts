import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { createRandom } from '../../../ml/random.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import { incidentsFor } from './incidents.ts';
import { type Incident } from './incident.ts';
import { playRelease, type Play, type PlayOutcome } from './play-release.ts';

/** Nearest ranks; null of nothing. */
export interface Quantiles {
  readonly p05: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
}

export interface IncidentResult {
  readonly incident: string;
  readonly kind: Incident['kind'];
  readonly repeats: number;
  /** Releases by what became of them; they add up to `repeats`. */
  readonly outcomes: Readonly<Record<PlayOutcome, number>>;
  /** Releases that were rolled back or paused, by what did it; one may be counted under several. */
  readonly stoppedBy: Readonly<Record<string, number>>;
  /** Hours from the start of the harm until it was rolled back or paused, of those that were. */
  readonly delayHours: Quantiles | null;
  /** Requests that the candidate answered badly in the harm's way before it ended, of releases in which the harm began. */
  readonly bad: Quantiles | null;
  /** Hours that releases took that passed. */
  readonly passedHours: Quantiles | null;
}

/** Each incident has so many streams of chance. */
export const mostRepeats = 65_536;

/** What a backtest is asked, as plain data: threads get it. */
export interface BacktestQuestion {
  readonly policy: ReleasePolicy;
  readonly traffic: DeclaredTraffic;
  /** From 1 to `mostRepeats`. */
  readonly repeats: number;
  readonly seed: number;
}

/**
 * Plays one of the incidents of `incidentsFor` so often as asked. Equal questions have equal answers. Throws RangeError where
 * there is no such incident.
 */
export function runIncident(
  { policy, traffic, repeats, seed }: BacktestQuestion,
  place: number,
  guards: readonly GuardDefinition[] = allGuards,
): IncidentResult {
  const incident = incidentsFor(policy, traffic, guards).incidents[place];
  if (incident === undefined) throw new RangeError(`there is no incident ${place}`);
  return summarize(
    incident,
    Array.from({ length: repeats }, (_, repeat) =>
      playRelease(policy, incident, traffic, createRandom(seed, place * mostRepeats + repeat), guards),
    ),
  );
}

/** Share in [0, 1] of a harmless candidate's releases that were rolled back or paused. */
export const falseAlarms = ({ outcomes, repeats }: IncidentResult): number =>
  (outcomes.rolledBack + outcomes.paused) / repeats;

/** Share in [0, 1] of a harmful candidate's releases that passed. */
export const missed = ({ outcomes, repeats }: IncidentResult): number => outcomes.passed / repeats;

function summarize({ name, kind }: Incident, plays: readonly Play[]): IncidentResult {
  const outcomes = { passed: 0, held: 0, paused: 0, rolledBack: 0 };
  const stoppedBy: Record<string, number> = {};
  for (const { outcome, by } of plays) {
    outcomes[outcome] += 1;
    if (isStop(outcome)) for (const one of by) stoppedBy[one] = (stoppedBy[one] ?? 0) + 1;
  }
  const delays = plays.flatMap(({ outcome, delayHours }) => (isStop(outcome) ? (delayHours ?? []) : []));
  const bad = plays.flatMap(({ delayHours, bad: count }) => (delayHours === null ? [] : count));
  const passed = plays.flatMap(({ outcome, hours }) => (outcome === 'passed' ? hours : []));
  return {
    incident: name,
    kind,
    repeats: plays.length,
    outcomes,
    stoppedBy,
    delayHours: quantilesOf(delays),
    bad: quantilesOf(bad),
    passedHours: quantilesOf(passed),
  };
}

const isStop = (outcome: PlayOutcome): boolean => outcome === 'rolledBack' || outcome === 'paused';

function quantilesOf(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p05: at(0.05), p25: at(0.25), median: at(0.5), p75: at(0.75), p95: at(0.95) };
}
