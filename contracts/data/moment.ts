/** A stretch of time that a text names, in milliseconds since the epoch; an exact time begins and ends at once. */
export interface Moment {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive, but for an exact time. */
  readonly to: number;
  readonly exact: boolean;
}

/** A day, or a day with a time and an offset, as ISO 8601 writes them; `UTC` too, as BigQuery writes it. A regular expression that RE2 knows as well. */
export const timeForm = String.raw`\d{4}-\d{2}-\d{2}(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z| UTC|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?`;
const wanted = new RegExp(String.raw`^(?:\d{4}|\d{4}-\d{2}|${timeForm})$`);
const parts =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z| UTC|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/;

/**
 * Reads a year, a month, a day, or a day with a time, as ISO 8601 writes them. A year, month or day is meant from its beginning to its
 * end. What has no offset is of `timezone`; of a time that its clocks show twice the second is meant, as in the rows of files. Null for every
 * other text, and for days and times that do not exist (13th month, 30 February).
 */
export function readMoment(text: string, timezone = 'UTC'): Moment | null {
  const match = wanted.test(text) ? parts.exec(text) : null;
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  const part = (digits: string | undefined, missing: number): number =>
    digits === undefined ? missing : Number(digits);
  const at: Wall = {
    year: Number(year),
    month: part(month, 1),
    day: part(day, 1),
    hour: part(hour, 0),
    minute: part(minute, 0),
    second: part(second, 0),
  };
  if (!exists(at)) return null;
  if (hour !== undefined) {
    // Files are read to the microsecond.
    const ms = fraction === undefined ? 0 : Number(fraction.padEnd(6, '0').slice(0, 6)) / 1000;
    const from = (offset === undefined ? instantOf(at, timezone, 'last') : utcOf(at) - offsetMs(offset)) + ms;
    return { from, to: from, exact: true };
  }
  const next: Wall =
    day !== undefined
      ? { ...at, day: at.day + 1 }
      : month !== undefined
        ? { ...at, month: at.month + 1 }
        : { ...at, year: at.year + 1 };
  return { from: instantOf(at, timezone, 'first'), to: instantOf(next, timezone, 'first'), exact: false };
}

/** What a clock on the wall shows. */
interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function utcOf({ year, month, day, hour, minute, second }: Wall): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime();
}

function exists(at: Wall): boolean {
  const date = new Date(utcOf(at));
  return (
    date.getUTCMonth() + 1 === at.month &&
    date.getUTCDate() === at.day &&
    at.hour < 24 &&
    at.minute < 60 &&
    at.second < 60
  );
}

function offsetMs(offset: string): number {
  if (offset === 'Z' || offset === ' UTC') return 0;
  const sign = offset.startsWith('-') ? -1 : 1;
  const digits = offset.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)) * 60_000;
}

/** The first or last instant at which the clocks of a zone show this; where they skip it, as much later as they skip. */
function instantOf(at: Wall, timezone: string, which: 'first' | 'last'): number {
  const wall = utcOf(at);
  if (timezone === 'UTC') return wall;
  // The offsets before and after a change of the clocks: those that lead back to the wall time are right.
  const offsets = [wall - 86_400_000, wall + 86_400_000].map((near) => zoneOffset(near, timezone));
  const right = offsets
    .filter((offset) => zoneOffset(wall - offset, timezone) === offset)
    .map((offset) => wall - offset);
  if (right.length === 0) return wall - (offsets[0] ?? 0);
  return which === 'first' ? Math.min(...right) : Math.max(...right);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The clock of a zone: made once, as making one takes fifty times as long as reading it. */
function clockOf(timezone: string): Intl.DateTimeFormat {
  const known = clocks.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(timezone, made);
  return made;
}

/** What the clocks of a zone are ahead of UTC at an instant, in milliseconds. */
export function zoneOffset(instant: number, timezone: string): number {
  const parts = clockOf(timezone).formatToParts(instant);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = utcOf({
    year: of('year'),
    month: of('month'),
    day: of('day'),
    hour: of('hour'),
    minute: of('minute'),
    second: of('second'),
  });
  return wall - Math.floor(instant / 1000) * 1000;
}

/** Whether there is a time zone of this name. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
