import type { MetricDefinition } from './definitions.ts';
import { LabelTree, type MetricLabel } from './label-tree.ts';
import type { Exemplar, HistogramFamily, HistogramSeries, Labels, Metric } from './snapshot.ts';

/** Upper bounds in seconds: close together between 0.5 and 5 ms, where the slowest hundredth of the requests to a small model lies. */
export const latencyBounds = [
  0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05,
  0.1, 0.25, 0.5, 1, 2.5, 10,
] as const;

/** Upper bounds in seconds of what mostly takes no time. */
export const delayBounds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] as const;

export const rowBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** The trace id of a W3C `traceparent` header, or 32 hex digits by themselves; null for anything else. */
export function traceIdOf(text: string): string | null {
  return /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2}.*)?$/.exec(text)?.[1] ?? null;
}

/** How often which values came, for one label set. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  /** By bucket; made with the first trace. */
  #traces: (string | null)[] | null = null;
  #tracedValues = new Float64Array(0);
  #tracedAt = new Float64Array(0);

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  get count(): number {
    let count = 0;
    for (const inBucket of this.#counts) count += inBucket;
    return count;
  }

  /** `trace` is a trace id or `traceparent`, as it came. */
  observe(value: number, trace: string | null = null): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
    if (trace !== null) this.#mark(bucket, value, trace);
  }

  snapshot(labels: Labels): HistogramSeries {
    const counts = Array.from(this.#counts);
    return { labels, counts, sum: this.#sum, exemplars: counts.map((_, bucket) => this.#exemplar(bucket)) };
  }

  #mark(bucket: number, value: number, trace: string): void {
    if (this.#traces === null) {
      const { length } = this.#counts;
      this.#traces = Array.from({ length }, () => null);
      this.#tracedValues = new Float64Array(length);
      this.#tracedAt = new Float64Array(length);
    }
    this.#traces[bucket] = trace;
    this.#tracedValues[bucket] = value;
    this.#tracedAt[bucket] = Date.now();
  }

  #exemplar(bucket: number): Exemplar | null {
    const trace = traceIdOf(this.#traces?.[bucket] ?? '');
    return trace === null ? null : { trace, value: this.#tracedValues[bucket] ?? 0, at: this.#tracedAt[bucket] ?? 0 };
  }
}

/** Distributions by label set. */
export class Histogram implements Metric {
  readonly #definition: MetricDefinition<'histogram'>;
  readonly #bounds: readonly number[];
  readonly #cells: LabelTree<Distribution>;

  /** `bounds` are the upper ones of its buckets, ascending. */
  constructor(definition: MetricDefinition<'histogram'>, bounds: readonly number[]) {
    this.#definition = definition;
    this.#bounds = bounds;
    this.#cells = new LabelTree(definition.labels, () => new Distribution(bounds));
  }

  /** Label values are in the order of the names. */
  of(...labels: readonly MetricLabel[]): Distribution {
    return this.#cells.get(...labels);
  }

  snapshot(): HistogramFamily {
    const { kind, name, help, scope } = this.#definition;
    return {
      kind,
      name,
      help,
      scope,
      bounds: this.#bounds,
      // A label set is worth its two dozen lines once there is something to see.
      series: this.#cells.entries().flatMap(({ labels, cell }) => (cell.count === 0 ? [] : [cell.snapshot(labels)])),
    };
  }

  /** A counter of its observations. */
  counted({ kind, name, help, scope }: MetricDefinition<'counter'>): Metric {
    return {
      snapshot: () => {
        const series = this.#cells.entries().map(({ labels, cell }) => ({ labels, value: cell.count }));
        return { kind, name, help, scope, series };
      },
    };
  }
}
