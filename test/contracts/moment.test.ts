import { expect, test } from 'vitest';
import { readMoment } from '../../contracts/data/moment.ts';

const iso = (text: string, timezone?: string): [string, string] | null => {
  const moment = readMoment(text, timezone);
  return moment === null ? null : [new Date(moment.from).toISOString(), new Date(moment.to).toISOString()];
};

// Berlin put its clocks forward on 31 March 2024 at 01:00 UTC, and back on 27 October 2024 at 01:00 UTC.
test.each<[string, string, string, string]>([
  ['2024', 'UTC', '2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z'],
  ['2024-02', 'UTC', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
  ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
  ['2024-12-31', 'UTC', '2024-12-31T00:00:00.000Z', '2025-01-01T00:00:00.000Z'],
  ['2024-03-31', 'Europe/Berlin', '2024-03-30T23:00:00.000Z', '2024-03-31T22:00:00.000Z'],
  ['2024-10-27', 'Europe/Berlin', '2024-10-26T22:00:00.000Z', '2024-10-27T23:00:00.000Z'],
  // Its clocks show midnight twice: the day begins at the first.
  ['2024-11-03', 'America/Havana', '2024-11-03T04:00:00.000Z', '2024-11-04T05:00:00.000Z'],
  ['2024-07-01', 'America/New_York', '2024-07-01T04:00:00.000Z', '2024-07-02T04:00:00.000Z'],
])('%s in %s is %s to %s', (text, timezone, from, to) => {
  expect(iso(text, timezone)).toEqual([from, to]);
});

test.each<[string, string, string]>([
  ['2024-01-01T12:00', 'UTC', '2024-01-01T12:00:00.000Z'],
  ['2024-01-01 12:00:30.25', 'UTC', '2024-01-01T12:00:30.250Z'],
  ['2024-01-01T12:00:00Z', 'Europe/Berlin', '2024-01-01T12:00:00.000Z'],
  ['2024-01-01T12:00:00+05:30', 'UTC', '2024-01-01T06:30:00.000Z'],
  ['2024-01-01T12:00:00-08', 'UTC', '2024-01-01T20:00:00.000Z'],
  ['2024-01-01T12:00:00', 'Europe/Berlin', '2024-01-01T11:00:00.000Z'],
  ['2024-03-31T12:00:00', 'Europe/Berlin', '2024-03-31T10:00:00.000Z'],
  ['2024-10-27T12:00:00', 'Europe/Berlin', '2024-10-27T11:00:00.000Z'],
  // Skipped, then shown twice: as much later as the clocks skip, and the second of both, as rows are read.
  ['2024-03-31T02:30:00', 'Europe/Berlin', '2024-03-31T01:30:00.000Z'],
  ['2024-10-27T02:30:00', 'Europe/Berlin', '2024-10-27T01:30:00.000Z'],
  ['2024-01-01 12:00:00 UTC', 'Europe/Berlin', '2024-01-01T12:00:00.000Z'],
])('%s in %s is the instant %s', (text, timezone, instant) => {
  expect(iso(text, timezone)).toEqual([instant, instant]);
});

test.each([
  '2013-13-01',
  '2024-02-30',
  '2023-02-29',
  '2024-01-01T24:00',
  '2024-01-01T10:61',
  '2024-01-01T10:00:00+25',
  '24-01-31',
  '2024/01/31',
  'epoch',
  'infinity',
  '1/2/2024',
  '20240101',
  'soon',
  '',
  '2024-1-1',
])('%s is not a time', (text) => {
  expect(readMoment(text)).toBeNull();
});
