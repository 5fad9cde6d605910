import type { MetricDefinition } from './definitions.ts';
import type { Labels, Metric, ValueFamily } from './snapshot.ts';

type Read = () => readonly (readonly [Labels, number])[];

/** A value, or a number that only grows and that something else counts: it is read when the metrics are. */
export class ReadMetric implements Metric {
  readonly #definition: MetricDefinition<'counter' | 'gauge'>;
  readonly #read: Read;

  constructor(definition: MetricDefinition<'counter' | 'gauge'>, read: Read) {
    this.#definition = definition;
    this.#read = read;
  }

  snapshot(): ValueFamily {
    const { kind, name, help, scope } = this.#definition;
    return { kind, name, help, scope, series: this.#read().map(([labels, value]) => ({ labels, value })) };
  }
}
