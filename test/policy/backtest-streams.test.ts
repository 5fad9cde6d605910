import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { rightOf, ratesAt } from '../../policy/release/backtest/arm-rates.ts';
import { Cohorts } from '../../policy/release/backtest/cohorts.ts';
import { addEvents, drawEvents } from '../../policy/release/backtest/key-events.ts';
import { LabelStream } from '../../policy/release/backtest/label-stream.ts';
import { LiveLabelStream } from '../../policy/release/backtest/live-label-stream.ts';
import { bandRate, noProbability, ScoreStream } from '../../policy/release/backtest/score-stream.ts';
import { traffic as usual } from './declared-traffic.ts';

const traffic = { ...usual, wrongRate: 0.2 };

describe('rates of the arms in a minute', () => {
  const noise = {
    champion: Float64Array.of(1, 10, 200),
    canary: Float64Array.of(1, 20, 200),
    traffic: Float64Array.of(1, 1, 1),
  };
  test('are those of the traffic times the noise of the arm, and of the canary times its harm, at most 95 %', () => {
    const harm = { errorRatio: 2, slowRatio: 3, positiveRate: 0.4 };
    expect(ratesAt(1, { traffic, noise }, harm)).toEqual({
      error: { champion: 0.1, canary: 0.4 },
      slow: { champion: 0.2, canary: 0.95 },
      positive: { champion: 0.3, canary: 0.4 },
    });
    expect(ratesAt(0, { traffic, noise }, {})).toEqual({
      error: { champion: 0.01, canary: 0.01 },
      slow: { champion: 0.02, canary: 0.02 },
      positive: { champion: 0.3, canary: 0.3 },
    });
    expect(ratesAt(2, { traffic, noise }, {}).error).toEqual({ champion: 0.95, canary: 0.95 });
    expect(ratesAt(9, { traffic, noise }, {}).error).toEqual({ champion: 0.01, canary: 0.01 });
  });
  test('a request is answered right where it neither fails nor is wrong; the drop is the canary’s', () => {
    const rates = ratesAt(1, { traffic, noise }, {});
    expect(rightOf('champion', traffic, rates, { drop: 0.1 })).toBeCloseTo(0.9 * 0.8, 12);
    expect(rightOf('canary', traffic, rates, { drop: 0.1 })).toBeCloseTo(0.8 * 0.7, 12);
    expect(rightOf('canary', traffic, rates, {})).toBeCloseTo(0.8 * 0.8, 12);
    expect(rightOf('canary', traffic, rates, { drop: 0.9 })).toBe(0);
  });
});

describe('cohorts', () => {
  const told = (delayMs: number, maturityMs: number, times: number[]) => {
    const cohorts = new Cohorts<{ at: number }>({ delayMs, maturityMs });
    for (const at of [0, 10, 20]) cohorts.add({ at });
    return times.map((now) => {
      const seen: Record<'labelled' | 'mature' | 'both', number[]> = { labelled: [], mature: [], both: [] };
      cohorts.advance(now, {
        labelled: ({ at }) => seen.labelled.push(at),
        mature: ({ at }) => seen.mature.push(at),
        both: ({ at }) => seen.both.push(at),
      });
      return seen;
    });
  };
  test('are told once each, after the delay of their labels, the age, and the later of both', () => {
    expect(told(5, 12, [5, 6, 13, 1000])).toEqual([
      { labelled: [], mature: [], both: [] },
      { labelled: [0], mature: [], both: [] },
      { labelled: [], mature: [0], both: [0] },
      { labelled: [10, 20], mature: [10, 20], both: [10, 20] },
    ]);
    expect(told(12, 5, [13, 16])).toEqual([
      { labelled: [0], mature: [0], both: [0] },
      { labelled: [], mature: [10], both: [] },
    ]);
  });
});

