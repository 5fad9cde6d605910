import { positiveCode } from '../../../contracts/data/label-space.ts';
import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { defaultToleranceMs, joinAskedRequests } from './asked-requests.ts';
import { ArmCounter } from './arms.ts';
import { BakeCounter } from './bakes.ts';
import { DropCounter } from './dropped-mirrors.ts';
import { DueMirrors } from './due-mirrors.ts';
import { EarliestRows, numberAt, textAt } from './earliest-rows.ts';
import { EventCounter } from './events.ts';
import { InstanceCounter } from './instances.ts';
import { LabelDelayCounter } from './label-delays.ts';
import { LatencyCounter } from './latencies.ts';
import { LiveLabelCounter } from './live-labels.ts';
import { MissingInputCounter } from './missing-inputs.ts';
import { MixCounter } from './mix.ts';
import { PairCounter } from './pairs.ts';
import type { ReleaseWindow } from './release-window.ts';
import {
  feedbackRow,
  misfitRow,
  predictionRow,
  setAsideLabel,
  setAsideRow,
  valueRow,
  type CompactSegment,
} from './log-columns.ts';
import { rowWithId } from './row-with-id.ts';
import { ScoreCounter } from './scores.ts';
import { SegmentCounter } from './segments.ts';
import { armOf } from './arm.ts';
import { ValueCounter } from './values.ts';

/**
 * What a release's records say: a pure function of the set of records, in any order; of records with one id the
 * earliest counts. The arm is that of the version that answered, not the one in the log: during the bake the canary is the champion's arm.
 */
export function observeRelease(window: ReleaseWindow, read: readonly CompactSegment[]): ReleaseObservation {
  const segments = joinAskedRequests(window, read, window.toleranceMs ?? defaultToleranceMs);
  const { earliest: rows, setAside } = earliestRows(window, segments);
  const positive = positiveCode(window.labelSpace);
  const positives = positive === null ? null : codesOf(segments, positive);
  const arms = { champion: new ArmCounter(window.slowMs), canary: new ArmCounter(window.slowMs) };
  const events = new EventCounter(window, segments, rows.count);
  const bake = new BakeCounter(window, segments);
  const ofPairs = new LabelDelayCounter();
  const ofLive = new LabelDelayCounter();
  const pairs = new PairCounter(window, rows, segments, ofPairs);
  const parts = window.segments === undefined ? null : new SegmentCounter(window, window.segments, segments);
  const { scoreEvents } = window;
  const scores = scoreEvents === undefined ? null : new ScoreCounter(window, scoreEvents, segments);
  const drops = new DropCounter(segments);
  const due = window.mirrors === undefined ? null : new DueMirrors(window.mirrors);
  const instances = new InstanceCounter();
  let stepRequests = 0;
  for (const [number, marks] of rows.marks((kind) => Number(kind === predictionRow)).entries()) {
    const segment = segments[number];
    if (segment === undefined) continue;
    for (let row = 0; row < segment.rows; row += 1) {
      if (row % fetchedRows === 0) {
        rows.fetch(segment.idLow, row, Math.min(row + fetchedRows, segment.rows));
        events.fetch(segment.keyLow, row, Math.min(row + fetchedRows, segment.rows));
      }
      const arm = marks[row] === 1 ? armOf(window, numberAt(segment.version, row)) : null;
      if (arm === null) continue;
      const isPositive = positives === null ? null : segment.label[row] === positives[number];
      arms[arm].add(segment, row, isPositive);
      events.add(segment, row, number, arm, isPositive);
      bake.add(segment, row, number, arm);
      parts?.add(segment, row, number, arm, isPositive);
      scores?.add(segment, row, number, arm);
      if (arm === 'canary' && numberAt(segment.at, row) >= window.stepSince) stepRequests += 1;
      if (pairs.addRequest(segment, row)) events.addPair(segment, row, number);
      else if (pairs.isDropped(segment, row) || due?.isDue(segment, row) === true) drops.add(segment, row, number);
      instances.add(segment, row, arm);
    }
  }
  const labels = (window.liveLabels ?? false) ? new LiveLabelCounter(window, rows, segments, ofLive) : null;
  const values = window.values === undefined ? null : new ValueCounter(window, window.values, { rows, segments });
  const mix = (window.mix ?? false) ? new MixCounter(window.labelSpace, window.predictionEdges ?? []) : null;
  const latencies = new LatencyCounter();
  const firstEvents = events.count(
    (segment, row) => pairs.addKey(segment, row),
    (...key) => {
      latencies.add(...key);
      labels?.add(...key);
      values?.add(...key);
      mix?.add(...key);
    },
  );
  drops.forEachKey((segment, row) => {
    if (!events.hasPair(segment, row)) pairs.addDroppedKey(segment, row);
  });
  const paired = ofPairs.delays();
  const labelDelays = paired.length > 0 ? paired : ofLive.delays();
  return {
    arms: { champion: arms.champion.counts(), canary: arms.canary.counts() },
    stepRequests,
    events: firstEvents,
    mirrored: { ...pairs.mirrored, dropped: drops.requests },
    mirroredKeys: pairs.keys,
    bake: bake.counts(),
    paired: pairs.paired,
    mature: pairs.mature,
    agreement: pairs.agreement(),
    ...(labels === null ? {} : { labelled: labels.counts() }),
    ...(values === null ? {} : { values: values.counts() }),
    ...(mix === null ? {} : { mix: mix.counts() }),
    ...pairs.groups(),
    ...(parts === null ? {} : { segments: parts.counts() }),
    ...(scores === null ? {} : { scoreEvents: scores.counts() }),
    ...correctedOf(segments, rows),
    ...misfitsOf(segments, rows),
    latencies: latencies.counts(),
    instances: instances.counts(),
    ...(labelDelays.length === 0 ? {} : { labelDelays }),
    ...(setAside.labels + setAside.records === 0 ? {} : { setAside }),
  };
}

