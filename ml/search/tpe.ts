import type { Random } from '../random.ts';
import { normalCdf, normalDensity } from '../statistics/normal.ts';
import { drawPoint, type Axis, type Point } from './space.ts';

export interface TriedPoint {
  readonly point: Point;
  /** Lower is better. */
  readonly loss: number;
}

/** Points that are drawn evenly before the estimator says more than chance. */
const firstDraws = 8;
const candidates = 24;

/**
 * Draws a point by the tree-structured Parzen estimator (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", section 4, each axis by
 * itself): of 24 candidates drawn from a density `l` of the better points, the one at which `l / g` is greatest, `g` being the density of the others. Better are the
 * least `ceil(n / 4)`, 25 at most. Each density is a mixture of normal distributions at its points, cut off at the ends of the axis, and one even
 * distribution. Even draws while fewer than `firstDraws` points are known.
 */
export function proposeByTpe(axes: readonly Axis[], tried: readonly TriedPoint[], random: Random): Point {
  if (tried.length < firstDraws) return drawPoint(axes, random);
  const sorted = [...tried].sort((a, b) => a.loss - b.loss);
  const count = Math.min(25, Math.ceil(sorted.length / 4));
  const [better, others] = [sorted.slice(0, count), sorted.slice(count)];
  return axes.map((axis, at) => {
    const placesOf = (of: readonly TriedPoint[]): number[] => of.map(({ point }) => point[at]!);
    const [l, g] = [densityOn(axis, placesOf(better)), densityOn(axis, placesOf(others))];
    let [best, most] = [0, -Infinity];
    for (let drawn = 0; drawn < candidates; drawn++) {
      const place = l.draw(random);
      const ratio = l.at(place) / g.at(place);
      if (ratio > most) [best, most] = [place, ratio];
    }
    return best;
  });
}

interface Density {
  readonly draw: (random: Random) => number;
  readonly at: (place: number) => number;
}

const densityOn = (axis: Axis, places: readonly number[]): Density =>
  axis.kind === 'choice' ? overChoices(axis.values.length, places) : overNumbers(axis, places);

/** Counts with one more of each choice. */
function overChoices(choices: number, places: readonly number[]): Density {
  const counts = new Float64Array(choices).fill(1);
  for (const place of places) counts[place]!++;
  const total = places.length + choices;
  return {
    at: (place) => counts[place]! / total,
    draw(random) {
      let left = random.next() * total;
      return Math.max(
        0,
        counts.findIndex((count) => (left -= count) < 0),
      );
    },
  };
}

/** A normal distribution at each place, as wide as the greater distance to its neighbours, and an even one. */
function overNumbers({ from, to }: { readonly from: number; readonly to: number }, places: readonly number[]): Density {
  const length = to - from;
  const ends = [from, ...[...places].sort((a, b) => a - b), to];
  const parts = ends.slice(1, -1).map((middle, index) => {
    const gap = Math.max(middle - ends[index]!, ends[index + 2]! - middle);
    const width = Math.min(length, Math.max(gap, length / Math.min(100, places.length + 2)));
    const inside = normalCdf((to - middle) / width) - normalCdf((from - middle) / width);
    return { middle, width, inside };
  });
  return {
    at(place) {
      const sum = parts.reduce((total, { middle, width, inside }) => {
        const z = (place - middle) / width;
        return total + normalDensity(z) / (width * inside);
      }, 1 / length);
      return sum / (parts.length + 1);
    },
    draw(random) {
      const part = parts[random.integer(parts.length + 1)];
      if (part === undefined) return from + random.next() * length;
      for (;;) {
        const place = part.middle + part.width * random.normal();
        if (place >= from && place <= to) return place;
      }
    },
  };
}
