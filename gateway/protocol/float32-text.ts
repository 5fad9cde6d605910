const { fround, round } = Math;
const powers = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/**
 * The shortest decimal that names the same float32: 0.1 rather than 0.10000000149011612. Its digits are printed as an integer,
 * which takes a third of the time of printing a double. Not for NaN and infinities.
 */
export function float32Text(value: number): string {
  const size = value < 0 ? -value : value;
  if (!(size >= 1e-6 && size < 1e6)) return String(value === 0 ? 0 : shortest(value));
  const places = sixDigits(size);
  // Six to nine significant digits: nine always do.
  for (let more = 0; more < 4; more++) {
    const power = powers[places + more]!;
    const digits = round(size * power);
    if (fround(digits / power) !== size) continue;
    if (size < 1) return fraction(digits | 0, places + more, value < 0);
    return String(value < 0 ? -digits / power : digits / power);
  }
  return String(value);
}

/** Places after the point with which a number of [1e-6, 1e6) has six significant digits. */
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

function shortest(value: number): number {
  for (let digits = 6; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (fround(short) === value) return short;
  }
  return value;
}