describe('streams of labels', () => {
  const all = { labelled: 1, delayMs: 10, maturityMs: 20 };
  test('of mirrored keys count what each version was right on, of all keys and of mature ones', () => {
    const stream = new LabelStream(all, createRandom(1));
    stream.add(0, 1000, 1, 0);
    stream.add(0, 400, 0, 1);
    const missing = { labels: 0, dropped: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 };
    expect(stream.seen(10)).toEqual({
      paired: { ...missing, missing: 1400 },
      mature: { ...missing, missing: 0 },
    });
    const counted = {
      labels: 1400,
      missing: 0,
      dropped: 0,
      championRight: 1000,
      canaryRight: 400,
      worse: 1000,
      better: 400,
    };
    expect(stream.seen(11)).toEqual({ paired: counted, mature: { ...missing, missing: 0 } });
    expect(stream.seen(21)).toEqual({ paired: counted, mature: counted });
  });
  test('of mirrored keys hold their chances: of labels, of differing, of agreeing and right', () => {
    const stream = new LabelStream({ ...all, labelled: 0.5 }, createRandom(2));
    stream.add(0, 200_000, 0.1, 0.2);
    const { paired } = stream.seen(1000);
    const share = (count: number): number => count / paired.labels;
    expect(paired.labels / 200_000).toBeCloseTo(0.5, 1.9);
    expect(paired.missing).toBe(200_000 - paired.labels);
    expect(share(paired.worse)).toBeCloseTo(0.1, 1.9);
    expect(share(paired.better)).toBeCloseTo(0.2, 1.9);
    // Of the 70 % on which they agree, 80 % are right.
    expect(share(paired.championRight - paired.worse)).toBeCloseTo(0.56, 1.9);
    expect(paired.canaryRight).toBe(paired.championRight - paired.worse + paired.better);
  });
  test('of live keys count by share and arm, and nothing where one version has all the traffic', () => {
    const stream = new LiveLabelStream(all, createRandom(3));
    stream.add(0, 0, 'champion', 50, 1);
    stream.add(0, 1, 'canary', 50, 1);
    stream.add(0, 0.1, 'canary', 0, 1);
    stream.add(0, 0.1, 'canary', 10, 1);
    stream.add(0, 0.1, 'champion', 90, 0);
    stream.add(5, 0.1, 'canary', 1, 0);
    stream.add(5, 0.5, 'canary', 7, 1);
    expect(stream.seen(0).all.map(({ missing }) => missing)).toEqual([11, 90, 7]);
    const { all: seen, mature } = structuredClone(stream.seen(21));
    expect(seen).toEqual([
      { share: 0.1, arm: 'canary', right: 10, wrong: 1, missing: 0 },
      { share: 0.1, arm: 'champion', right: 0, wrong: 90, missing: 0 },
      { share: 0.5, arm: 'canary', right: 7, wrong: 0, missing: 0 },
    ]);
    expect(mature).toEqual([
      { share: 0.1, arm: 'canary', right: 10, wrong: 0, missing: 0 },
      { share: 0.1, arm: 'champion', right: 0, wrong: 90, missing: 0 },
    ]);
  });
  test('of live keys leave missing what gets no label', () => {
    const stream = new LiveLabelStream({ ...all, labelled: 0 }, createRandom(3));
    stream.add(0, 0.5, 'canary', 9, 1);
    expect(stream.seen(1000)).toEqual({
      all: [{ share: 0.5, arm: 'canary', right: 0, wrong: 0, missing: 9 }],
      mature: [{ share: 0.5, arm: 'canary', right: 0, wrong: 0, missing: 9 }],
    });
  });
});

describe('a stream of probabilities', () => {
  const banded = releasePolicySchema.parse({ guards: { scoreBand: { from: 0.4, to: 0.65, ratio: 1.5 } } });
  test('has as many in the band as it is wide, and one of a thousand answers without any', () => {
    expect(bandRate(banded)).toBeCloseTo(0.25, 12);
    expect(bandRate(releasePolicySchema.parse({}))).toBe(0);
    expect(noProbability).toBe(0.001);
  });
  test('does harm to the canary alone', () => {
    const stream = new ScoreStream(banded, createRandom(4));
    for (const arm of ['champion', 'canary'] as const)
      stream.add(0.5, arm, 100_000, { bandRate: 0.5, noProbability: 0.1 });
    const [[band], [absent]] = [stream.seen.inBand, stream.seen.outOfRange];
    expect((band?.champion ?? 0) / 100_000).toBeCloseTo(0.25, 1.9);
    expect((band?.canary ?? 0) / 100_000).toBeCloseTo(0.5, 1.9);
    expect((absent?.champion ?? 0) / 100_000).toBeCloseTo(0.001, 3);
    expect((absent?.canary ?? 0) / 100_000).toBeCloseTo(0.1, 1.9);
  });
});

test('events of keys: a failed one has no prediction, and counts are by share in force', () => {
  const rates = {
    error: { champion: 0, canary: 1 },
    slow: { champion: 1, canary: 0 },
    positive: { champion: 1, canary: 0.5 },
  };
  expect(drawEvents(createRandom(1), 9, 'canary', rates)).toEqual({
    key: 9,
    error: 9,
    slow: 0,
    positive: 0,
    negative: 0,
  });
  expect(drawEvents(createRandom(1), 9, 'champion', rates)).toEqual({
    key: 9,
    error: 0,
    slow: 9,
    positive: 9,
    negative: 0,
  });
  const counts: { share: number; champion: number; canary: number }[] = [];
  for (const [share, arm, events] of [
    [0.1, 'champion', 3],
    [0.1, 'champion', 2],
    [0.1, 'canary', 1],
    [0.5, 'canary', 0],
    [0.5, 'canary', 4],
    [0.1, 'champion', 1],
  ] as const)
    addEvents(counts, share, arm, events);
  expect(counts).toEqual([
    { share: 0.1, champion: 5, canary: 1 },
    { share: 0.5, champion: 0, canary: 4 },
    { share: 0.1, champion: 1, canary: 0 },
  ]);
});
