import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CountsByArm, MetricSource, Window } from '../../ports/metric-source/port.ts';
import type { Answered } from '../ports/scraped-metrics.ts';

/** What a source under test knows. */
export interface KnownMetrics {
  readonly answered: readonly Answered[];
  /** Milliseconds between two readings of a counter, the first at `begin`, the last at `end`. */
  readonly interval: number;
  readonly begin: number;
  readonly end: number;
  readonly versions: readonly number[];
  readonly events: readonly string[];
}

export interface MetricSourceUnderTest {
  readonly source: MetricSource;
  /** The same, where the monitoring system cannot be reached. */
  readonly away: MetricSource;
  close(): Promise<void>;
}

const interval = 10_000;
const readings = 60;
const digest = `sha256:${'a'.repeat(64)}`;
const champion = { version: 1, digest };
const canary = { version: 2, digest };

/** What every metric source must do. */
export function metricSourceSuite(name: string, start: (known: KnownMetrics) => Promise<MetricSourceUnderTest>): void {
  describe(`metric source: ${name}`, () => {
    // Ten minutes that have passed: a real server takes no samples of the future.
    const begin = Math.floor(Date.now() / interval) * interval - 2 * readings * interval;
    const end = begin + readings * interval;
    const at = (reading: number): number => begin + reading * interval;
    /** Between a reading and the next one. */
    const after = (reading: number): number => at(reading) + interval / 2;
    const answered = Array.from({ length: readings }, (_, reading): Answered[] => {
      const request = (version: number, kinds: readonly string[]): Answered => ({ at: after(reading), version, kinds });
      const often = Array.from({ length: 3 + (reading % 4) }, () => request(1, []));
      return [...often, request(1, reading % 5 === 0 ? ['error'] : []), request(2, ['error']), request(2, ['slow'])];
    }).flat();
    const known = { answered, interval, begin, end, versions: [1, 2], events: ['error', 'slow'] };

    /** What happened between two readings, plainly counted. */
    const truth = (event: string, first: number, last: number, window: Window): CountsByArm => {
      const of = (version: number) => {
        const seen = answered.filter((one) => one.version === version && one.at > at(first) && one.at <= at(last));
        return { events: seen.filter(({ kinds }) => kinds.includes(event)).length, requests: seen.length };
      };
      return { window, champion: of(1), canary: of(2) };
    };

    let subject: MetricSourceUnderTest;
    beforeAll(async () => {
      subject = await start(known);
    });
    afterAll(() => subject?.close());
    const counts = (event: string, windows: readonly Window[]): Promise<CountsByArm[]> =>
      subject.source.counts({ event, champion, canary, windows });

    test('names the kinds that it knows, and how far apart two readings are at most', () => {
      expect(subject.source.events).toEqual(['error', 'slow']);
      expect(subject.source.settleMs).toBeGreaterThanOrEqual(interval);
    });

    test('gives exact counts of both arms for each window, in order', async () => {
      const windows = [
        { from: after(3), to: after(20) },
        { from: after(20), to: after(41) },
        { from: after(41), to: after(58) },
      ];
      const expected = [
        [4, 20],
        [21, 41],
        [42, 58],
      ].map(([first = 0, last = 0], index) => truth('error', first, last, windows[index] as Window));
      expect(await counts('error', windows)).toEqual(expected);
      expect(await counts('error', windows)).toEqual(expected);
    });

    test('counts one kind of event at a time, and the requests of both versions all the same', async () => {
      const window = { from: after(3), to: after(30) };
      expect(await counts('slow', [window])).toEqual([truth('slow', 4, 30, window)]);
    });

    test('gives what lies between the readings around a boundary to no window', async () => {
      const whole = await counts('error', [{ from: after(3), to: after(40) }]);
      const parts = await counts('error', [
        { from: after(3), to: after(20) },
        { from: after(20), to: after(40) },
      ]);
      const requests = (of: CountsByArm[]): number => of.reduce((sum, { canary }) => sum + canary.requests, 0);
      expect(requests(whole) - requests(parts)).toBe(2);
    });

    test('refuses a kind that it does not know, and asks for no retry', async () => {
      const window = { from: after(3), to: after(30) };
      await expect(counts('unheard', [window])).rejects.toMatchObject({ type: 'InvalidConfigError' });
    });

    test('says that counts are missing rather than zero where it cannot reach its system', async () => {
      const asked = { event: 'error', champion, canary, windows: [{ from: after(3), to: after(30) }] };
      await expect(subject.away.counts(asked)).rejects.toMatchObject({ name: 'MissingMetricsError' });
    });

    test.each([
      [
        'overlap',
        [
          { from: 0, to: 20 },
          { from: 10, to: 30 },
        ],
      ],
      [
        'leave a hole',
        [
          { from: 0, to: 10 },
          { from: 20, to: 30 },
        ],
      ],
      ['are empty', [{ from: 10, to: 10 }]],
      ['are none', []],
    ])('refuses windows that %s', async (_, windows) => {
      await expect(counts('error', windows)).rejects.toMatchObject({ type: 'InvalidRequestError' });
    });
  });
}
