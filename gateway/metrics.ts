/** Upper bounds in seconds. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

export type Labels = Readonly<Record<string, string | number>>;

const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    )
    .join(',');

interface Metric {
  render(): string[];
}

export class Counter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(labels: Labels, amount = 1): void {
    const key = labelText(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  render(): string[] {
    const lines = [...this.#values].map(
      ([labels, value]) => `${this.#name}${labels === '' ? '' : `{${labels}}`} ${value}`,
    );
    return [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} counter`, ...lines];
  }
}

/** A value that is read when the metrics are. */
export class Gauge implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => readonly (readonly [Labels, number])[];

  constructor(name: string, help: string, read: () => readonly (readonly [Labels, number])[]) {
    this.#name = name;
    this.#help = help;
    this.#read = read;
  }

  render(): string[] {
    const lines = this.#read().map(([labels, value]) => {
      const text = labelText(labels);
      return `${this.#name}${text === '' ? '' : `{${text}}`} ${value}`;
    });
    return [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} gauge`, ...lines];
  }
}

export class Histogram implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, { counts: Float64Array; sum: number; count: number }>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(labels: Labels, seconds: number): void {
    const key = labelText(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { counts: new Float64Array(buckets.length), sum: 0, count: 0 };
      this.#series.set(key, series);
    }
    const bucket = buckets.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
    series.count += 1;
  }

  render(): string[] {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [labels, { counts, sum, count }] of this.#series) {
      let below = 0;
      buckets.forEach((bound, i) => {
        below += counts[i] ?? 0;
        lines.push(`${this.#name}_bucket{${labels},le="${bound}"} ${below}`);
      });
      lines.push(`${this.#name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${this.#name}_sum{${labels}} ${sum}`, `${this.#name}_count{${labels}} ${count}`);
    }
    return lines;
  }
}

export interface GatewayMetrics {
  readonly requests: Counter;
  readonly seconds: Histogram;
  readonly mirrored: Counter;
  readonly mirrorDropped: Counter;
  readonly feedback: Counter;
  readonly logErrors: Counter;
  /** Prometheus text format 0.0.4. */
  render(gauges: readonly Gauge[]): string;
}

export function createMetrics(): GatewayMetrics {
  const metrics = {
    requests: new Counter('pawl_requests_total', 'Inference requests by model, version, arm and outcome.'),
    seconds: new Histogram('pawl_request_seconds', 'Seconds from the arrival of a request to its answer.'),
    mirrored: new Counter('pawl_mirrored_total', 'Copies of requests that another version answered.'),
    mirrorDropped: new Counter('pawl_mirror_dropped_total', 'Copies of requests that were dropped, by reason.'),
    feedback: new Counter('pawl_feedback_total', 'True labels that came back.'),
    logErrors: new Counter(
      'pawl_log_errors_total',
      'Requests refused because the prediction log could not be written.',
    ),
  };
  return {
    ...metrics,
    render: (gauges) => `${[...Object.values(metrics), ...gauges].flatMap((metric) => metric.render()).join('\n')}\n`,
  };
}
