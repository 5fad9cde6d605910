import { normalCdf, normalDensity, normalQuantile } from '../../../ml/statistics/normal.ts';

/** One-sided alpha spent up to a share `t` of the information, of the O'Brien-Fleming type: `2 - 2 Phi(z / sqrt(t))`, z the normal quantile at `1 - alpha / 2` (Lan and DeMets 1983). */
export const obrienFlemingSpending = (t: number, alpha: number): number =>
  2 * normalCdf(normalQuantile(alpha / 2) / Math.sqrt(t));

const gridPoints = 401;
const deviations = 8;

interface Grid {
  readonly at: Float64Array;
  readonly weight: Float64Array;
}

/** Points and Simpson weights on [low, high]. */
function grid(low: number, high: number): Grid {
  const step = (high - low) / (gridPoints - 1);
  const at = Float64Array.from({ length: gridPoints }, (_, index) => low + index * step);
  const weight = Float64Array.from(
    { length: gridPoints },
    (_, index) => ((index === 0 || index === gridPoints - 1 ? 1 : index % 2 === 1 ? 4 : 2) * step) / 3,
  );
  return { at, weight };
}

/**
 * Upper z bounds for looks at rising shares of the information, in (0, 1], so that the chance to have crossed by each look is
 * what O'Brien-Fleming spending allows. The density of the score that has crossed nowhere is carried from look to look by
 * numerical integration. Source: Armitage, McPherson and Rowe 1969; Lan and DeMets 1983. Good to about 1e-4.
 */
export function obrienFlemingBounds(fractions: readonly number[], alpha: number): number[] {
  const bounds: number[] = [];
  let [before, spent] = [0, 0];
  let points: Grid = { at: Float64Array.of(0), weight: Float64Array.of(1) };
  let density: Float64Array = Float64Array.of(1);
  for (const fraction of fractions) {
    const step = Math.sqrt(fraction - before);
    const { at, weight } = points;
    const crossing = (bound: number): number =>
      at.reduce(
        (sum, score, index) => sum + (weight[index] ?? 0) * (density[index] ?? 0) * normalCdf((score - bound) / step),
        0,
      );
    const target = obrienFlemingSpending(fraction, alpha) - spent;
    let [low, high] = [0, 10 * Math.sqrt(fraction)];
    while (high - low > 1e-7) {
      const middle = (low + high) / 2;
      if (crossing(middle) > target) low = middle;
      else high = middle;
    }
    bounds.push(high / Math.sqrt(fraction));
    const next = grid(-deviations * Math.sqrt(fraction), high);
    const carried = density;
    density = next.at.map((score) =>
      at.reduce(
        (sum, from, index) =>
          sum + ((weight[index] ?? 0) * (carried[index] ?? 0) * normalDensity((score - from) / step)) / step,
        0,
      ),
    );
    points = next;
    spent += target;
    before = fraction;
  }
  return bounds;
}
