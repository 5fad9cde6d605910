import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedbackEntry, LogEntry, PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { binary } from '../support/classes.ts';
import { patience } from '../support/patience.ts';
import { feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { window, storeOf, observe } = useReleaseLogs({});

const toleranceMs = 1_000;
const pair = (id: string, key: string, at: number): LogEntry[] => [
  prediction(id, { key, at: since + at }),
  mirror(id, { at: since + at + 1 }),
];
const asked = (key: string, time: number, label: number | string, at = 9_000_000): FeedbackEntry => ({
  ...feedback('', label, since + at),
  asked: { key, time: since + time },
});

describe('feedback by key and time', () => {
  it('is joined to the one request of its key within the tolerance, else set aside and counted', async () => {
    const entries = [
      ...pair('a', 'once', 10_000),
      ...pair('b', 'before', 20_000),
      ...pair('c', 'after', 30_000),
      ...pair('d', 'often', 40_000),
      ...pair('e', 'often', 45_000),
      ...pair('f', 'twice', 50_000),
      ...pair('g', 'twice', 50_900),
      ...pair('h', 'far', 60_000),
    ];
    const labels = [
      asked('once', 10_000, 1),
      asked('before', 20_000 - toleranceMs, 1),
      asked('after', 30_000 + toleranceMs, 0),
      asked('often', 40_400, 1),
      asked('twice', 50_400, 1),
      asked('far', 60_000 + toleranceMs + 1, 1),
      asked('nobody', 60_000, 1),
    ];
    for (const segments of [
      [[...entries, ...labels]],
      [labels, entries],
      entries.map((entry) => [entry]).concat([labels]),
    ]) {
      const seen = await observe({}, ...segments);
      expect(seen.setAside).toEqual({ labels: 0, records: 3 });
      expect(seen.paired.labels).toBe(4);
    }
  });

  it('is not guessed where the requests of its time were not all read', async () => {
    const seen = await observe({}, [...pair('a', 'k', 500)], [asked('k', 500, 1), asked('other', -70_000, 1)]);
    expect(seen.setAside).toBeUndefined();
    expect(seen.paired.labels).toBe(0);
  });

  it('is one label among those by id: the first counts, and one of another word is set aside', async () => {
    const seen = await observe({}, [
      ...pair('a', 'k', 10_000),
      ...pair('b', 'l', 10_000),
      feedback('a', 0, since + 20_000),
      asked('k', 10_000, 1, 30_000),
      asked('l', 10_000, 'maybe'),
    ]);
    expect(seen).toMatchObject({ corrected: 1, setAside: { labels: 1, records: 0 }, paired: { labels: 1 } });
  });

  it('is not joined to a request of several rows, about which it says nothing', async () => {
    const two = { type: 'int64', shape: [2], data: BigInt64Array.of(1n, 0n) } as const;
    const many: PredictionEntry = {
      ...prediction('m', { key: 'k', at: since + 10_000 }),
      rows: 2,
      inputs: {},
      outputs: { label: two },
    };
    const seen = await observe({}, [many, asked('k', 10_000, 1)]);
    expect(seen.setAside).toEqual({ labels: 0, records: 1 });
  });

  it('takes no longer for one key and second of much than for many', async () => {
    const count = 6_000;
    const most = 60_000;
    const labels = Array.from({ length: count }, (_, i) => asked('k', most + i, 1));
    const requests = Array.from({ length: count }, (_, i) => prediction(`r${i}`, { key: 'k', at: since + most + i }));
    const log = createPredictionLog({ store: await storeOf([[...requests, ...labels]]), toleranceMs: 100_000 });
    const started = performance.now();
    expect((await log.observe({ ...window, since: since - 1_000_000 })).setAside).toEqual({
      labels: 0,
      records: count,
    });
    const live = await log.live({ model: 'tiny', from: since, to: since + 1e6, columns: [], labelSpace: binary });
    expect(live.right).toHaveLength(0);
    // Each with each would be 36 million comparisons.
    expect(performance.now() - started).toBeLessThan(patience(20_000));
  });

  it('joins in the monitor what brute force joins', async () => {
    const request = record({
      key: constantFrom('k', 'l'),
      at: integer({ min: 2, max: 30 }),
      label: constantFrom(0, 1),
    });
    const said = record({
      key: constantFrom('k', 'l', 'm'),
      at: integer({ min: 0, max: 32 }),
      label: constantFrom(0, 1),
    });
    await assert(
      asyncProperty(
        array(request, { maxLength: 8 }),
        array(said, { maxLength: 6 }),
        boolean(),
        async (all, labels, apart) => {
          const requests = all.map(({ key, at, label }, n) =>
            prediction(`r${n}`, { key, at: since + at * 400, label }),
          );
          const outcomes = labels.map(({ key, at, label }, n) => asked(key, at * 400, label, 9_000_000 + n));
          const segments = apart
            ? [requests, outcomes].filter(({ length }) => length > 0)
            : [[...requests, ...outcomes]];
          const log = createPredictionLog({
            store: await storeOf(segments.flat().length === 0 ? [] : segments),
            toleranceMs,
          });
          const truths = new Map<string, number>();
          for (const [n, { key, at }] of labels.entries()) {
            const near = requests.filter(
              (one) => one.key === key && Math.abs(one.at - (since + at * 400)) <= toleranceMs,
            );
            const [one] = near;
            if (one !== undefined && near.length === 1 && !truths.has(one.id)) truths.set(one.id, labels[n]!.label);
          }
          const right = requests
            .map((one, n) => ({ at: one.at, id: one.id, label: all[n]!.label }))
            .filter(({ id }) => truths.has(id))
            .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
            .map(({ id, label }) => Number(truths.get(id) === label));
          const live = await log.live({ model: 'tiny', from: since, to: since + 1e6, columns: [], labelSpace: binary });
          expect(Array.from(live.right)).toEqual(right);
        },
      ),
      { numRuns: 25 },
    );
  });
});
