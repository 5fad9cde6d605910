import { mirrorOf } from '../../../contracts/release/mirrored-requests.ts';
import { numberAt } from './earliest-rows.ts';
import type { MirrorWindow } from './release-window.ts';
import type { CompactSegment } from './log-columns.ts';

/**
 * Which requests should have had a mirror, as the gateway that answered decided it: by the state of the deployment record, the version that
 * answered, and the salted hash of the request's id.
 */
export class DueMirrors {
  readonly #dueBefore: number;
  readonly #records: ReadonlyMap<number, MirrorWindow['records'][number]>;

  constructor({ records, dueBefore }: MirrorWindow) {
    this.#dueBefore = dueBefore;
    this.#records = new Map(records.map((record) => [record.seq, record]));
  }

  /** Of a request that counts for the release. */
  isDue(segment: CompactSegment, row: number): boolean {
    if (numberAt(segment.at, row) >= this.#dueBefore) return false;
    const record = this.#records.get(numberAt(segment.seq, row));
    const mirror = record === undefined ? null : mirrorOf(record, numberAt(segment.version, row));
    return mirror !== null && (segment.mirrorUnit?.[row] ?? 0) < mirror.sample;
  }
}

/** The salt by which requests were sampled; null where all or none were mirrored, which needs no hash of their ids. */
export const samplingSalt = (mirrors: MirrorWindow | undefined): string | null =>
  mirrors?.records.some(({ shadow }) => shadow !== null && shadow.sample > 0 && shadow.sample < 1) === true
    ? mirrors.salt
    : null;
