/** A number as people read it, to three significant digits. */
export const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));
