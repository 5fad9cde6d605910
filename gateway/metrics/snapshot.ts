export type Labels = Readonly<Record<string, string | number>>;

/**
 * What becomes of a metric where several processes answer as one: `sum` adds up, `process` gets a label `process`, `same` is
 * said once, since each process would say it.
 */
export type Scope = 'sum' | 'process' | 'same';

/** The latest request of a bucket that had a trace. */
export interface Exemplar {
  /** 32 hex digits. */
  readonly trace: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ValueSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: Labels;
  /** Observations by bucket, not cumulative; the last ones lie above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
  /** By bucket. */
  readonly exemplars: readonly (Exemplar | null)[];
}

interface Family {
  /** As its samples are named: a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly scope: Scope;
}

export interface ValueFamily extends Family {
  readonly kind: 'counter' | 'gauge';
  readonly series: readonly ValueSeries[];
}

export interface HistogramFamily extends Family {
  readonly kind: 'histogram';
  /** Upper bounds, inclusive, ascending, without infinity. */
  readonly bounds: readonly number[];
  readonly series: readonly HistogramSeries[];
}

export type FamilySnapshot = ValueFamily | HistogramFamily;

/** All metrics of one process at one moment, as plain JSON. */
export type MetricsSnapshot = readonly FamilySnapshot[];

/** Something that counts, and can say what it counted. */
export interface Metric {
  snapshot(): FamilySnapshot;
}
