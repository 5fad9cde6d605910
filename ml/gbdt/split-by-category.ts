import type { ColumnFacts, LeafStats, Scan, Split } from './split.ts';
import { setWords } from './tree.ts';
import { Tries } from './tries.ts';

/** Categories are ordered by gradient over hessian, smoothed; both ends of the order are tried, up to so many categories. */
const [categorySmoothing, categoryL2, mostCategories, leastCategoryRows] = [10, 10, 32, 100];
/** So few categories are tried one against the rest. */
const fewCategories = 4;

interface CategorySums {
  readonly bin: number;
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

/** The best split of a leaf by a set of codes; null where none gains. */
export function splitByCategory(
  histogram: Float64Array,
  { bins, index }: ColumnFacts,
  leaf: LeafStats,
  { limits, units, counts }: Scan,
): Split | null {
  const rowsOf = leaf.rows / leaf.hessian;
  const used: CategorySums[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const packed = histogram[bin]!;
    if (packed === 0) continue;
    const first = Math.floor(packed / units.factor);
    const hessian = (packed - first * units.factor) * units.hessian;
    used.push({ bin, gradient: first * units.gradient, hessian, rows: counts?.[bin] ?? hessian * rowsOf });
  }
  if (used.length < 2) return null;
  return used.length <= fewCategories
    ? oneAgainstRest(used, index, new Tries(leaf, { limits, counts }, 0), leaf)
    : severalAgainstRest(
        used,
        index,
        new Tries(leaf, { limits: { ...limits, l2: limits.l2 + categoryL2 }, counts }, 0),
        leaf,
      );
}

function severalAgainstRest(used: readonly CategorySums[], index: number, tries: Tries, leaf: LeafStats): Split | null {
  const ratio = ({ gradient, hessian }: CategorySums): number => gradient / (hessian + categorySmoothing);
  const order = used
    .filter(({ rows }) => rows >= categorySmoothing)
    .sort((a, b) => ratio(a) - ratio(b) || a.bin - b.bin);
  const most = Math.min(mostCategories, Math.ceil(order.length / 2));
  let best: SetTry = none;
  for (const ranked of [order, order.toReversed()]) {
    let [gradient, hessian, rows, inGroup] = [0, 0, 0, 0];
    for (let taken = 0; taken < most; taken++) {
      const one = ranked[taken]!;
      gradient += one.gradient;
      hessian += one.hessian;
      rows += one.rows;
      inGroup += one.rows;
      if (hessian < tries.smallest || !tries.hasRows(rows)) continue;
      const rest = leaf.hessian - hessian;
      if (rest < tries.smallest || leaf.rows - rows < leastCategoryRows) break;
      if (inGroup < leastCategoryRows) continue;
      inGroup = 0;
      const gain = tries.gainOf(gradient, hessian);
      if (gain > best.gain) best = { gain, gradient, hessian, of: ranked.slice(0, taken + 1) };
    }
  }
  return splitBySet(best, tries, index);
}

function oneAgainstRest(used: readonly CategorySums[], index: number, tries: Tries, leaf: LeafStats): Split | null {
  let best: SetTry = none;
  for (const one of used) {
    if (one.hessian < tries.smallest || leaf.hessian - one.hessian < tries.smallest) continue;
    if (!tries.hasRows(one.rows)) continue;
    const gain = tries.gainOf(one.gradient, one.hessian);
    if (gain > best.gain) best = { ...one, gain, of: [one] };
  }
  return splitBySet(best, tries, index);
}

interface SetTry {
  readonly gain: number;
  readonly gradient: number;
  readonly hessian: number;
  readonly of: readonly CategorySums[];
}
const none: SetTry = { gain: 0, gradient: 0, hessian: 0, of: [] };

function splitBySet({ gain, gradient, hessian, of }: SetTry, tries: Tries, column: number): Split | null {
  if (of.length === 0) return null;
  const set = new Uint32Array(setWords);
  for (const { bin } of of) set[bin >>> 5]! |= 1 << (bin & 31);
  return { gain, column, threshold: 0, set: [...set], missingLeft: false, ...tries.sides(gradient, hessian) };
}
