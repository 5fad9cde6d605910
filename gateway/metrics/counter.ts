import type { MetricDefinition } from './definitions.ts';
import { LabelTree, type MetricLabel } from './label-tree.ts';
import type { Metric, ValueFamily } from './snapshot.ts';

/** A number that only grows, by label set. */
export class Counter implements Metric {
  readonly #definition: MetricDefinition<'counter'>;
  readonly #cells: LabelTree<{ value: number }>;

  constructor(definition: MetricDefinition<'counter'>) {
    this.#definition = definition;
    this.#cells = new LabelTree(definition.labels, () => ({ value: 0 }));
  }

  /** Label values are in the order of the names. */
  add(amount: number, ...labels: readonly MetricLabel[]): void {
    this.#cells.get(...labels).value += amount;
  }

  snapshot(): ValueFamily {
    const series = this.#cells.entries().map(({ labels, cell }) => ({ labels, value: cell.value }));
    const { name, help, scope } = this.#definition;
    return { kind: 'counter', name, help, scope, series };
  }
}
