import { LabelTree, type LabelValue } from './label-tree.ts';
import type { Metric, ValueFamily } from './snapshot.ts';

/** A number that only grows, by label set. */
export class Counter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #cells: LabelTree<{ value: number }>;

  /** `name` ends in `_total`. */
  constructor(name: string, help: string, labels: readonly string[] = []) {
    this.#name = name;
    this.#help = help;
    this.#cells = new LabelTree(labels, () => ({ value: 0 }));
  }

  /** Label values are in the order of the names. */
  add(amount: number, ...labels: readonly LabelValue[]): void {
    this.#cells.get(...labels).value += amount;
  }

  snapshot(): ValueFamily {
    const series = this.#cells.entries().map(({ labels, cell }) => ({ labels, value: cell.value }));
    return { kind: 'counter', name: this.#name, help: this.#help, scope: 'sum', series };
  }
}
