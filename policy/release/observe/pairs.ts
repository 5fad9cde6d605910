import type { Agreement } from '../../../contracts/evidence/groups.ts';
import type { PairedKeys, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { AgreementCounter } from './agreement.ts';
import { scoreOf } from './answer-losses.ts';
import { numberAt, type EarliestRows } from './earliest-rows.ts';
import { GroupCounter } from './groups.ts';
import { LabelDelayCounter } from './label-delays.ts';
import { addPair, noLosses } from './paired-counts.ts';
import { pairLosses, rowsOfRequest, type PairLoss, type PairLosses } from './pair-losses.ts';
import { rateLosses } from './rate-losses.ts';
import type { ReleaseWindow } from './release-window.ts';
import { dropRow, feedbackRow, mirrorRow, misfitRow, type CompactSegment } from './log-columns.ts';
import { hasFailed, labelOf, rowWithId, type RowOf } from './row-with-id.ts';

/** Requests that both versions answered, and the keys by the first of theirs. */
export class PairCounter {
  /** `errors` and `slow` are the canary's. */
  readonly mirrored = { requests: 0, errors: 0, slow: 0, agree: 0 };
  readonly keys = { keys: 0, errors: { champion: 0, canary: 0 }, slow: { champion: 0, canary: 0 } };
  readonly paired: PairedKeys;
  readonly mature: PairedKeys;
  readonly #window: ReleaseWindow;
  readonly #rows: EarliestRows;
  readonly #segments: readonly CompactSegment[];
  readonly #agreement: AgreementCounter;
  readonly #groups: GroupCounter | null;
  readonly #delays: LabelDelayCounter;
  /** Null where answers are right or wrong. */
  readonly #losses: PairLosses | null;

  constructor(
    window: ReleaseWindow,
    rows: EarliestRows,
    segments: readonly CompactSegment[],
    delays = new LabelDelayCounter(),
  ) {
    this.#delays = delays;
    this.#window = window;
    this.#rows = rows;
    this.#segments = segments;
    this.#agreement = new AgreementCounter(window.scores ?? false);
    const { labelSpace, errorCap = 1 } = window;
    const byRate = rateLosses(labelSpace, errorCap);
    this.#groups = window.groups === undefined || byRate === null ? null : new GroupCounter(window.groups, byRate);
    this.#losses = pairLosses(labelSpace, errorCap);
    this.paired = noKeys(this.#losses);
    this.mature = noKeys(this.#losses);
  }

  agreement(): Agreement {
    return this.#agreement.counts();
  }

  groups(): Pick<ReleaseObservation, 'groups'> {
    return this.#groups === null ? {} : { groups: this.#groups.counts() };
  }

  /** Counts a request, where there is a mirror that the other version answered, and says whether there is. */
  addRequest(segment: CompactSegment, row: number): boolean {
    const pair = this.#pairOf(segment, row);
    if (pair === null) return false;
    const { champion, canary } = pair;
    this.mirrored.requests += 1;
    if (hasFailed(canary)) this.mirrored.errors += 1;
    if (this.#isSlow(canary)) this.mirrored.slow += 1;
    const label = answerOf(champion);
    if (label !== null && answerOf(canary) !== null && this.#isSame(pair)) this.mirrored.agree += 1;
    return true;
  }

  /** Counts a key by its first request that both versions answered. */
  addKey(segment: CompactSegment, row: number): void {
    const pair = this.#pairOf(segment, row);
    if (pair === null) return;
    this.keys.keys += 1;
    for (const arm of ['champion', 'canary'] as const) {
      if (hasFailed(pair[arm])) this.keys.errors[arm] += 1;
      if (this.#isSlow(pair[arm])) this.keys.slow[arm] += 1;
    }
    const [champion, canary] = [answerOf(pair.champion), answerOf(pair.canary)];
    this.#agreement.add(champion, canary, this.#isSame(pair), () => [scoreOf(pair.champion), scoreOf(pair.canary)]);
    const both = champion === null || canary === null ? null : { champion, canary };
    // What is not a number has no label, and is a loss.
    const isAnswered = this.#losses === null ? both !== null : !hasFailed(pair.champion) && !hasFailed(pair.canary);
    const truth = this.#sameId(feedbackRow, segment, row);
    const isMature = numberAt(segment.at, row) < this.#window.matureBefore;
    if (this.#isJudged(pair.champion) && this.#isJudged(pair.canary))
      this.#groups?.add(segment, row, { ...pair, truth }, isMature);
    if (!isAnswered) return;
    const label = truth === null ? null : labelOf(truth);
    if (truth !== null) this.#delays.add({ segment, row }, truth);
    const all = isMature ? [this.paired, this.mature] : [this.paired];
    if (this.#losses !== null) {
      const lost = this.#lossOf(segment, row);
      for (const counts of all) addLoss(counts, lost);
    }
    if (this.#losses === null && both !== null)
      for (const counts of all) addLabel(counts, both.champion, both.canary, label);
  }

  /** Whether an answer can be right or wrong, or lose: of classes one with a label, or that failed. */
  #isJudged(answer: RowOf): boolean {
    return this.#losses !== null || hasFailed(answer) || labelOf(answer) !== null;
  }

  /** Whether the mirrored request was dropped, and not answered later either. */
  isDropped(segment: CompactSegment, row: number): boolean {
    return this.#sameId(dropRow, segment, row) !== null || this.#sameId(misfitRow, segment, row) !== null;
  }

  /** Counts a key all of whose mirrors were dropped, by the first of their requests: it is missing in all that is asked of pairs. */
  addDroppedKey(segment: CompactSegment, row: number): void {
    this.paired.dropped += 1;
    const isMature = numberAt(segment.at, row) < this.#window.matureBefore;
    if (isMature) this.mature.dropped += 1;
    this.#groups?.addDropped(segment, row, isMature);
    this.#agreement.add(null, null, false, () => [NaN, NaN]);
  }

  /** What both versions lost on the request of the row; null where answers are right or wrong. */
  #lossOf(segment: CompactSegment, row: number): PairLoss {
    if (this.#losses === null) return null;
    const rows = this.#losses.ofRequest ? rowsOfRequest(segment, row) : [{ segment, row }];
    return this.#losses.lossOf(
      rows.flatMap((one) => {
        const pair = this.#pairOf(one.segment, one.row);
        return pair === null ? [] : [{ ...pair, truth: this.#sameId(feedbackRow, one.segment, one.row) }];
      }),
    );
  }

  /** Whether both answers say the same as far as it matters: one label, or numbers that are near. */
  #isSame({ champion, canary }: { champion: RowOf; canary: RowOf }): boolean {
    if (this.#window.labelSpace.kind === 'classes') return labelOf(champion) === labelOf(canary);
    return Math.abs(scoreOf(canary) - scoreOf(champion)) <= (this.#window.sameWithin ?? 0);
  }

  #pairOf(segment: CompactSegment, row: number): { champion: RowOf; canary: RowOf } | null {
    const mirror = this.#sameId(mirrorRow, segment, row);
    if (mirror === null || mirror.segment.version[mirror.row] === segment.version[row]) return null;
    const prediction = { segment, row };
    const ofCanary = segment.version[row] === this.#window.canary;
    return ofCanary ? { champion: mirror, canary: prediction } : { champion: prediction, canary: mirror };
  }

  #isSlow({ segment, row }: RowOf): boolean {
    return numberAt(segment.ms, row) > this.#window.slowMs;
  }

  /** The row of that kind with the same id. */
  #sameId(kind: number, of: CompactSegment, row: number): RowOf | null {
    return rowWithId(this.#rows, this.#segments, kind, { segment: of, row });
  }
}

/** The label; null where there is none, or an error. */
const answerOf = (answer: RowOf): string | null => (hasFailed(answer) ? null : labelOf(answer));

const noKeys = (losses: PairLosses | null): PairedKeys => ({
  labels: 0,
  missing: 0,
  dropped: 0,
  championRight: 0,
  canaryRight: 0,
  worse: 0,
  better: 0,
  ...(losses === null ? {} : { losses: { ...noLosses(), ...losses.scale } }),
});

function addLoss(counts: PairedKeys, lost: PairLoss): void {
  if (lost === 'missing') counts.missing += 1;
  else if (lost !== null) addPair(counts, lost);
}

function addLabel(counts: PairedKeys, champion: string, canary: string, label: string | null): void {
  if (label === null) {
    counts.missing += 1;
    return;
  }
  const [championRight, canaryRight] = [champion === label, canary === label];
  counts.labels += 1;
  if (championRight) counts.championRight += 1;
  if (canaryRight) counts.canaryRight += 1;
  if (championRight && !canaryRight) counts.worse += 1;
  if (!championRight && canaryRight) counts.better += 1;
}
