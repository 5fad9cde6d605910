import type { DuckDBConnection } from '@duckdb/node-api';
import type { ReleaseWindow } from './port.ts';
import { numberAt } from './earliest.ts';
import { askedFeedbackRow, feedbackRow, predictionRow, setAsideRow, type CompactSegment } from './read-compact.ts';
import { setVariables } from '../sql.ts';

/*
 * Feedback may name its request by the sticky key and the time at which it was asked. It belongs to the one row of a request with that key
 * that came within the tolerance of that time, on either side, since clocks differ. Where none or several did, it is set aside.
 */

/** How far the time that feedback names may lie from that of its request, in milliseconds, where nothing else is declared. */
export const defaultToleranceMs = 1_000;

interface Asking {
  readonly time: number;
  readonly place: { readonly number: number; readonly row: number };
  idHigh: number;
  idLow: number;
  found: 'none' | 'one' | 'several';
}

/** Segments whose feedback by key has the id of its request; what is not joined is set aside. */
export function joinAskedRequests(
  { since }: Pick<ReleaseWindow, 'since'>,
  segments: readonly CompactSegment[],
  toleranceMs: number,
): readonly CompactSegment[] {
  const askings = askingsOf(segments);
  if (askings.size === 0) return segments;
  for (const segment of segments)
    for (let row = 0; row < segment.rows; row += 1) {
      if (segment.kind[row] !== predictionRow) continue;
      for (const asking of askings.get(keyAt(segment, row)) ?? [])
        if (Math.abs(numberAt(segment.at, row) - asking.time) <= toleranceMs) meet(asking, segment, row);
    }
  const copies = new Map<number, CompactSegment>();
  for (const asking of [...askings.values()].flat()) {
    const { number, row } = asking.place;
    let copy = copies.get(number);
    if (copy === undefined) {
      const { kind, idHigh, idLow, ...rest } = segments[number]!;
      copy = { ...rest, kind: kind.slice(), idHigh: idHigh.slice(), idLow: idLow.slice() };
      copies.set(number, copy);
    }
    // Not all requests of that time were read: it counts for nothing here, as feedback by the id of an older request does.
    const isOlder = asking.time - toleranceMs < since;
    copy.kind[row] = asking.found === 'one' || isOlder ? feedbackRow : setAsideRow;
    if (asking.found !== 'one' || isOlder) continue;
    copy.idHigh[row] = asking.idHigh;
    copy.idLow[row] = asking.idLow;
  }
  return segments.map((segment, number) => copies.get(number) ?? segment);
}

/** By the hash of the key. */
function askingsOf(segments: readonly CompactSegment[]): Map<string, Asking[]> {
  const askings = new Map<string, Asking[]>();
  for (const [number, segment] of segments.entries())
    for (let row = 0; row < segment.rows; row += 1) {
      if (segment.kind[row] !== askedFeedbackRow) continue;
      const asking: Asking = {
        time: numberAt(segment.ms, row),
        place: { number, row },
        idHigh: 0,
        idLow: 0,
        found: 'none',
      };
      const key = keyAt(segment, row);
      const known = askings.get(key);
      if (known === undefined) askings.set(key, [asking]);
      else known.push(asking);
    }
  return askings;
}

const keyAt = ({ keyHigh, keyLow }: CompactSegment, row: number): string => `${keyHigh[row]}/${keyLow[row]}`;

function meet(asking: Asking, { idHigh, idLow }: CompactSegment, row: number): void {
  const [high, low] = [numberAt(idHigh, row), numberAt(idLow, row)];
  if (asking.found === 'none') Object.assign(asking, { idHigh: high, idLow: low, found: 'one' });
  // A record may be there twice.
  else if (asking.idHigh !== high || asking.idLow !== low) asking.found = 'several';
}

/** The same for SQL: a relation of the same columns. */
export async function withAskedRequests(
  connection: DuckDBConnection,
  relation: string,
  toleranceMs: number,
): Promise<string> {
  await setVariables(connection, { asked_tolerance: toleranceMs });
  await connection.run(
    `create temp table asked_requests as select distinct "key", asked from ${relation} where kind = 'feedback' and asked is not null`,
  );
  const [[count] = []] = (await connection.runAndReadAll('select count(*) from asked_requests')).getRows();
  if (Number(count) === 0) return relation;
  await connection.run(`create temp table joined_requests as
    select a."key" as joined_key, a.asked as joined_time, min(p.id) as joined_id
    from asked_requests a join (select id, "key", "at" from ${relation} where kind = 'prediction') p
      on p."key" = a."key" and abs(p."at" - a.asked) <= getvariable('asked_tolerance')
    group by a."key", a.asked having count(distinct p.id) = 1`);
  return `(select l.* exclude (joined_key, joined_time, joined_id) replace (coalesce(joined_id, id) as id)
    from (select * from ${relation} l left join joined_requests
      on l.kind = 'feedback' and l."key" = joined_key and l.asked = joined_time) l)`;
}
