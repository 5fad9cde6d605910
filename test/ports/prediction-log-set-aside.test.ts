import { binary, classesFor, numbers } from '../support/classes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { positiveCode, type LabelSpace, type LabelValue } from '../../contracts/data/label-space.ts';
import { logLimits, mostLabels } from '../../contracts/serving/log-limits.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { analysisBytes } from '../../ports/prediction-log/memory-budget.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { feedback, mirror, prediction, since } from './log-entries.ts';
import { storeOfSegments } from './log-segments.ts';
import { useReleaseLogs } from './release-log.ts';

const { window, storeOf, observe } = useReleaseLogs({});
const pair = (id: string): LogEntry[] => [prediction(id), mirror(id)];

const two = { rows: 2, outputs: { label: { type: 'int64' as const, shape: [2], data: BigInt64Array.of(0n, 1n) } } };
const inputs = { age: { type: 'float32' as const, shape: [2, 1], data: Float32Array.of(1, 2) } };
/** Of one request with two rows. */
const several: readonly LogEntry[] = [prediction('two', { ...two, inputs }), mirror('two', two)];

const unjudgeable = [
  ['a NUL', 'a\u0000b'],
  ['a line feed', 'a\nb'],
  ['an escape sequence', '\u001b[2J'],
  ['SQL', "'); drop table staged_log; --\u0007"],
  ['a megabyte', 'x'.repeat(2 ** 20)],
  ['one byte too many', 'é'.repeat(logLimits.label / 2) + 'x'],
] as const;

describe('labels, ids and keys that cannot be judged', () => {
  it.each(unjudgeable)('sets a label with %s aside, counts it, and judges the rest', async (_, label) => {
    const seen = await observe({}, [...pair('a'), ...pair('b'), feedback('a', label), feedback('b', 0)]);
    expect(seen.setAside).toEqual({ labels: 1, records: 0 });
    expect(seen.paired).toMatchObject({ labels: 1, missing: 1 });
  });

  it('takes a later label of the same request that can be judged', async () => {
    const first = { ...feedback('a', 'a\u0000b'), at: since + 1 };
    const seen = await observe({}, [...pair('a'), first, { ...feedback('a', 0), at: since + 2 }]);
    expect(seen).toMatchObject({ setAside: { labels: 1, records: 0 }, paired: { labels: 1, missing: 0 } });
  });

  it('judges quotes, SQL and any other text of the right length as a label like every other', async () => {
    const labels = ["it's", "'; drop table log; --", '$1', "getvariable('x')", 'é'.repeat(logLimits.label / 2)];
    for (const [i, label] of labels.entries()) {
      const classes = classesFor(labels[(i + 1) % labels.length] ?? '', label, 'string');
      const seen = await observe({ labelSpace: classes }, [
        ...pair('a'),
        ...pair('b'),
        feedback('a', label),
        feedback('b', 'other'),
      ]);
      expect(seen).toMatchObject({ setAside: { labels: 1, records: 0 }, paired: { labels: 1, missing: 1 } });
    }
  });

  it.each<[string, LabelSpace, readonly LabelValue[], readonly LabelValue[]]>([
    ['0 and 1', binary, [1, '1', '1.0', ' 1 ', '01'], ['true', 'yes', 2, '1.5', 'NaN']],
    ['true and false', classesFor(false, true, 'boolean'), [true, 'True', 'yes', 'Y', 1, '1.0'], ['maybe', 2]],
    ['words', classesFor('no', 'yes', 'string'), ['yes'], ['Yes', ' yes', 1, 'true']],
  ])(
    'reads a label of %s that was kept without a model by the spellings of the target',
    async (_, classes, same, other) => {
      const code = positiveCode(classes);
      const ids = [...same, ...other].map((label, i) => [`r${i}`, label] as const);
      const seen = await observe({ labelSpace: classes }, [
        ...ids.flatMap(([id]) => [prediction(id, { label: code }), mirror(id, { label: code })]),
        ...ids.map(([id, label]) => feedback(id, String(label))),
      ]);
      expect(seen.paired).toMatchObject({ labels: same.length, championRight: same.length, canaryRight: same.length });
      expect(seen.setAside).toEqual({ labels: other.length, records: 0 });
    },
  );

  it.each<[string, LabelSpace, readonly LabelValue[], readonly LabelValue[]]>([
    ['a regression', numbers, [-2, '3e38'], [1e39, '-1e39', 'NaN']],
    ['a ranking', { ...numbers, kind: 'numbers', task: 'ranking' }, [0, 100], [-1, 100.5, 99_999]],
    ['a ranking with its own scale', { ...numbers, kind: 'numbers', task: 'ranking', most: 4 }, [4], [5]],
  ])('sets labels of %s aside that are beyond what can be judged', async (_, labelSpace, good, bad) => {
    const labels = [...good, ...bad].map((label, i) => [`r${i}`, String(label)] as const);
    const entries = labels.flatMap(([id, label]) => [...pair(id), feedback(id, label)]);
    const seen = await observe({ labelSpace }, entries);
    expect(seen.setAside).toEqual({ labels: bad.length, records: 0 });
    expect(seen.paired.missing).toBe(bad.length);
  });

  it('sets a label aside that is for a row which its request does not have', async () => {
    const rows = ['two/0', 'two/1', 'two/2', 'two/7', 'older/7', 'a'].map((id) => feedback(id, 1));
    const seen = await observe({}, [...several, ...pair('a')], rows);
    expect(seen.setAside).toEqual({ labels: 2, records: 0 });
    expect(await observe({}, rows, [...several, ...pair('a')])).toEqual(seen);
  });

  it.each([
    ['a row of a request that has one', [...pair('one'), ...pair('a/7')], ['one/0', 'one/3', 'one', 'a/7'], 2],
    ['no row of a request that has several', several, ['two', 'two/0', 'other'], 1],
    ['a row of a request whose id ends like one', pair('a/7'), ['a/7/0', 'a/7'], 1],
  ])('sets a label aside that is for %s, as another process may have answered it', async (_, requests, ids, labels) => {
    const rows = ids.map((id) => feedback(id, 1));
    const seen = await observe({}, [...requests], rows);
    expect(seen.setAside).toEqual({ labels, records: 0 });
    expect(await observe({}, rows, [...requests])).toEqual(seen);
  });

  it('sets records with an endless id or key aside', async () => {
    const long = 'k'.repeat(logLimits.id + 1);
    const seen = await observe({}, [
      ...pair('a'),
      prediction('b', { key: long }),
      prediction(long),
      { ...feedback('c', 1), id: 'x'.repeat(2 ** 21) },
    ]);
    expect(seen.setAside).toEqual({ labels: 0, records: 3 });
    expect(seen.arms.champion.requests).toBe(1);
  });

  it('tells labels apart among any number of texts that are none', async () => {
    const noise = Array.from({ length: mostLabels + 50 }, (_, i) => feedback(`none-${i}`, `noise-${i}`));
    const seen = await observe({}, [...pair('a'), feedback('a', 0), ...noise]);
    expect(seen.paired).toMatchObject({ labels: 1, missing: 0 });
    expect(seen.setAside?.labels).toBe(mostLabels + 50);
  });
});

