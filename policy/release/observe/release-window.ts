import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Corrections } from '../../../contracts/serving/corrections.ts';
import type { MirrorRecord } from '../../../contracts/release/mirrored-requests.ts';
import type { Deployment } from '../../../contracts/release/deployment.ts';
import type { ValueRange } from '../../../contracts/evidence/values.ts';
import type { GroupWindow } from '../../../contracts/release/group-window.ts';
import type { SegmentWindow } from '../../../contracts/release/segment-window.ts';

export interface ReleaseWindow {
  readonly model: string;
  /** Value of the deployment record's `release` in the records that count. */
  readonly release: string;
  readonly champion: number | null;
  readonly canary: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly stepSince: number;
  /** From when on to count the bake's events, each time by itself, ascending; empty before the bake. */
  readonly bakeStarts: readonly number[];
  /** Times, from inclusive and to exclusive, whose requests are left out, whoever answered them: warm-up. */
  readonly skip: readonly { readonly from: number; readonly to: number }[];
  /** Requests that came before are as old as labels need, milliseconds since the epoch. */
  readonly matureBefore: number;
  readonly slowMs: number;
  /** Labels that are none of them are set aside. */
  readonly labelSpace: LabelSpace;
  /** What errors of numbers are bounded by. @default 1, which says nothing of classes */
  readonly errorCap?: number;
  /** Numbers are the same where they differ by at most this. @default 0 */
  readonly sameWithin?: number;
  /** Between which ranges of numbers are told apart, ascending. @default all numbers are in one */
  readonly predictionEdges?: readonly number[];
  /** Whether to count what is predicted, by label or range. @default false */
  readonly mix?: boolean;
  /** Whose groups to count; reading inputs costs time, so it is said. @default none */
  readonly groups?: GroupWindow;
  /** Which segments of the traffic to count; as with groups. @default none */
  readonly segments?: SegmentWindow;
  /** Whether to compare probabilities. @default false */
  readonly scores?: boolean;
  /** Band of probabilities, inclusive; whether to count answers in it, and answers without one in [0, 1]. @default not */
  readonly scoreEvents?: { readonly from: number; readonly to: number };
  /** Which requests should have had a mirror by now; those that have none count as dropped. @default only noted ones do */
  readonly mirrors?: MirrorWindow;
  /** Whether to count the labels of live requests, by the version that answered. @default false */
  readonly liveLabels?: boolean;
  /** Which of several labels of a request counts. @default first */
  readonly corrections?: Corrections;
  /** How far the time that feedback names may lie from that of its request, in milliseconds. @default 1,000 */
  readonly toleranceMs?: number;
  /** Range within which to count what live answers were worth, by the version that answered. @default not */
  readonly values?: ValueRange;
}

/** By what it follows which requests of a release were mirrored. */
export interface MirrorWindow {
  /** The release's. */
  readonly salt: string;
  /** States of the deployment record that requests were routed by. */
  readonly records: readonly (MirrorRecord & Pick<Deployment, 'seq'>)[];
  /** Mirrored requests that came before have come if they ever do, milliseconds since the epoch. */
  readonly dueBefore: number;
}
