import { readNumeral } from './cell.ts';
import type { DataSelection, DatasetDefinition } from './dataset.ts';
import { PawlError } from '../errors.ts';
import { readMoment } from './moment.ts';
import { errorTypes } from '../names.ts';

/** A bound on the time column, as its type means it. */
export type Bound =
  | { readonly kind: 'moment'; readonly from: number; readonly to: number; readonly exact: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string };

type Timed = Pick<DatasetDefinition, 'dataset' | 'time' | 'timezone' | 'columns'>;

const wanted = {
  moment: 'write a year, a day (2024-03-31) or a time (2024-03-31T12:00, with an offset where it needs one)',
  number: 'write a number',
};

/** Throws `InvalidRequestError` for what the time column cannot hold. */
export function readBound(
  name: 'from' | 'to',
  value: string | number,
  { dataset, time, timezone, columns }: Timed,
): Bound {
  const refused = (reason: string): PawlError =>
    new PawlError(errorTypes.invalidRequest, `"${name}": ${JSON.stringify(value)} ${reason}`, {
      dataset,
      bound: value,
    });
  if (time === undefined)
    throw refused(
      `cannot select rows: dataset "${dataset}" names no time column; declare "time", or leave the bound out`,
    );
  const type = columns[time]?.type ?? 'string';
  if (type === 'timestamp') {
    const moment = readMoment(String(value), timezone);
    if (moment === null) throw refused(`is not a time, as the time column "${time}" holds: ${wanted.moment}`);
    return { kind: 'moment', ...moment };
  }
  if (type === 'integer' || type === 'number') {
    const number = typeof value === 'number' ? value : readNumeral(value);
    if (number === null || !Number.isFinite(number))
      throw refused(`is not a number, as the time column "${time}" holds: ${wanted.number}`);
    return { kind: 'number', value: number };
  }
  return { kind: 'text', value: String(value) };
}

/** Checks a selection before anything is read. Throws `InvalidRequestError`. */
export function checkSelection({ from, to, last }: DataSelection, dataset: Timed): void {
  if (last !== undefined) checkWindow({ from, to }, dataset);
  const lower = from === undefined ? null : readBound('from', from, dataset);
  const upper = to === undefined ? null : readBound('to', to, dataset);
  if (lower === null || upper === null) return;
  const [start, end] = [orderOf(lower), orderOf(upper)];
  if (start > end)
    throw new PawlError(errorTypes.invalidRequest, `"from" (${from}) is after "to" (${to}): exchange them`, {
      dataset: dataset.dataset,
    });
}

function checkWindow({ from, to }: DataSelection, { dataset, time, columns }: Timed): void {
  const refused = (reason: string): PawlError =>
    new PawlError(errorTypes.invalidRequest, `"last": ${reason}`, { dataset });
  if (from !== undefined || to !== undefined)
    throw refused('it is a window up to the start of the run, and "from" or "to" is given too: leave one out');
  const type = time === undefined ? undefined : (columns[time]?.type ?? 'string');
  if (type === 'timestamp') return;
  throw refused(
    type === undefined
      ? `dataset "${dataset}" names no time column: declare "time", or leave the window out`
      : `the time column "${time}" is of type ${type}, and a window needs moments: declare it as timestamp, or write "from"`,
  );
}

const orderOf = (bound: Bound): number | string => (bound.kind === 'moment' ? bound.from : bound.value);

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The selection with the bounds that `last` means for a run that was due then, in milliseconds since the epoch. Both bounds are included. */
export function atTime({ last, ...selection }: DataSelection, due: number): DataSelection {
  return last === undefined ? selection : { ...selection, from: isoOf(due - last), to: isoOf(due) };
}
