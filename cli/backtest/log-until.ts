import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { cutAt, inOrderOfTime } from '../../policy/release/observe/rows-until.ts';
import { observeRelease } from '../../policy/release/observe/observe.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import type { LogQueries } from '../../ports/prediction-log/queries-port.ts';

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
export async function logUntil(
  log: Pick<LogQueries, 'columns'>,
  window: Omit<ReleaseWindow, Moving>,
  ages: boolean,
): Promise<LogUntil> {
  const read = await log.columns(window);
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
