import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { CompactCache } from '../../ports/prediction-log/column-cache.ts';
import { cutAt, inOrderOfTime } from '../../policy/release/observe/rows-until.ts';
import { observeRelease } from '../../policy/release/observe/observe.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import { columnsToRead } from '../../policy/release/observe/columns-to-read.ts';
import { SegmentIndex, type LogStore } from '../../ports/prediction-log/segment-index.ts';

type Moving = 'stepSince' | 'bakeStarts' | 'matureBefore';

export interface LogUntil {
  /** Of the model since the release began, of any release. */
  readonly rows: number;
  /** What rows before `at` say. */
  observe(at: number, moving: Pick<ReleaseWindow, Moving>): ReleaseObservation;
  /** Requests before `at` that the candidate answered with an error, those left out as warm-up too. */
  errorsUntil(at: number): number;
}

/** The sealed log of a release, to be looked at as it was at any moment, by the times of its rows. `ages`: whether labels must be of an age. */
export async function logUntil(store: LogStore, window: Omit<ReleaseWindow, Moving>, ages: boolean): Promise<LogUntil> {
  const stored = await new SegmentIndex(store, Infinity).since(window.model, window.since);
  const read = await new CompactCache(store, Infinity).read(stored, columnsToRead(window));
  const segments = read.map(inOrderOfTime);
  const until = (at: number) => segments.map((segment) => cutAt(segment, at)).filter(({ rows }) => rows > 0);
  const observeAt = (at: number, moving: Pick<ReleaseWindow, Moving>, skip = window.skip): ReleaseObservation =>
    observeRelease({ ...window, ...moving, skip }, until(at));
  let last: { readonly asked: string; readonly seen: ReleaseObservation } | null = null;
  return {
    rows: segments.reduce((sum, { rows }) => sum + rows, 0),
    observe(at, moving) {
      const rows = until(at).reduce((sum, segment) => sum + segment.rows, 0);
      // In a quiet time nothing changes but the age of what is there.
      const asked = JSON.stringify([rows, { ...moving, ...(ages ? {} : { matureBefore: 0 }) }]);
      if (last?.asked !== asked) last = { asked, seen: observeAt(at, moving) };
      return last.seen;
    },
    errorsUntil: (at) => observeAt(at, { stepSince: 0, bakeStarts: [], matureBefore: 0 }, []).arms.canary.errors,
  };
}
