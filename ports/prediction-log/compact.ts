import type {
  FeedbackRecord,
  LogRecord,
  LogSegment,
  MirrorRecord,
  PredictionRecord,
} from '../../contracts/prediction-log.ts';
import { readSegment, type LogStore } from './segments.ts';

/** The records of a segment without their inputs. */
export interface CompactSegment {
  readonly predictions: readonly Omit<PredictionRecord, 'inputs'>[];
  readonly mirrors: readonly MirrorRecord[];
  readonly feedback: readonly FeedbackRecord[];
  readonly records: number;
}

/** Keeps the segments that were read last, up to a number of records. */
export class CompactCache {
  readonly #store: LogStore;
  readonly #limit: number;
  readonly #segments = new Map<string, CompactSegment>();
  #records = 0;

  constructor(store: LogStore, limit: number) {
    this.#store = store;
    this.#limit = limit;
  }

  async read(segment: LogSegment): Promise<CompactSegment> {
    const known = this.#segments.get(segment.data);
    if (known !== undefined) {
      this.#segments.delete(segment.data);
      this.#segments.set(segment.data, known);
      return known;
    }
    const compact = await readCompact(this.#store, segment);
    this.#segments.set(segment.data, compact);
    this.#records += compact.records;
    for (const [digest, old] of this.#segments) {
      if (this.#records <= this.#limit || old === compact) break;
      this.#segments.delete(digest);
      this.#records -= old.records;
    }
    return compact;
  }
}

async function readCompact(store: LogStore, segment: LogSegment): Promise<CompactSegment> {
  const predictions: Omit<PredictionRecord, 'inputs'>[] = [];
  const mirrors: MirrorRecord[] = [];
  const feedback: FeedbackRecord[] = [];
  await readSegment(store, segment, false, (record: LogRecord) => {
    switch (record.kind) {
      case 'prediction':
        predictions.push(record);
        return;
      case 'mirror':
        mirrors.push(record);
        return;
      case 'feedback':
        feedback.push(record);
        return;
    }
  });
  return { predictions, mirrors, feedback, records: predictions.length + mirrors.length + feedback.length };
}
