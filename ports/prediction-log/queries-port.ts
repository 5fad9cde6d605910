import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { ValueRange } from '../../contracts/evidence/values.ts';
import type { GroupedAttribute } from '../../contracts/release/group-window.ts';
import type { SegmentWindow } from '../../contracts/release/segment-window.ts';
import type { CompactSegment } from '../../policy/release/observe/log-columns.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import type { TrafficCounts } from '../../policy/release/plan/choose-traffic.ts';

/** A value as JSON holds it. */
export type PlainValue =
  | null
  | string
  | number
  | boolean
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

export interface LogScope {
  readonly models: readonly string[];
  /** Records at or after it, milliseconds since the epoch. */
  readonly since: number;
  /** LabelSpace whose labels the query reads (`label-codes.ts`). @default it reads none */
  readonly labelSpace?: LabelSpace;
  /** What the query finds as `getvariable('name')`. @default nothing */
  readonly variables?: Readonly<Record<string, string | number | readonly string[]>>;
}

/** The query cannot be asked: it is not SQL, names what is not there, or does something else than read. */
export class LogQueryError extends Error {
  override readonly name = 'LogQueryError';
}

export interface LogAnswer {
  readonly columns: readonly string[];
  /** Rows a few thousand at a time. */
  readonly batches: AsyncIterable<readonly (readonly PlainValue[])[]>;
}

export interface TrafficWindow extends Omit<LogScope, 'models' | 'labelSpace' | 'variables'> {
  readonly model: string;
  /** End of what is measured, milliseconds since the epoch. */
  readonly now: number;
  readonly slowMs: number;
  readonly labelSpace: LabelSpace;
  /** Versions whose answers to mirrored requests are not compared with the champion's, such as those that were rolled back. @default none */
  readonly without?: readonly number[];
  /** Attributes whose groups are counted. @default none */
  readonly attributes?: readonly GroupedAttribute[];
  /** Range within which values are counted. @default they are not */
  readonly values?: ValueRange;
  /** Keys with a probability in it are counted, and those with an answer without one in [0, 1]. @default neither */
  readonly band?: ScoreBand;
  /** Segments whose keys are counted. @default none */
  readonly segments?: SegmentWindow;
}

/** Both ends are in it; where `from` is above `to` nothing is. */
export interface ScoreBand {
  readonly from: number;
  readonly to: number;
}

export type ColumnsWindow = Pick<
  ReleaseWindow,
  'model' | 'since' | 'labelSpace' | 'groups' | 'segments' | 'scores' | 'scoreEvents' | 'values' | 'mirrors'
>;

/** What people ask of the prediction log. */
export interface LogQueries {
  /**
   * Asks the view `log`: `logColumns`, `inputs` and `outputs` as JSON, and `time`, the moment `at` as a timestamp. Segments in the store
   * are joined by those of this machine that are not there yet, so that a request is found as soon as it is on disk, and once.
   * The query is one SELECT, reads nothing but the log and cannot write. Throws `LogQueryError`.
   */
  query<T>(
    scope: LogScope,
    sql: string,
    parameters: readonly string[],
    take: (answer: LogAnswer) => Promise<T>,
  ): Promise<T>;
  /** Measures the requests that the champion's arm answered since `since`, as far as the log is there; null where there is none. */
  measureTraffic(window: TrafficWindow): Promise<TrafficCounts | null>;
  /** Columns of the segments in the store with records at or after `since`; none is left out for want of memory. */
  columns(window: ColumnsWindow): Promise<CompactSegment[]>;
}
