import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { predictionLogSuite } from '../contracts/prediction-log.suite.ts';
import { classesFor } from '../support/classes.ts';
import { canary, feedback, inputsOf, mirror, prediction, since } from './log-entries.ts';
import { putSegment, segmentStore } from './log-segments.ts';
import { useReleaseLogs } from './release-log.ts';

predictionLogSuite('on segments in memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-log-'));
  const store = segmentStore(folder);
  return {
    log: createPredictionLog({ store }),
    handOver: (entries) => store.add(entries),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

predictionLogSuite('on a file store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-log-'));
  const store = createFileStore(pathToFileURL(folder).href);
  let segments = 0;
  return {
    log: createPredictionLog({ store }),
    handOver: (entries) => putSegment(store, entries, segments++),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

const { window, storeOf, observe: observeIn } = useReleaseLogs({ stepSince: since + 1_000 });
const observe = (...segments: (readonly LogEntry[])[]) => observeIn({}, ...segments);

describe('the observation of a release', () => {
  it('counts by the version that answered, also when the canary has become champion', async () => {
    const seen = await observe([
      prediction('a', { label: 1, ms: 1 }),
      prediction('b', { ...canary, ms: 60 }),
      prediction('c', { version: 2, arm: 'champion', share: 0, at: since + 2_000, label: 1 }),
      prediction('d', { ...canary, error: 'broken', label: null }),
    ]);
    expect(seen.arms.champion).toEqual({ requests: 1, errors: 0, slow: 0, positives: 1, p50Ms: 1, p99Ms: 1 });
    expect(seen.arms.canary).toEqual({ requests: 3, errors: 1, slow: 1, positives: 1, p50Ms: 2, p99Ms: 60 });
    expect(seen.stepRequests).toBe(1);
    expect(seen.events.key).toEqual([
      { share: 0.25, champion: 1, canary: 2 },
      { share: 1, champion: 0, canary: 1 },
    ]);
    const arms = { champion: { requests: 1, errors: 0 }, canary: { requests: 3, errors: 1 } };
    expect(seen.instances).toEqual([{ instance: 'one', requests: 4, errors: 1, arms }]);
  });

  it('tells the requests and errors of each version apart by the instance that answered', async () => {
    const seen = await observe([
      prediction('a', { instance: 'two' }),
      prediction('b', { ...canary, instance: 'two', error: 'broken', label: null }),
      prediction('c', { ...canary, instance: 'one' }),
      mirror('a', { instance: 'two', error: 'broken', label: null }),
    ]);
    expect(seen.instances).toEqual([
      {
        instance: 'one',
        requests: 1,
        errors: 0,
        arms: { champion: { requests: 0, errors: 0 }, canary: { requests: 1, errors: 0 } },
      },
      {
        instance: 'two',
        requests: 2,
        errors: 1,
        arms: { champion: { requests: 1, errors: 0 }, canary: { requests: 1, errors: 1 } },
      },
    ]);
  });

  it('counts the first event of a key once, by the share in force then', async () => {
    const burst = [1, 2, 3].map((n) =>
      prediction(`e${n}`, { ...canary, key: 'k', at: since + n, error: 'x', label: null }),
    );
    const later = prediction('e4', { ...canary, key: 'k', at: since + 9, share: 0.5, error: 'x', label: null });
    const seen = await observe([later, ...burst]);
    expect(seen.events.error).toEqual([{ share: 0.25, champion: 0, canary: 1 }]);
    expect(seen.events.key).toEqual([{ share: 0.25, champion: 0, canary: 1 }]);
    expect(seen.events.positive).toEqual([]);
  });

  it('lets a key that was seen without a split count when there is one', async () => {
    const seen = await observe([
      prediction('a', { key: 'k', share: 0, at: since + 1 }),
      prediction('b', { ...canary, key: 'k', at: since + 2 }),
    ]);
    expect(seen.events.negative).toEqual([
      { share: 0, champion: 1, canary: 0 },
      { share: 0.25, champion: 0, canary: 1 },
    ]);
  });

  it('joins answers, copies and labels, both ways', async () => {
    const seen = await observe(
      [prediction('a'), prediction('b', { ...canary, label: 1 }), prediction('c'), prediction('d'), prediction('e')],
      [
        mirror('a'),
        mirror('b', { version: 1, label: 1 }),
        mirror('c', { error: 'x', label: null, ms: 70 }),
        mirror('d'),
      ],
      [feedback('a', '0'), feedback('b', 1), feedback('c', 0), feedback('d', 1), feedback('e', 1)],
    );
    expect(seen.mirrored).toEqual({ requests: 4, errors: 1, slow: 1, agree: 1, dropped: 0 });
    expect(seen.paired).toEqual({
      labels: 3,
      missing: 0,
      dropped: 0,
      championRight: 2,
      canaryRight: 2,
      worse: 1,
      better: 1,
    });
  });

  it('counts a key by the first of its requests that both versions answered, whose label may be missing', async () => {
    const requests = ['a', 'b', 'c'].map((id, i) =>
      prediction(id, { key: 'k', at: since + i, error: 'x', label: null }),
    );
    const segments = [
      [...requests, prediction('d', { key: 'other', at: since + 5 }), prediction('e', { key: 'young', at: since + 9 })],
      ['b', 'c', 'd', 'e'].map((id) => mirror(id)),
      [feedback('c', 1), feedback('e', 0)],
    ];
    const seen = await observe(...segments);
    expect(seen.mirrored.requests).toBe(4);
    expect(seen.mirroredKeys).toEqual({
      keys: 3,
      errors: { champion: 1, canary: 0 },
      slow: { champion: 0, canary: 0 },
    });
    expect(seen.paired).toMatchObject({ labels: 1, missing: 1 });
    const { mature } = await observeIn({ matureBefore: since + 6 }, ...segments);
    expect(mature).toMatchObject({ labels: 0, missing: 1 });
  });

  it('leaves out what came while the canary warmed up, of both versions', async () => {
    const seen = await observeIn({ skip: [{ from: since + 10, to: since + 20 }] }, [
      prediction('a', { at: since + 9 }),
      prediction('b', { at: since + 10 }),
      prediction('c', { ...canary, at: since + 19 }),
      prediction('d', { ...canary, at: since + 20 }),
    ]);
    expect([seen.arms.champion.requests, seen.arms.canary.requests]).toEqual([1, 1]);
  });

  it.each([
    ['every segment once, however often it looks', 1_000, 0],
    ['only what it has no room for again', 600, 2],
    ['all again where it keeps nothing', 0, 5],
  ])('reads %s', async (_, cachedRows, again) => {
    const segments = Array.from({ length: 5 }, (_, s) =>
      Array.from({ length: 100 }, (_, i): LogEntry[] => [
        prediction(`${s}-${i}`, { key: `k${i}`, at: since + s * 1_000 + i, ...(i % 4 === 0 ? canary : {}) }),
        mirror(`${s}-${i}`, { version: i % 4 === 0 ? 1 : 2, at: since + s * 1_000 + i }),
      ]).flat(),
    );
    const store = await storeOf(segments);
    const fetched: string[] = [];
    const log = createPredictionLog({
      store: {
        ...store,
        fetchFile: (digest) => {
          fetched.push(digest);
          return store.fetchFile(digest);
        },
      },
      cachedRows,
    });
    const first = await log.observe(window);
    expect(await log.observe(window)).toEqual(first);
    expect(first.mirrored.requests).toBe(500);
    expect(fetched).toHaveLength(segments.length + again);
    expect(new Set(fetched).size).toBe(segments.length);
    expect(await log.observe(window)).toEqual(first);
    expect(fetched).toHaveLength(segments.length + 2 * again);
  });
});

describe('the live window', () => {
  it('reads columns of any name, and labels however they are written', async () => {
    const names = ['a/b~c', 'with "quotes"', "it's", '$.x', '0'];
    const inputs = inputsOf(Object.fromEntries(names.map((name, i) => [name, i + 0.1])));
    const store = await storeOf([
      [
        prediction('a', { label: 'true', inputs }),
        prediction('b', { label: 'false', at: since + 2, inputs: {} }),
        prediction('a', { label: 0, at: since + 3, inputs }),
        prediction('c', { label: 1, at: since + 4, inputs }),
        prediction('d', { label: null, at: since + 5, inputs }),
      ],
      [feedback('a', 1), feedback('b', 'true'), feedback('d', 1)],
    ]);
    const live = await createPredictionLog({ store }).live({
      model: 'tiny',
      from: since,
      to: since + 500,
      columns: [...names, 'absent'],
      labelSpace: classesFor(false, true, 'boolean'),
    });
    expect(live.right).toEqual(Uint8Array.of(1, 0));
    for (const [i, name] of names.entries())
      expect(live.inputs.columns[name]).toEqual({
        type: 'number',
        values: Float64Array.of(i + 0.1, NaN, i + 0.1, i + 0.1),
      });
    expect(live.inputs.columns['absent']).toEqual({ type: 'number', values: Float64Array.of(NaN, NaN, NaN, NaN) });
    expect(live.read).toEqual({
      ...Object.fromEntries(names.map((name) => [name, Int32Array.of(0, 2, 3)])),
      absent: new Int32Array(),
    });
  });
});
