import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Corrections } from '../../contracts/serving/corrections.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { RankedRequests } from '../../contracts/evidence/monitor.ts';
import type { LabelDelay, ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { Frame } from '../../contracts/data/frame.ts';

export interface LiveWindow {
  readonly model: string;
  readonly from: number;
  readonly to: number;
  /** Feature columns to read. */
  readonly columns: readonly string[];
  /** Labels that are none of them are set aside. */
  readonly labelSpace: LabelSpace;
  /** Requests that other versions answered are left out. @default none */
  readonly version?: number;
  /** Which of several labels of a request counts. @default first */
  readonly corrections?: Corrections;
  /** How far the time that feedback names may lie from that of its request, in milliseconds. @default 1,000 */
  readonly toleranceMs?: number;
}

export interface LiveWindowData {
  readonly requests: number;
  readonly errors: number;
  /** Inputs of the answered requests. */
  readonly inputs: Frame;
  /** By column that some versions that answered do not take, the rows of `inputs` of those that have it. */
  readonly read: Readonly<Record<string, Int32Array>>;
  /** Number of the key of each answered request, from 0. */
  readonly keys: Int32Array;
  /** Of the requests whose label came back, the number of the key; of a ranking of those that can be judged, not of their rows. */
  readonly labelledKeys: Int32Array;
  /** Of those 1 where the prediction was right; empty where labels are numbers. */
  readonly right: Uint8Array;
  /** Of those how far the number was from the label, not a number where none was answered; empty where labels are classes or grades. */
  readonly distances: Float64Array;
  /** Of a ranking, by those requests the NDCG; absent of other tasks. */
  readonly ranked?: Pick<RankedRequests, 'ordered' | 'irrelevant'> & { readonly ndcg: Float64Array };
  /** Of the answered requests whose label has not come back. */
  readonly unlabelledKeys: Int32Array;
  /** How long after their requests labels came, by what they say; the most frequent label first. */
  readonly labelDelays: LabelDelay[];
}

/**
 * Reads what the gateways handed over. What it answers depends neither on the order of the records nor on their cut into segments, and
 * records that came twice count once. Throws `MemoryBudgetError`.
 */
export interface PredictionLog {
  observe(window: ReleaseWindow): Promise<ReleaseObservation>;
  live(window: LiveWindow): Promise<LiveWindowData>;
}

export interface SealedLog {
  /** Digest of the framed file. */
  readonly source: Digest;
  /** Of the Parquet file. */
  readonly rows: number;
  /** Of the rows, milliseconds since the epoch, inclusive. */
  readonly from: number;
  readonly to: number;
}

/** Turns framed segments of the prediction log into Parquet, outside the process that serves. */
export interface SegmentSealer {
  /**
   * Writes `parquet`, which is on disk when it ends; one that stood there is replaced. Equal frames give equal rows. Throws
   * `CorruptArtifactError`, which names the file, where `framed` does not consist of whole frames, and
   * `SegmentMemoryError` where its rows need more memory than sealing has; every other error can be retried.
   */
  seal(framed: string, parquet: string): Promise<SealedLog>;
  close(): Promise<void>;
}