describe('a live window', () => {
  it('counts no label that cannot be judged as a wrong one', async () => {
    const store = await storeOf([[prediction('a'), { ...feedback('a', '0\u0000'), at: since }, feedback('a', 0)]]);
    const asked = { model: 'tiny', from: since, to: since + 500, columns: [], labelSpace: binary };
    const { right } = await createPredictionLog({ store }).live(asked);
    expect(right).toEqual(Uint8Array.of(1));
  });
});

describe('the memory of an analysis', () => {
  it('is refused in advance where it would pass its budget, and not at the budget itself', async () => {
    const store = await storeOf([[...pair('a'), feedback('a', 0)]]);
    const none = { labelSpace: binary, inputs: [], scores: false, values: false, mirrorSalt: null };
    const memoryBytes = analysisBytes(3, none);
    await expect(createPredictionLog({ store, memoryBytes }).observe(window)).resolves.toMatchObject({
      paired: { labels: 1 },
    });
    await expect(createPredictionLog({ store, memoryBytes: memoryBytes - 1 }).observe(window)).rejects.toMatchObject({
      name: 'MemoryBudgetError',
      message: expect.stringMatching(/has 3 rows .* shorten the release/),
    });
  });

  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });

  it('holds what it may, though each label has a megabyte', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-budget-'));
    folders.push(folder);
    const rows = 800;
    const longest = 'x'.repeat(2 ** 20);
    const entries = function* (): Generator<LogEntry> {
      for (let i = 0; i < rows / 4; i += 1)
        yield* [...pair(`r${i}`), feedback(`r${i}`, `${i}${longest}`), feedback(`r${i}`, 0)];
    };
    const store = await storeOfSegments(folder, [[...entries()]]);
    (globalThis as { gc?: () => void }).gc?.();
    const before = process.memoryUsage();
    const seen = await createPredictionLog({ store }).observe(window);
    const after = process.memoryUsage();
    expect(seen).toMatchObject({ setAside: { labels: rows / 4 }, paired: { labels: rows / 4, missing: 0 } });
    const taken = after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed;
    expect(taken).toBeLessThan(16 * 2 ** 20);
  });
});
