import type { Deployment } from '../../../contracts/release/deployment.ts';
import type { Window } from '../../../ports/metric-source/port.ts';

/** A window in which the canary had `share` of the traffic; null where nothing is compared. */
export interface SharedWindow extends Window {
  readonly share: number | null;
}

/** What of a release's history is asked for; times in whole milliseconds since the epoch. */
export interface WindowsQuestion {
  /** Value of the record's `release`. */
  readonly holder: string;
  /** Times that are left out. */
  readonly skip: readonly Window[];
  /** When the present phase or step began: no window reaches over it. */
  readonly since: number;
  /** Now: the end of what has no other end. */
  readonly until: number;
}

/**
 * The stretches of constant share of a release, from the states of the deployment record, oldest first: consecutive, and few. Shares
 * of 0 and 1 and what is left out have none, and lie only between stretches that have one. Empty while nothing is compared.
 */
export function sharedWindows(
  history: readonly Deployment[],
  { holder, skip, since, until }: WindowsQuestion,
): SharedWindow[] {
  const stretches = history.flatMap(({ release, canary, at }, index): SharedWindow[] => {
    if (release !== holder || canary === null || canary.share <= 0 || canary.share >= 1) return [];
    const next = history[index + 1];
    const to = Math.min(until, next === undefined ? until : Date.parse(next.at));
    return [{ from: Date.parse(at), to, share: canary.share }];
  });
  const shareAt = (time: number): number | null =>
    skip.some(({ from, to }) => time >= from && time < to)
      ? null
      : (stretches.find(({ from, to }) => time >= from && time < to)?.share ?? null);
  const ends = [...stretches, ...skip].flatMap(({ from, to }) => [from, to]);
  const cuts = [...new Set([...ends, since])].filter((time) => time <= until).toSorted((a, b) => a - b);
  const windows = cuts.slice(1).map((to, index) => {
    const from = cuts[index] ?? to;
    return { from, to, share: shareAt(from) };
  });
  return merged(windows, since);
}

/**
 * The same windows without `settleMs` at both ends of each that has a share. Over these the counts of an arm begin and end within
 * what the counts of another, over the wide ones, are of: an outage of both at an end is counted on the wide side at least.
 */
export function narrowed(windows: readonly SharedWindow[], settleMs: number): SharedWindow[] {
  const parts = windows.flatMap(({ from, to, share }): SharedWindow[] =>
    share === null || to - from <= 2 * settleMs
      ? [{ from, to, share: null }]
      : [
          { from, to: from + settleMs, share: null },
          { from: from + settleMs, to: to - settleMs, share },
          { from: to - settleMs, to, share: null },
        ],
  );
  return merged(parts, null);
}

/** Neighbours of one share are one window, but for those that meet at `kept`; what has no share is cut off at both ends. */
function merged(windows: readonly SharedWindow[], kept: number | null): SharedWindow[] {
  const joined: SharedWindow[] = [];
  for (const window of windows.filter(({ from, to }) => to > from)) {
    const before = joined.at(-1);
    if (before !== undefined && before.share === window.share && (window.share === null || window.from !== kept))
      joined[joined.length - 1] = { ...before, to: window.to };
    else joined.push(window);
  }
  const hasShare = ({ share }: SharedWindow): boolean => share !== null;
  return joined.slice(Math.max(0, joined.findIndex(hasShare)), joined.findLastIndex(hasShare) + 1);
}
