import type { Arm } from '../release/arm.ts';
import { z } from 'zod';
import { digestSchema } from '../digest.ts';
import type { Tensor } from '../data/tensor.ts';

/** What a gateway notes of one request that a version answered, with any number of rows. */
export interface PredictionEntry {
  readonly kind: 'prediction';
  readonly id: string;
  /** Sticky key. */
  readonly key: string;
  /** Arrival, milliseconds since the epoch. */
  readonly at: number;
  readonly model: string;
  readonly version: number;
  readonly arm: Arm;
  /** Share of the canary in force, and the sequence number of the deployment record. */
  readonly share: number;
  readonly seq: number;
  /** Null where the request says nothing about the split: a version or arm that was asked for, a segment's route, a cached answer. */
  readonly release: string | null;
  readonly instance: string;
  /** From the arrival to the answer, and the part of it that the model took. */
  readonly ms: number;
  readonly modelMs: number;
  readonly error: string | null;
  /** Rows of the batch; 1 for a model without a batch axis. */
  readonly rows: number;
  /** Also where there was an error. After the log policy: what is private was dropped or hashed. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Empty where there was an error. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** How the error of a mirrored request begins that nobody answered; the reason follows. */
export const droppedMirror = 'dropped: ';

/** How the error begins of a mirror, or of a request that was to be the version's, which it cannot take and another version can. */
export const misfitMirror = `${droppedMirror}inputs do not fit`;

/** What the other version said to the mirrored request; or that the mirror was dropped (`droppedMirror`). */
export interface MirrorEntry {
  readonly kind: 'mirror';
  readonly id: string;
  readonly at: number;
  readonly model: string;
  /** The version that answered the mirror. */
  readonly version: number;
  readonly seq: number;
  readonly release: string | null;
  readonly instance: string;
  readonly ms: number;
  readonly error: string | null;
  readonly rows: number;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** A request by its sticky key and the time at which it was asked, milliseconds since the epoch. */
export interface AskedRequest {
  readonly key: string;
  readonly time: number;
}

/** The true outcome for a request, or what its answer was worth, as it came back: at least one of them. */
export interface FeedbackEntry {
  readonly kind: 'feedback';
  /** Of the request; empty where its key and time name it. */
  readonly id: string;
  readonly asked?: AskedRequest;
  readonly at: number;
  readonly model: string;
  readonly label: string | number | null;
  readonly value: number | null;
  /** Name of the client whose token came with it; absent where anybody may have said it. */
  readonly source?: string;
  readonly instance: string;
}

/**
 * Takes the place of the model in feedback that names none and whose request this process did not answer: whoever reads the log of a
 * model reads this one too, and joins it by the request's id.
 */
export const unaddressedFeedback = '_feedback';

/** One framed record of a local segment (`codec/log-frame-reader.ts`). */
export type LogEntry = PredictionEntry | MirrorEntry | FeedbackEntry;

/**
 * Columns of a segment in the store, a Parquet file with one row per row of a request (`<id>/0`, `<id>/1`, ... where it has
 * several), per row of a mirrored request, and per feedback. What a kind does not have is null.
 */
export const logColumns = {
  kind: 'VARCHAR',
  id: 'VARCHAR',
  /** Id of the request, without a row's number. */
  request: 'VARCHAR',
  key: 'VARCHAR',
  at: 'DOUBLE',
  model: 'VARCHAR',
  version: 'INTEGER',
  arm: 'VARCHAR',
  share: 'DOUBLE',
  seq: 'INTEGER',
  release: 'VARCHAR',
  instance: 'VARCHAR',
  ms: 'DOUBLE',
  model_ms: 'DOUBLE',
  error: 'VARCHAR',
  /** The predicted label or number, or the true one of a feedback, as text. */
  label: 'VARCHAR',
  /** Of the positive class. */
  probability: 'DOUBLE',
  /** What the answer was worth, of a feedback. */
  value: 'DOUBLE',
  /** Name of the client that a feedback is from, where it showed a token. */
  source: 'VARCHAR',
  /** Time of the request that a feedback is for, where it names it by `key` and time; its id is empty until it is joined. */
  asked: 'DOUBLE',
  /** JSON object of the row's values by input; a list where an input has several values per row. */
  inputs: 'VARCHAR',
  /** JSON object of the row's values by output. */
  outputs: 'VARCHAR',
} as const;
export type LogColumn = keyof typeof logColumns;

/** One row of `logColumns`. */
export interface LogRow {
  readonly kind: LogEntry['kind'];
  readonly id: string;
  readonly request: string;
  readonly key: string | null;
  readonly at: number;
  readonly model: string;
  readonly version: number | null;
  readonly arm: Arm | null;
  readonly share: number | null;
  readonly seq: number | null;
  readonly release: string | null;
  readonly instance: string;
  readonly ms: number | null;
  readonly model_ms: number | null;
  readonly error: string | null;
  readonly label: string | null;
  readonly probability: number | null;
  readonly value: number | null;
  readonly source: string | null;
  readonly asked: number | null;
  readonly inputs: string | null;
  readonly outputs: string | null;
}

/** A gateway seals a segment at the latest after this long, so a reader need not look further back for its records. */
export const longestSegmentMs = 300_000;

/** Pointer `predictions/<model>/<start, 13 digits of milliseconds>-<instance>-<n, 8 digits>` to a sealed segment. */
export const logSegmentSchema = z.object({
  schema: z.literal('pawl.log-segment/2'),
  model: z.string(),
  instance: z.string(),
  n: z.int(),
  /** Digest of the framed file that was converted: the same frames are handed over once, even if their Parquet differs. */
  source: digestSchema,
  /** The Parquet file. */
  data: digestSchema,
  /** Rows of the Parquet file. */
  rows: z.int(),
  /** Milliseconds since the epoch, inclusive. */
  from: z.number(),
  to: z.number(),
});
export type LogSegment = z.infer<typeof logSegmentSchema>;

export const logSegmentPrefix = (model: string): string => `predictions/${model}/`;