/**
 * Of the labels: how many say something else than the one of their request that counts, and how many requests have one that anybody may
 * have sent. Nothing where there are none.
 */
function correctedOf(
  segments: readonly CompactSegment[],
  rows: EarliestRows,
): Pick<ReleaseObservation, 'corrected' | 'unsigned'> {
  let corrected = 0;
  let unsigned = 0;
  for (const [number, segment] of segments.entries())
    for (let row = 0; row < segment.rows; row += 1) {
      if (segment.kind[row] !== feedbackRow || numberAt(segment.label, row) < 0) continue;
      const slot = rows.slotOf(feedbackRow, numberAt(segment.idHigh, row), numberAt(segment.idLow, row));
      const place = rows.numberAt(slot);
      const counting = segments[place];
      if (counting === undefined) continue;
      if (place === number && rows.rowAt(slot) === row) unsigned += segment.isError[row] === 1 ? 0 : 1;
      else if (textAt(counting.texts, counting.label, rows.rowAt(slot)) !== textAt(segment.texts, segment.label, row))
        corrected += 1;
    }
  return { ...(corrected === 0 ? {} : { corrected }), ...(unsigned === 0 ? {} : { unsigned }) };
}

/** Requests that only one of the versions could take, and those of them that count as evidence of neither. Nothing where there are none. */
function misfitsOf(segments: readonly CompactSegment[], rows: EarliestRows): Pick<ReleaseObservation, 'misfits'> {
  const misfits = { requests: 0, uncounted: 0 };
  const missing = new MissingInputCounter();
  for (const [number, marks] of rows.marks((kind) => Number(kind === misfitRow)).entries()) {
    const segment = segments[number];
    if (segment === undefined) continue;
    for (let row = marks.indexOf(1); row >= 0; row = marks.indexOf(1, row + 1)) {
      misfits.requests += 1;
      missing.add(segment, row);
      if (rowWithId(rows, segments, predictionRow, { segment, row }) === null) misfits.uncounted += 1;
    }
  }
  return misfits.requests === 0 ? {} : { misfits: { ...misfits, missing: missing.counts() } };
}

