/** What is known of the values of a model's traffic before its release. */
export interface ValueTraffic {
  /** Keys an hour for whose first request a value comes back. */
  readonly valuesPerHour: number;
  /** Hours from a request to its value. */
  readonly valueDelayHours: number;
  /** Mean value, in [0, 1] of the range within which values are judged. */
  readonly valueMean: number;
}

/** Values of the champion's keys, each by its first request. */
export interface ValueCounts {
  readonly values: number;
  /** Share in [0, 1] of the keys that have one, of those old enough: older than the slowest twentieth of the values took. */
  readonly valued: number;
  /** Of half of the values, hours. */
  readonly delayHours: number;
  /** In [0, 1] of the range; what is outside it counts as its nearer end. */
  readonly mean: number;
}

export const valueDefaults: ValueTraffic = { valuesPerHour: 0, valueDelayHours: 0, valueMean: 0.5 };

type Found = { readonly value: number; readonly note: string } | null;

/** Numbers of values, from what was measured over so many hours; null where no value came. */
export function valuesFound(
  counts: ValueCounts | null | undefined,
  keys: number,
  hours: number,
): { readonly [Name in keyof ValueTraffic]: Found } {
  if (counts === null || counts === undefined) return { valuesPerHour: null, valueDelayHours: null, valueMean: null };
  const { values, valued, delayHours, mean } = counts;
  const note = `${values} values over ${Number(hours.toPrecision(3))} h`;
  return {
    valuesPerHour: { value: (keys / hours) * valued, note },
    valueDelayHours: { value: delayHours, note: `median of ${values} values` },
    valueMean: { value: mean, note },
  };
}
