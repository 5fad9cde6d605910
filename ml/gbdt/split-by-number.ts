import { bestBin, type PlainScan } from './scan-bins.ts';
import type { ColumnFacts, LeafStats, Scan, Split } from './split.ts';
import { Tries } from './tries.ts';

/** Rounding must not hide that a split is better than one of another column: what is nearly so good is judged by its gain. */
const slack = 1 - 1e-12;

/** The best split of a leaf by a bound; null where none gains more than is to beat. Both sides are tried for missing values. */
export function splitByNumber(histogram: Float64Array, facts: ColumnFacts, leaf: LeafStats, scan: Scan): Split | null {
  const { limits } = scan;
  const isPlain =
    limits.l1 === 0 &&
    facts.monotone === 0 &&
    leaf.least === -Infinity &&
    leaf.most === Infinity &&
    scan.counts === null;
  const tries = new Tries(leaf, scan, facts.monotone);
  const pass = isPlain ? plainPass : limitedPass;
  const isMissing = histogram[0] !== 0;
  const right = pass(histogram, { facts, tries, scan, missingLeft: false, toBeat: scan.toBeat });
  const toBeat = right?.gain ?? scan.toBeat;
  const left = isMissing ? pass(histogram, { facts, tries, scan, missingLeft: true, toBeat }) : null;
  const best = left ?? right;
  if (best === null) return null;
  const { gain, threshold, gradient, hessian } = best;
  const missingLeft = isMissing ? left !== null : null;
  return { gain, column: facts.index, threshold, set: null, missingLeft, ...tries.sides(gradient, hessian) };
}

/** What a pass over the bins is told, with the missing values on one side. */
interface Pass {
  readonly facts: ColumnFacts;
  readonly tries: Tries;
  readonly scan: Scan;
  readonly missingLeft: boolean;
  readonly toBeat: number;
}

interface NumberTry {
  readonly gain: number;
  readonly threshold: number;
  readonly gradient: number;
  readonly hessian: number;
}

/** Behind the last bin that can be a bound: where missing values are on the right, the numbers can be split from them. */
const endOf = (histogram: Float64Array, { facts: { bins }, missingLeft }: Pass): number =>
  histogram[0] !== 0 && !missingLeft ? bins : bins - 1;

/** A gain is a matter of one division where values have no limits. */
function plainPass(histogram: Float64Array, pass: Pass): NumberTry | null {
  const { tries, scan, missingLeft, toBeat } = pass;
  const { leaf, smallest, floor } = tries;
  const { factor, gradient: gradientUnit, hessian: hessianUnit } = scan.units;
  const { l2 } = scan.limits;
  const both = leaf.hessian + 2 * l2;
  const plain: PlainScan = {
    factor,
    gradientUnit,
    hessianUnit,
    smallest,
    largest: leaf.hessian - smallest,
    l2,
    gradient: leaf.gradient,
    both,
  };
  const [start, end] = [missingLeft ? histogram[0]! : 0, endOf(histogram, pass)];
  // The gain of a split is what `bestBin` compares, less this.
  const less = floor - leaf.gradient ** 2 / both;
  const threshold = bestBin(histogram, plain, start, end, (toBeat + less) * slack);
  if (threshold === 0) return null;
  let packed = start;
  for (let bin = 1; bin <= threshold; bin++) packed += histogram[bin]!;
  const first = Math.floor(packed / factor);
  const [gradient, hessian] = [first * gradientUnit, (packed - first * factor) * hessianUnit];
  const gain = tries.gainOf(gradient, hessian);
  return gain > toBeat ? { gain, threshold, gradient, hessian } : null;
}

function limitedPass(histogram: Float64Array, pass: Pass): NumberTry | null {
  const { tries, scan, missingLeft, toBeat } = pass;
  const { leaf, smallest } = tries;
  const { units, counts } = scan;
  const largest = leaf.hessian - smallest;
  let packed = missingLeft ? histogram[0]! : 0;
  let rows = missingLeft ? (counts?.[0] ?? 0) : 0;
  let best: NumberTry | null = null;
  const end = endOf(histogram, pass);
  for (let bin = 1; bin < end; bin++) {
    const here = histogram[bin]!;
    rows += counts?.[bin] ?? 0;
    if (here === 0) continue;
    packed += here;
    const first = Math.floor(packed / units.factor);
    const hessian = (packed - first * units.factor) * units.hessian;
    if (hessian < smallest) continue;
    if (hessian > largest) break;
    if (counts !== null && !tries.hasRows(rows)) continue;
    const gradient = first * units.gradient;
    const gain = tries.gainOf(gradient, hessian);
    if (gain > (best?.gain ?? toBeat)) best = { gain, threshold: bin, gradient, hessian };
  }
  return best;
}
