import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { LiveWindow, PredictionLog } from '../../ports/prediction-log/port.ts';
import { canary, feedback, inputsOf, mirror, prediction, since } from '../ports/log-entries.ts';
import { releaseWindow } from '../ports/release-log.ts';
import { binary } from '../support/classes.ts';

export interface PredictionLogUnderTest {
  readonly log: PredictionLog;
  /** Hands one segment over, as a gateway does. */
  handOver(entries: readonly LogEntry[]): Promise<void>;
  close(): Promise<void>;
}

const asked: LiveWindow = { model: 'tiny', from: since, to: since + 500, columns: ['age'], labelSpace: binary };

/** Requests of both versions with mirrors and labels: 60 of 20 keys. */
const records: readonly LogEntry[] = Array.from({ length: 60 }, (_, i): LogEntry[] => {
  const own = i % 3 === 0 ? { ...canary, label: i % 2 } : { label: i % 2 };
  return [
    prediction(`p${i}`, { ...own, key: `k${i % 20}`, at: since + (i % 7), ms: i, share: i % 2 === 0 ? 0.05 : 0.25 }),
    mirror(`p${i}`, { version: i % 3 === 0 ? 1 : 2, label: i % 4 === 0 ? 1 : 0 }),
    feedback(`p${i}`, i % 5 === 0 ? 1 : 0),
  ];
}).flat();

/** What every prediction log must do. */
export function predictionLogSuite(name: string, start: () => Promise<PredictionLogUnderTest>): void {
  describe(`prediction log: ${name}`, () => {
    let subject: PredictionLogUnderTest;
    let log: PredictionLog;
    beforeEach(async () => {
      subject = await start();
      ({ log } = subject);
    });
    afterEach(() => subject?.close());

    const observe = () => log.observe(releaseWindow);

    test('observes nothing where nothing was logged', async () => {
      const seen = await observe();
      expect(seen.arms.champion).toMatchObject({ requests: 0, errors: 0, p99Ms: null });
      expect([seen.mirrored.requests, seen.paired.labels, seen.stepRequests]).toEqual([0, 0, 0]);
    });

    test('leaves out other releases, other versions, other models, and what came before', async () => {
      await subject.handOver([
        prediction('a', { release: null }),
        prediction('b', { version: 7 }),
        prediction('c', { at: since - 1 }),
        mirror('a', { release: 'another' }),
      ]);
      await subject.handOver([prediction('d', { model: 'other' })]);
      const seen = await observe();
      expect(seen.arms.champion.requests + seen.arms.canary.requests).toBe(0);
      expect(seen.mirrored.requests).toBe(0);
    });

    test('ignores doubles, and does not depend on the order or the cut of segments', async () => {
      await subject.handOver(records);
      const once = await observe();
      expect(once.arms.champion.requests + once.arms.canary.requests).toBe(60);
      expect(once.mirrored.requests).toBe(60);
      expect(once.mirroredKeys.keys).toBe(20);
      expect(once.paired.labels).toBe(20);
      const live = await log.live(asked);
      await subject.handOver(records.toReversed());
      await subject.handOver(records.slice(30, 90));
      expect(await observe()).toEqual(once);
      expect(await log.live(asked)).toEqual(live);
    });

    test('sees segments that come later, and answers the same when it looks again', async () => {
      await subject.handOver([prediction('a')]);
      expect((await observe()).arms.champion.requests).toBe(1);
      expect((await log.live(asked)).requests).toBe(1);
      await subject.handOver([prediction('b', { at: since + 10 }), feedback('a', 0)]);
      const seen = await observe();
      expect(seen.arms.champion.requests).toBe(2);
      expect(await observe()).toEqual(seen);
      const live = await log.live(asked);
      expect([live.requests, live.right.length]).toEqual([2, 1]);
      expect(await log.live(asked)).toEqual(live);
    });

    test('returns inputs, predictions and what was right of the answered requests of a window', async () => {
      await subject.handOver([
        prediction('a', { label: 1, inputs: inputsOf({ age: 3, sector: 'x', code: 1 }) }),
        prediction('b', { at: since + 2, inputs: inputsOf({ age: NaN, sector: '', code: '2' }) }),
        prediction('c', { at: since + 3, error: 'x', label: null }),
        prediction('d', { at: since + 500 }),
      ]);
      await subject.handOver([feedback('a', 1), feedback('b', 1), feedback('b', 0, since + 99)]);
      expect(await log.live({ ...asked, columns: ['age', 'sector', 'code'] })).toEqual({
        requests: 3,
        errors: 1,
        inputs: {
          rowCount: 2,
          columns: {
            age: { type: 'number', values: Float64Array.of(3, NaN) },
            sector: { type: 'string', values: ['x', ''] },
            code: { type: 'string', values: ['1', '2'] },
          },
        },
        // A missing value is read as one, and no version lacks a column.
        read: {},
        keys: Int32Array.of(0, 1),
        right: Uint8Array.of(1, 0),
        distances: new Float64Array(),
        labelledKeys: Int32Array.of(0, 1),
        unlabelledKeys: new Int32Array(),
        labelDelays: expect.arrayContaining([]),
      });
    });

    test('leaves out what other versions answered where one is asked for', async () => {
      await subject.handOver([
        prediction('a', { version: 1 }),
        prediction('b', { version: 2 }),
        prediction('c', { version: 2 }),
      ]);
      await subject.handOver([feedback('a', 1), feedback('b', 1)]);
      expect((await log.live({ ...asked, columns: [] })).requests).toBe(3);
      const own = await log.live({ ...asked, columns: [], version: 2 });
      expect([own.requests, own.right.length, own.unlabelledKeys.length]).toEqual([2, 1, 1]);
    });

    test('returns an empty window where nothing was asked, and where every answer was an error', async () => {
      const empty = { inputs: { rowCount: 0, columns: { age: { type: 'number', values: new Float64Array() } } } };
      expect(await log.live(asked)).toMatchObject({ requests: 0, errors: 0, ...empty });
      await subject.handOver([prediction('a', { error: 'x', label: null, inputs: {} })]);
      expect(await log.live(asked)).toMatchObject({ requests: 1, errors: 1, ...empty });
      expect((await log.live({ ...asked, columns: [] })).inputs).toEqual({ rowCount: 0, columns: {} });
    });
  });
}
