const { fround } = Math;
/** Those that a double holds exactly. */
export const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** Sizes whose shortest decimal is found by scaling: from the least, inclusive, to the most, exclusive. */
export const [leastScaled, mostScaled] = [1e-6, 1e6];

/**
 * The shortest decimal that names the same float32: 0.1 rather than 0.10000000149011612. Its digits are printed as an integer,
 * which takes a third of the time of printing a double. Not for NaN and infinities.
 */
export function float32Text(value: number): string {
  const size = value < 0 ? -value : value;
  if (!(size >= leastScaled && size < 1)) return String(shortestFloat32(value));
  const places = placesOf(size);
  return fraction(digitsAt(size, places), places, value < 0);
}

/** The double nearest to the shortest decimal that names the same float32; the value itself where it is not finite, 0 for -0. */
export function shortestFloat32(value: number): number {
  const size = value < 0 ? -value : value;
  if (!(size >= leastScaled && size < mostScaled)) return size === 0 ? 0 : printed(value);
  const places = placesOf(size);
  const digits = digitsAt(size, places);
  return (value < 0 ? -digits : digits) / powersOfTen[places]!;
}

/**
 * Places after the point of a decimal of three or of six to nine significant digits that names the same float32, and ends in zeros
 * where fewer do; of sizes that are scaled. Nine always do, and fit into 30 bits.
 */
export function placesOf(size: number): number {
  const six = sixDigits(size);
  // Most numbers that people wrote are so short.
  if (six >= 3 && isSame(size, six - 3)) return six - 3;
  for (let places = six; places < six + 3; places++) if (isSame(size, places)) return places;
  return six + 3;
}

const isSame = (size: number, places: number): boolean =>
  fround(digitsAt(size, places) / powersOfTen[places]!) === size;

/** The number, rounded to so many places after the point, without its point: below 2^30. */
export const digitsAt = (size: number, places: number): number => (size * powersOfTen[places]! + 0.5) | 0;

/** Places with which a number has six significant digits. */
function sixDigits(size: number): number {
  if (size >= 1) {
    if (size >= 1e3) return size >= 1e5 ? 0 : size >= 1e4 ? 1 : 2;
    return size >= 100 ? 3 : size >= 10 ? 4 : 5;
  }
  if (size >= 1e-3) return size >= 0.1 ? 6 : size >= 0.01 ? 7 : 8;
  return size >= 1e-4 ? 9 : size >= 1e-5 ? 10 : 11;
}

function fraction(digits: number, places: number, negative: boolean): string {
  let left = digits;
  let width = places;
  while (left % 10 === 0) {
    left = (left / 10) | 0;
    width -= 1;
  }
  if (width <= 0) return negative ? `-${left}` : String(left);
  const text = String(left);
  const zeros = width - text.length;
  return (negative ? '-0.' : '0.') + (zeros === 0 ? '' : '0'.repeat(zeros)) + text;
}

/** Below it a float32 has fewer digits than six. */
const leastNormal = 2 ** -126;

function printed(value: number): number {
  for (let digits = Math.abs(value) < leastNormal ? 1 : 6; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (fround(short) === value) return short;
  }
  return value;
}
