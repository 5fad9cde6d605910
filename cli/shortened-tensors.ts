import type { PlainValue } from '../ports/prediction-log/queries-port.ts';

/** Values of a tensor that are shown of more. */
const shownValues = 8;

/** Logged inputs or outputs as text, with the first values of each tensor and how many the row has; null where all are few. */
export function shortenedTensors(logged: PlainValue): string | null {
  if (logged === null || typeof logged !== 'object' || Array.isArray(logged)) return null;
  const tensors = Object.entries(logged);
  if (!tensors.some(([, values]) => isLong(values))) return null;
  return `{${tensors.map(([name, values]) => `${JSON.stringify(name)}:${isLong(values) ? firstOf(values) : JSON.stringify(values)}`).join(',')}}`;
}

const isLong = (values: unknown): values is readonly unknown[] => Array.isArray(values) && values.length > shownValues;

const firstOf = (values: readonly unknown[]): string => {
  const shown = values.slice(0, shownValues).map((value) => JSON.stringify(value));
  return `[${shown.join(',')}, and ${values.length - shownValues} more of [${values.length}]]`;
};
