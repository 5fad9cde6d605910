import type { Arm } from '../../../contracts/release/arm.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { MissingMetricsError } from '../../../contracts/errors.ts';
import {
  metricKinds,
  type EventCounts,
  type MetricKind,
  type ObservedMetrics,
} from '../../../contracts/evidence/release.ts';
import type { ArmIncrements, CountsByArm, CountsQuery, MetricSource } from '../../../ports/metric-source/port.ts';
import { narrowed, type SharedWindow } from './metric-windows.ts';

export interface MetricsQuestion extends Pick<CountsQuery, 'champion' | 'canary'> {
  /** Of `sharedWindows`. */
  readonly windows: readonly SharedWindow[];
  /** When the present phase or step began, milliseconds since the epoch. */
  readonly since: number;
  /** Of `startsOfBake`; empty before the bake. */
  readonly bakeStarts: readonly number[];
  readonly until: number;
  /** Milliseconds after which a source that has not answered counts as missing. */
  readonly patienceMs: number;
}

/**
 * What a metric source says about a release, all that its guards are judged by; null where it knows none of their kinds of event. Of
 * the canary a little less time is counted than of the champion (`narrowed`), which speaks for the canary; for `proof` it is the other
 * way round, and trials are counted over the narrower windows of both. A kind without an answer is
 * missing, also if the others are known. Throws what no retry helps with (`PawlError`).
 */
export async function askMetrics(source: MetricSource, question: MetricsQuestion): Promise<ObservedMetrics | null> {
  const asked = metricKinds.filter((kind) => source.events.includes(kind));
  if (asked.length === 0) return null;
  const { windows, since, bakeStarts, until } = question;
  const answers = await Promise.all(asked.map((kind) => askKind(source, kind, question)));
  const [answered] = answers.flatMap(({ counts }) => counts ?? []);
  const eventsOf = (armsOf: (counts: KindCounts) => WindowsByArm, from: number) =>
    Object.fromEntries(
      answers.flatMap(({ kind, counts }) =>
        counts === null ? [] : [[kind, sums(armsOf(counts), ({ events }) => events, from)]],
      ),
    );
  const requestsOf = (armsOf: (counts: KindCounts) => WindowsByArm, from: number): EventCounts[] =>
    answered === undefined ? [] : sums(armsOf(answered), ({ requests }) => requests, from);
  return {
    asked,
    events: eventsOf(forCanary, -Infinity),
    bake: bakeStarts.map((start, index) => eventsOf((counts) => forCanary(counts.late[index] ?? counts), start)),
    requests: requestsOf(forCanary, -Infinity),
    proof: { events: eventsOf(againstCanary, -Infinity), requests: requestsOf(ofTrials, -Infinity) },
    stepRequests:
      answered === undefined ? null : requestsOf(forCanary, since).reduce((sum, { canary }) => sum + canary, 0),
    from: windows[0]?.from ?? until,
    to: windows.at(-1)?.to ?? until,
    missing: [...new Set(answers.flatMap(({ missing }) => missing ?? []))].join('; ') || null,
  };
}

/** Counts over the windows, and over the narrower ones. */
interface WindowCounts {
  readonly wide: readonly Counted[];
  readonly narrow: readonly Counted[];
}

interface KindCounts extends WindowCounts {
  /** By start of the bake: the same since then. */
  readonly late: readonly WindowCounts[];
}
/** What is counted of each arm. */
type WindowsByArm = Readonly<Record<Arm, readonly Counted[]>>;
type Counted = readonly [SharedWindow, CountsByArm];

const forCanary = (counts: WindowCounts): WindowsByArm => ({ champion: counts.wide, canary: counts.narrow });
const againstCanary = (counts: KindCounts): WindowsByArm => ({ champion: counts.narrow, canary: counts.wide });
const ofTrials = (counts: KindCounts): WindowsByArm => ({ champion: counts.narrow, canary: counts.narrow });

interface KindAnswer {
  readonly kind: MetricKind;
  readonly counts: KindCounts | null;
  readonly missing: string | null;
}

async function askKind(source: MetricSource, kind: MetricKind, question: MetricsQuestion): Promise<KindAnswer> {
  const { champion, canary, windows, bakeStarts, patienceMs } = question;
  const count = async (over: readonly SharedWindow[]): Promise<Counted[]> => {
    const counts = await source.counts({
      event: kind,
      champion,
      canary,
      windows: over.map(({ from, to }) => ({ from, to })),
    });
    return counts.flatMap((one, index): Counted[] => {
      const window = over[index];
      return window === undefined ? [] : [[window, one]];
    });
  };
  const countBoth = async (over: readonly SharedWindow[]): Promise<WindowCounts> => {
    const within = narrowed(over, source.settleMs);
    if (within.length === 0) return { wide: [], narrow: [] };
    const [wide, narrow] = await Promise.all([count(over), count(within)]);
    return { wide, narrow };
  };
  try {
    const both = Promise.all([windows, ...bakeStarts.map((start) => windowsFrom(windows, start))].map(countBoth));
    const [all = { wide: [], narrow: [] }, ...late] = await inTime(both, patienceMs);
    return { kind, counts: { ...all, late }, missing: null };
  } catch (error) {
    if (!(error instanceof MissingMetricsError)) throw error;
    return { kind, counts: null, missing: error.message };
  }
}

/** A start in the midst of a window begins it: cut there, both would lose what lies between the samples around it. */
const windowsFrom = (windows: readonly SharedWindow[], start: number): SharedWindow[] =>
  windows.filter(({ to }) => to > start).map((window) => ({ ...window, from: Math.max(window.from, start) }));

/** An analysis must end though the source does not: the deadline of the release is judged after it. */
async function inTime<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  const ended = new AbortController();
  const overdue = delay(patienceMs, undefined, { signal: ended.signal }).then(() => {
    throw new MissingMetricsError(`the metric source gave no answer within ${patienceMs} ms: look at its load`);
  });
  try {
    return await Promise.race([answer, overdue]);
  } finally {
    ended.abort();
  }
}

/** By share, ascending, of the windows from `from` on. */
function sums(byArm: WindowsByArm, countOf: (arm: ArmIncrements) => number, from: number): EventCounts[] {
  const byShare = new Map<number, EventCounts>();
  for (const arm of ['champion', 'canary'] as const)
    for (const [window, arms] of byArm[arm]) {
      if (window.share === null || window.from < from) continue;
      const { share } = window;
      const sum = byShare.get(share) ?? { share, champion: 0, canary: 0 };
      byShare.set(share, { ...sum, [arm]: sum[arm] + countOf(arms[arm]) });
    }
  return [...byShare.values()].toSorted((a, b) => a.share - b.share);
}
