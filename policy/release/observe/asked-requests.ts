import type { ReleaseWindow } from './release-window.ts';
import { numberAt } from './earliest-rows.ts';
import { askedFeedbackRow, feedbackRow, predictionRow, setAsideRow, type CompactSegment } from './log-columns.ts';

/*
 * Feedback may name its request by the sticky key and the time at which it was asked. It belongs to the one row of a request with that key
 * that came within the tolerance of that time, on either side, since clocks differ. Where none or several did, it is set aside.
 */

/** How far the time that feedback names may lie from that of its request, in milliseconds, where nothing else is declared. */
export const defaultToleranceMs = 1_000;

/** Rows of feedback by the time that they name. */
type Times = Map<number, { readonly number: number; readonly row: number }[]>;

/** Predictions of one key. */
interface Requests {
  readonly at: number[];
  readonly idHigh: number[];
  readonly idLow: number[];
}

/**
 * Segments whose feedback by key has the id of its request; what is not joined is set aside. Takes time by the number of rows and its
 * logarithm, however often a key or a time comes.
 */
export function joinAskedRequests(
  { since }: Pick<ReleaseWindow, 'since'>,
  segments: readonly CompactSegment[],
  toleranceMs: number,
): readonly CompactSegment[] {
  const asked = askedOf(segments);
  if (asked.size === 0) return segments;
  const requests = requestsOf(segments, asked);
  const copies = new Map<number, CompactSegment>();
  const copyOf = (number: number): CompactSegment => {
    let copy = copies.get(number);
    if (copy === undefined) {
      const { kind, idHigh, idLow, ...rest } = segments[number]!;
      copy = { ...rest, kind: kind.slice(), idHigh: idHigh.slice(), idLow: idLow.slice() };
      copies.set(number, copy);
    }
    return copy;
  };
  for (const [key, times] of asked) {
    const find = finderOf(requests.get(key), toleranceMs);
    for (const [time, rows] of times) {
      // Not all requests of that time were read: it counts for nothing here, as feedback by the id of an older request does.
      const isOlder = time - toleranceMs < since;
      const found = isOlder ? null : find(time);
      for (const { number, row } of rows) {
        const copy = copyOf(number);
        copy.kind[row] = found !== null || isOlder ? feedbackRow : setAsideRow;
        if (found === null) continue;
        [copy.idHigh[row], copy.idLow[row]] = found;
      }
    }
  }
  return segments.map((segment, number) => copies.get(number) ?? segment);
}

const keyAt = ({ keyHigh, keyLow }: CompactSegment, row: number): string => `${keyHigh[row]}/${keyLow[row]}`;

/** By the hash of the key. */
function askedOf(segments: readonly CompactSegment[]): Map<string, Times> {
  const asked = new Map<string, Times>();
  for (const [number, segment] of segments.entries())
    for (let row = 0; row < segment.rows; row += 1) {
      if (segment.kind[row] !== askedFeedbackRow) continue;
      const key = keyAt(segment, row);
      const time = numberAt(segment.ms, row);
      let times = asked.get(key);
      if (times === undefined) asked.set(key, (times = new Map()));
      const rows = times.get(time);
      if (rows === undefined) times.set(time, [{ number, row }]);
      else rows.push({ number, row });
    }
  return asked;
}

function requestsOf(segments: readonly CompactSegment[], asked: ReadonlyMap<string, unknown>): Map<string, Requests> {
  const requests = new Map<string, Requests>();
  for (const segment of segments)
    for (let row = 0; row < segment.rows; row += 1) {
      if (segment.kind[row] !== predictionRow) continue;
      const key = keyAt(segment, row);
      if (!asked.has(key)) continue;
      let found = requests.get(key);
      if (found === undefined) requests.set(key, (found = { at: [], idHigh: [], idLow: [] }));
      found.at.push(numberAt(segment.at, row));
      found.idHigh.push(numberAt(segment.idHigh, row));
      found.idLow.push(numberAt(segment.idLow, row));
    }
  return requests;
}

/** Finds the id of the one request within the tolerance of a time; null where there are none or several. */
function finderOf(
  requests: Requests | undefined,
  toleranceMs: number,
): (time: number) => readonly [high: number, low: number] | null {
  if (requests === undefined) return () => null;
  const { at, idHigh, idLow } = requests;
  const order = at.map((_, i) => i).toSorted((a, b) => at[a]! - at[b]!);
  const times = order.map((i) => at[i]!);
  const isSame = (a: number, b: number): boolean =>
    idHigh[order[a]!] === idHigh[order[b]!] && idLow[order[a]!] === idLow[order[b]!];
  // A record may be there twice: where the next one of another request comes.
  const next = order.map(() => order.length);
  for (let i = order.length - 2; i >= 0; i -= 1) next[i] = isSame(i, i + 1) ? next[i + 1]! : i + 1;
  return (time) => {
    const first = placeOf(times, time - toleranceMs);
    if (first === times.length || times[first]! > time + toleranceMs) return null;
    const other = next[first]!;
    if (other < times.length && times[other]! <= time + toleranceMs) return null;
    return [idHigh[order[first]!]!, idLow[order[first]!]!];
  };
}

/** Of the first of the times, which rise, that is not below. */
function placeOf(times: readonly number[], least: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