/** Rows that are looked up soon after each other. */
const fetchedRows = 64;

/** The number of a text in each segment; -2, which no row has, where it is not there. */
const codesOf = (segments: readonly CompactSegment[], text: string): number[] =>
  segments.map(({ texts }) => {
    const code = texts.indexOf(text);
    return code < 0 ? -2 : code;
  });

interface JudgedRows {
  /** By kind: predictions and mirrors of this release by its two versions, all labels and all values. */
  readonly earliest: EarliestRows;
  readonly setAside: NonNullable<ReleaseObservation['setAside']>;
}

function earliestRows(window: ReleaseWindow, segments: readonly CompactSegment[]): JudgedRows {
  const setAside = { labels: 0, records: 0 };
  const releases = codesOf(segments, window.release);
  const earliest = new EarliestRows(
    segments,
    segments.reduce((sum, { rows }) => sum + rows, 0),
    window.corrections,
    [feedbackRow, valueRow],
  );
  for (const [number, segment] of segments.entries()) {
    const { rows, kind, at, version, release, idHigh, idLow, label, value } = segment;
    const ours = releases[number];
    const add = (tag: number, row: number): void =>
      earliest.add(tag, numberAt(idHigh, row), numberAt(idLow, row), number, row);
    for (let row = 0; row < rows; row += 1) {
      if (row % fetchedRows === 0) earliest.fetch(idLow, row, Math.min(row + fetchedRows, rows));
      const rowKind = numberAt(kind, row);
      if (rowKind === setAsideRow) {
        if (numberAt(at, row) >= window.since) setAside.records += 1;
      } else if (rowKind === feedbackRow) {
        if (numberAt(label, row) >= 0) add(feedbackRow, row);
        else if (label[row] === setAsideLabel && numberAt(at, row) >= window.since) setAside.labels += 1;
        if (value !== null && !Number.isNaN(numberAt(value, row))) add(valueRow, row);
      } else if (
        release[row] === ours &&
        // Times are left out by their requests, whenever these were mirrored.
        (rowKind === predictionRow ? isSeen(window, numberAt(at, row)) : numberAt(at, row) >= window.since) &&
        (version[row] === window.canary || version[row] === window.champion)
      )
        add(rowKind, row);
    }
  }
  setAside.labels += labelsOfNoRow(window, segments, earliest);
  return { earliest, setAside };
}

/** Labels for a row that their request does not have: the request is there, as one row or as several, and the row is not. */
function labelsOfNoRow(
  { since }: Pick<ReleaseWindow, 'since'>,
  segments: readonly CompactSegment[],
  rows: EarliestRows,
): number {
  let found = 0;
  for (const segment of segments) {
    const { kind, at, ms, label, keyHigh, keyLow, requestHigh, requestLow } = segment;
    for (let row = 0; row < segment.rows; row += 1) {
      // Feedback by key has the time that it names, and no row.
      if (kind[row] !== feedbackRow || numberAt(label, row) < 0 || numberAt(at, row) < since || ms[row] !== 0) continue;
      if (rowWithId(rows, segments, predictionRow, { segment, row }) !== null) continue;
      const first = rows.slotOf(predictionRow, numberAt(keyHigh, row), numberAt(keyLow, row));
      const only = rows.slotOf(predictionRow, numberAt(requestHigh, row), numberAt(requestLow, row));
      if (rows.numberAt(first) >= 0 || rows.numberAt(only) >= 0) found += 1;
    }
  }
  return found;
}

const isSeen = ({ since, skip }: ReleaseWindow, at: number): boolean =>
  at >= since && !skip.some(({ from, to }) => at >= from && at < to);
