import { expect, test } from 'vitest';
import type { EventCounts } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import { addEvents, drawEvents, type EventRates } from '../../policy/release/backtest/key-events.ts';
import { SegmentStream, segmentShare } from '../../policy/release/backtest/segment-stream.ts';
import { segmentChecks } from '../../policy/release/checks/segments.ts';
import { segmentsIn } from '../../policy/release/guards/events.ts';
import { slow } from '../../policy/release/guards/slow.ts';
import { bySegment, part } from './segments.ts';
import { policyOf, quiet } from './groups.ts';

const both = (rate: number) => ({ champion: rate, canary: rate });
const rates: EventRates = { error: both(0.2), slow: both(0.1), positive: both(0.25) };
const policy = policyOf({ bySegment });

test('each key has an error, a positive or a negative answer, at the declared rates', () => {
  const drawn = drawEvents(createRandom(3), 1_000_000, 'canary', rates);
  expect(drawn.key).toBe(1_000_000);
  expect(drawn.error + drawn.positive + drawn.negative).toBe(drawn.key);
  expect(drawn.error / 1e6).toBeCloseTo(0.2, 2);
  expect(drawn.slow / 1e6).toBeCloseTo(0.1, 2);
  // A key with an error has no answer.
  expect(drawn.positive / 1e6).toBeCloseTo(0.25 * 0.8, 2);
});

test('events are added to the share in force, and a share without any has no entry', () => {
  const counts: EventCounts[] = [];
  addEvents(counts, 0.1, 'canary', 0);
  expect(counts).toEqual([]);
  addEvents(counts, 0.1, 'canary', 2);
  addEvents(counts, 0.1, 'champion', 3);
  addEvents(counts, 0.1, 'canary', 1);
  addEvents(counts, 0.5, 'champion', 4);
  addEvents(counts, 0.1, 'champion', 5);
  expect(counts).toEqual([
    { share: 0.1, champion: 3, canary: 3 },
    { share: 0.5, champion: 4, canary: 0 },
    { share: 0.1, champion: 5, canary: 0 },
  ]);
});

test('segments share the keys equally with what is in none, and count requests, several for an error', () => {
  expect(segmentShare(policy)).toBeCloseTo(1 / 3, 15);
  const stream = new SegmentStream(policy, createRandom(4));
  const untouched = { champion: 0, canary: 0 };
  expect(stream.seen.map(({ segment, requests, slow }) => ({ segment, requests, slow }))).toEqual([
    { segment: 'country=DE', requests: untouched, slow: untouched },
    { segment: 'country=FR', requests: untouched, slow: untouched },
  ]);
  const burst = 4;
  for (let analysis = 0; analysis < 2; analysis += 1)
    stream.add(0.25, { champion: 300_000, canary: 90_000 }, burst, (place) =>
      place === 0 ? rates : { ...rates, error: both(0) },
    );
  const [failing, sound] = stream.seen;
  const sum = (counts: readonly EventCounts[] = [], arm: 'champion' | 'canary') =>
    counts.reduce((all, count) => all + count[arm], 0);
  for (const arm of ['champion', 'canary'] as const) {
    const keys = (arm === 'champion' ? 600_000 : 180_000) / 3;
    expect((sound?.requests[arm] ?? 0) / keys).toBeCloseTo(1, 1);
    expect(sum(sound?.events.error, arm)).toBe(0);
    expect(sound?.requests[arm]).toBe(sum(sound?.events.positive, arm) + sum(sound?.events.negative, arm));
    const errors = sum(failing?.events.error, arm);
    expect(errors / keys).toBeCloseTo(0.2, 1);
    const answered = sum(failing?.events.positive, arm) + sum(failing?.events.negative, arm);
    expect(failing?.requests[arm]).toBe(answered + burst * errors);
    expect(failing?.slow[arm]).toBe(sum(failing?.events.slow, arm));
    expect((failing?.slow[arm] ?? 0) / keys).toBeCloseTo(0.1, 1);
  }
});

test('a segment that the log did not show has seen nothing', () => {
  const seen = { ...quiet, segments: [part('country=FR', {}), part('country=IT', {})] };
  expect(segmentsIn(seen, policy)).toEqual([
    {
      segment: 'country=DE',
      events: { error: [], slow: [], positive: [], negative: [] },
      requests: { champion: 0, canary: 0 },
      slow: { champion: 0, canary: 0 },
    },
    part('country=FR', {}),
  ]);
  expect(segmentChecks(seen, policy, 'warn').map(({ status, observed }) => [status, observed])).toEqual([
    ['warn', 0],
    ['pass', 100],
  ]);
});

test('slow answers fire where more than one in a hundred of the canary is slow', () => {
  const graveAt = (canary: number): boolean | undefined => {
    const segment = { ...part('country=DE', {}), slow: { champion: 0, canary } };
    return slow.testSegment?.(segment, policy).isGrave;
  };
  expect([0, 1, 2].map(graveAt)).toEqual([false, false, true]);
});
