import type { Encoding } from '../training/encoding.ts';
import { drawnOut, type Tails } from '../training/tails.ts';
import { curveSize, curveValues, type Curve } from './curves.ts';
import type { Design, Layout } from './design.ts';
import { usedPlaces } from './penalty.ts';

/** A weighted sum of the weights of one value of the head, which says what a column does. */
export interface Contrast {
  readonly name: string;
  readonly places: readonly number[];
  readonly factors: readonly number[];
  /** What one unit of the raw column is in the sum. */
  readonly unit: number;
}

const shown = (value: number): string => String(Number(value.toPrecision(4)));

/**
 * What the weights say of each raw column: of a number the change by one unit, or with a curve the change from the mean to each knot; of a code the
 * change from missing codes, or from the most frequent code where no training row lacks one; and the intercept, at the mean of each number and
 * at those codes.
 */
export function contrastsOf(encoding: Encoding, curves: readonly Curve[], layout: Layout, design: Design): Contrast[] {
  const used = usedPlaces(design);
  const references = layout.categories.map((_, at) => referenceOf(design, layout, at));
  const found: Contrast[] = [
    {
      name: 'intercept',
      places: [layout.intercept, ...references.filter((place) => place !== null)],
      factors: [1, ...references.filter((place) => place !== null).map(() => 1)],
      unit: 1,
    },
  ];
  let mark = encoding.numeric.length;
  for (const [column, { name, tails, mean, deviation, marked }] of encoding.numeric.entries()) {
    const rawAt = (value: number): string => shown(drawnOut(tails, mean + deviation * value));
    const at = curves.findIndex((curve) => curve.column === column);
    if (used[column] === 1 && at < 0)
      found.push({ name: inWords(name, tails), places: [column], factors: [1], unit: deviation });
    if (at >= 0) {
      const curve = curves[at]!;
      const [here, there] = [new Float64Array(curveSize(curve)), new Float64Array(curveSize(curve))];
      curveValues(curve, 0, there);
      for (const knot of curve.knots) {
        curveValues(curve, knot, here);
        found.push({
          name: `${name} = ${rawAt(knot)} (against ${rawAt(0)})`,
          places: [column, ...Array.from(here, (_, i) => layout.curves[at]! + i)],
          factors: [knot, ...Array.from(here, (value, i) => value - there[i]!)],
          unit: 1,
        });
      }
    }
    if (marked) found.push({ name: `${name} is missing`, places: [mark++], factors: [1], unit: 1 });
  }
  for (const [at, { name, codes }] of encoding.oneHot.entries()) {
    const first = layout.categories[at]! + 1;
    const reference = references[at]!;
    const other = reference === null ? 'missing' : codes[reference - first]!;
    for (const [i, code] of codes.entries()) {
      const place = first + i;
      if (used[place] !== 1 || place === reference) continue;
      found.push({
        name: `${name} = ${code} (against ${other})`,
        places: reference === null ? [place] : [place, reference],
        factors: reference === null ? [1] : [1, -1],
        unit: 1,
      });
    }
  }
  return found;
}

const inWords = (name: string, tails: Tails | null): string =>
  tails === null ? name : `asinh((${name} - ${shown(tails.middle)}) / ${shown(tails.width)})`;

/** The most frequent code of a category; null where rows have none, or an unknown one. */
function referenceOf(
  { places, sparse, size }: Design,
  { categories, intercept }: Layout,
  column: number,
): number | null {
  const first = categories[column]!;
  const counts = new Float64Array((categories[column + 1] ?? intercept) - first);
  for (let at = column; at < places.length; at += sparse) {
    if (places[at] === size) return null;
    counts[places[at]! - first]!++;
  }
  let most = 1;
  for (let slot = 2; slot < counts.length; slot++) if (counts[slot]! > counts[most]!) most = slot;
  return first + most;
}
