import type { Arm } from '../../../contracts/release/arm.ts';
import { classCodes, type LabelSpace } from '../../../contracts/data/label-space.ts';
import type { PredictedKeys } from '../../../contracts/evidence/release.ts';
import { placeAmong } from '../../../ml/statistics/place-among.ts';
import { numberAt } from './earliest-rows.ts';
import { ShareCounts } from './event-kinds.ts';
import type { CompactSegment } from './log-columns.ts';

/**
 * Predictions of keys by their first live request: the labels, or ranges between `edges`. A request that failed predicts nothing. Each key counts
 * once, so that its arm does not depend on what other keys were predicted.
 */
export class MixCounter {
  readonly #names: readonly string[];
  readonly #counts: readonly ShareCounts[];
  readonly #partOf: (segment: CompactSegment, row: number) => number;

  constructor(space: LabelSpace, edges: readonly number[]) {
    this.#names = space.kind === 'numbers' ? rangeNames(edges) : classCodes(space);
    this.#counts = this.#names.map(() => new ShareCounts());
    this.#partOf = space.kind === 'numbers' ? rangeAmong(edges) : classAmong(this.#names);
  }

  /** Takes the first request of a key while both versions had a share. */
  add(segment: CompactSegment, row: number, share: number, arm: Arm): void {
    if (segment.isError[row] === 1) return;
    this.#counts[this.#partOf(segment, row)]?.add(share, arm);
  }

  counts(): PredictedKeys[] {
    return this.#names.map((prediction, part) => ({ prediction, events: this.#counts[part]?.sorted() ?? [] }));
  }
}

/** Place of a row's number; none where it has no number. */
const rangeAmong =
  (edges: readonly number[]) =>
  (segment: CompactSegment, row: number): number => {
    const value = segment.score?.[row] ?? NaN;
    return Number.isNaN(value) ? -1 : placeAmong(edges, value);
  };

/** Place of a row's label; none where it has no label. Segments that were read together share their texts. */
function classAmong(codes: readonly string[]): (segment: CompactSegment, row: number) => number {
  const places = new WeakMap<readonly string[], Int32Array>();
  return ({ texts, label }, row) => {
    let known = places.get(texts);
    if (known === undefined) places.set(texts, (known = Int32Array.from(texts, (text) => codes.indexOf(text))));
    return known[numberAt(label, row)] ?? -1;
  };
}

/** Six significant digits tell ranges apart. */
const edgeText = (edge: number): string => String(Number(edge.toPrecision(6)));

function rangeNames(edges: readonly number[]): string[] {
  const texts = edges.map(edgeText);
  const [first, last] = [texts[0], texts.at(-1)];
  if (first === undefined || last === undefined) return ['any number'];
  return [`below ${first}`, ...texts.slice(1).map((to, i) => `${texts[i]} to ${to}`), `${last} and more`];
}
