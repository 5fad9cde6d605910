import type { Labels } from './snapshot.ts';

export type MetricLabel = string | number;

interface Node<Cell> {
  readonly children: Map<MetricLabel, Node<Cell>>;
  cell: Cell | null;
}

/** Label sets of a metric at most: beyond, everything new is counted under `other`. */
export const mostLabelSets = 1_000;

const other = 'other';

/** One cell per label set, found by nested maps, so that no text is built to find it. */
export class LabelTree<Cell> {
  readonly #names: readonly string[];
  readonly #make: () => Cell;
  readonly #root: Node<Cell> = { children: new Map(), cell: null };
  readonly #cells: { readonly labels: Labels; readonly cell: Cell }[] = [];

  constructor(names: readonly string[], make: () => Cell) {
    this.#names = names;
    this.#make = make;
  }

  /** The cell of these label values, in the order of the names; that of `other` where there are too many. */
  get(...values: readonly MetricLabel[]): Cell {
    return this.#find(values) ?? this.#add(this.#cells.length < mostLabelSets ? values : this.#names.map(() => other));
  }

  entries(): readonly { readonly labels: Labels; readonly cell: Cell }[] {
    return this.#cells;
  }

  #find(values: readonly MetricLabel[]): Cell | null {
    let node: Node<Cell> | undefined = this.#root;
    for (const value of values) {
      node = node.children.get(value);
      if (node === undefined) return null;
    }
    return node.cell;
  }

  #add(values: readonly MetricLabel[]): Cell {
    let node = this.#root;
    for (const value of values) {
      let next = node.children.get(value);
      if (next === undefined) {
        next = { children: new Map(), cell: null };
        node.children.set(value, next);
      }
      node = next;
    }
    if (node.cell !== null) return node.cell;
    node.cell = this.#make();
    const labels = Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? '']));
    this.#cells.push({ labels, cell: node.cell });
    return node.cell;
  }
}
