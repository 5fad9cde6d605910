import { Cron } from 'croner';
import { zoneOffset } from '../contracts/data/moment.ts';
import type { ModelDefinition } from '../contracts/model/model-definition.ts';
import { dayMs } from '../contracts/duration.ts';

type Schedule = NonNullable<ModelDefinition['schedule']>;

const shorthand = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;
const interval = /^@every [1-9]\d*(s|m|h|d)$/;

const listOf = (value: string): RegExp => {
  const part = `(\\*|(${value})(-(${value}))?)(/\\d+)?`;
  return new RegExp(`^${part}(,${part})*$`, 'i');
};
const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const weekdays = 'sun|mon|tue|wed|thu|fri|sat';
/** What both Temporal and croner read, field by field. Temporal takes # for the beginning of a comment. */
const grammar = [
  ...Array.from({ length: 3 }, () => listOf('\\d{1,2}')),
  listOf(`\\d{1,2}|${months}`),
  listOf(`\\d{1,2}|${weekdays}`),
];

/** What is wrong with a schedule; null where it can run. */
export function cronFault({ cron, timezone }: Schedule): string | null {
  const text = cron.trim();
  if (shorthand.test(text) || interval.test(text)) return null;
  const fields = text.split(/\s+/);
  if (fields.length !== 5)
    return `schedule.cron "${cron}" has ${fields.length} fields: write five (minute, hour, day of the month, month, weekday)`;
  const odd = fields.flatMap((field, i) => (grammar[i]?.test(field) === true ? [] : [field]));
  if (odd.length > 0)
    return `schedule.cron "${cron}": Temporal cannot read ${odd.map((field) => `"${field}"`).join(', ')}: write numbers, names (JAN, MON), *, ranges such as 1-5, steps such as */2, and lists of them, without L, W, ? and #`;
  try {
    const next = new Cron(text, { timezone, paused: true, legacyMode: false }).nextRun();
    return next === null ? `schedule.cron "${cron}" names a day that no year has: it would never run` : null;
  } catch (error) {
    return `schedule.cron "${cron}" cannot be read (${error instanceof Error ? error.message : String(error)}): write five fields such as "0 3 * * 1"`;
  }
}

/** A run that clocks skip on a day of change, and the wall time at which it takes place instead. */
export interface SkippedRun {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const years = 5;

/**
 * The runs that a schedule loses when clocks are put forward in the next five years, moved to just after the change: a person who writes 02:30
 * means a run each night.
 */
export function skippedRuns({ cron, timezone }: Schedule, from: Date): SkippedRun[] {
  const text = cron.trim();
  if (timezone === 'UTC' || interval.test(text)) return [];
  // Read in UTC, a pattern gives wall times.
  const wall = new Cron(text, { timezone: 'UTC', paused: true, legacyMode: false });
  const runs: SkippedRun[] = [];
  for (let day = 0; day < years * 366; day += 1) {
    const start = new Date(from.getTime() + day * dayMs);
    const [before, after] = [zoneOffset(start.getTime(), timezone), zoneOffset(start.getTime() + dayMs, timezone)];
    if (after <= before) continue;
    const gap = gapAfter(start, timezone, before);
    for (
      let at = wall.nextRun(new Date(gap.from - 1000));
      at !== null && at.getTime() < gap.to;
      at = wall.nextRun(at)
    ) {
      const moved = new Date(at.getTime() + gap.to - gap.from);
      runs.push({
        year: moved.getUTCFullYear(),
        month: moved.getUTCMonth() + 1,
        day: moved.getUTCDate(),
        hour: moved.getUTCHours(),
        minute: moved.getUTCMinutes(),
      });
    }
  }
  return runs;
}

/** The wall times, as if they were UTC, that clocks skip at the change within a day of `start`. */
function gapAfter(start: Date, timezone: string, before: number): { from: number; to: number } {
  let [low, high] = [start.getTime(), start.getTime() + dayMs];
  while (high - low > 1000) {
    const middle = (low + high) / 2;
    if (zoneOffset(middle, timezone) === before) low = middle;
    else high = middle;
  }
  const change = Math.round(high / 60_000) * 60_000;
  return { from: change + before, to: change + zoneOffset(change, timezone) };
}

/** What a person should know of a schedule before it runs; empty where it says what it seems to. */
export function cronNotes(schedule: Schedule, now: Date): string[] {
  const fields = schedule.cron.trim().split(/\s+/);
  const [, , day = '*', , weekday = '*'] = fields;
  const [first] = skippedRuns(schedule, now);
  const pad = (n: number): string => String(n).padStart(2, '0');
  return [
    ...(fields.length === 5 && day !== '*' && weekday !== '*'
      ? [`"${schedule.cron}" runs only on days that are both day ${day} of the month and weekday ${weekday}`]
      : []),
    ...(first === undefined
      ? []
      : [
          `clocks skip a run in ${schedule.timezone}: on ${first.year}-${pad(first.month)}-${pad(first.day)} it takes place at ${pad(first.hour)}:${pad(first.minute)}`,
        ]),
  ];
}
