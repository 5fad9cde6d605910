import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { canary, feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();
const minuteMs = 60_000;
/** What a bin may add: it is an eighth of a doubling. */
const binWidth = 2 ** (1 / 8);

/** Labels "1" come after 1 to 200 minutes, labels "0" after 1 to 60 seconds. */
const ones = Array.from({ length: 200 }, (_, i) => (i + 1) * minuteMs);
const zeros = Array.from({ length: 60 }, (_, i) => (i + 1) * 1_000);
const delays = [...ones.map((ms) => ({ label: 1, ms })), ...zeros.map((ms) => ({ label: 0, ms }))];

/** By counting: the smallest delay that so large a part of them does not exceed. */
const quantileOf = (sorted: readonly number[], part: number): number =>
  sorted.find((ms) => sorted.filter((other) => other <= ms).length >= part * sorted.length) ?? NaN;

/** Requests a second apart, their copies and their labels, in the order of time and in segments of an hour. */
function logOf(entryOf: (id: string, at: number) => LogEntry[]): LogEntry[][] {
  const entries = delays.flatMap(({ label, ms }, i) => {
    const at = since + 1 + i * 1_000;
    return [...entryOf(`r${i}`, at), feedback(`r${i}`, label, at + ms)];
  });
  const segments = new Map<number, LogEntry[]>();
  for (const entry of entries.toSorted((a, b) => a.at - b.at)) {
    const hour = Math.floor((entry.at - since) / 3_600_000);
    segments.set(hour, [...(segments.get(hour) ?? []), entry]);
  }
  return [...segments.values()];
}
const copied = (id: string, at: number): LogEntry[] => [prediction(id, { at }), mirror(id, { at: at + 1 })];

describe('how late labels come', () => {
  it('is measured by what they say, from the request to its label, to the width of a bin', async () => {
    const { labelDelays = [] } = await observe({}, ...logOf(copied));
    expect(labelDelays.map(({ label, labels }) => [label, labels])).toEqual([
      ['1', 200],
      ['0', 60],
    ]);
    for (const [index, sorted] of [ones, zeros].entries())
      for (const [part, told] of [
        [0.5, labelDelays[index]?.medianMs ?? NaN],
        [0.95, labelDelays[index]?.p95Ms ?? NaN],
      ] as const) {
        expect(told).toBeGreaterThanOrEqual(quantileOf(sorted, part));
        expect(told).toBeLessThanOrEqual(quantileOf(sorted, part) * binWidth);
      }
  });

  it('is of the label that counts: not of a later one, of one twice, or of a request that is not known', async () => {
    const plain = await observe({}, ...logOf(copied));
    const more = [
      feedback('r0', 0, since + 9 * 3_600_000),
      feedback('r1', 1, since + 9 * 3_600_000),
      feedback('stranger', 1, since + 9 * 3_600_000),
    ];
    const seen = await observe({}, ...logOf(copied), more);
    expect(seen.labelDelays).toEqual(plain.labelDelays);
    const corrected = await observe({ corrections: 'last' }, ...logOf(copied), more);
    expect(corrected.labelDelays?.find(({ label }) => label === '0')?.labels).toBe(61);
  });

  it('is of live requests where none was mirrored', async () => {
    const live = (id: string, at: number): LogEntry[] => [
      prediction(id, { at, share: 0.5, ...(Number(id.slice(1)) % 2 === 0 ? canary : {}) }),
    ];
    const { labelDelays } = await observe({ liveLabels: true }, ...logOf(live));
    expect(labelDelays).toEqual((await observe({}, ...logOf(copied))).labelDelays);
  });

  it('is not told before a label came', async () => {
    expect((await observe({}, copied('a', since + 1))).labelDelays).toBeUndefined();
  });
});
