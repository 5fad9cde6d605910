import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frame } from '../../contracts/data/frame.ts';
import { bodiesOfRows } from '../../codec/request-bodies.ts';
import type { StagingHost, StagingJob } from '../../ports/staging/port.ts';
import { tinyModel } from '../gateway/models.ts';
import { patience } from '../support/patience.ts';

export interface StagingUnderTest {
  readonly host: StagingHost;
  /** What benchmarks left behind: files, processes. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

const rows: Frame = {
  rowCount: 2,
  columns: {
    age: { type: 'number', values: Float64Array.of(3, NaN) },
    sector: { type: 'string', values: ['a', ''] },
  },
};
const jobOf = (more: Partial<StagingJob>): StagingJob => ({
  model: 'tiny',
  bytes: tinyModel(0),
  requests: bodiesOfRows(rows, 2),
  rate: 50,
  durationMs: 400,
  ...more,
});
const never = new AbortController().signal;

/** What every staging host must do. */
export function stagingSuite(name: string, start: () => Promise<StagingUnderTest>): void {
  describe(`staging: ${name}`, { timeout: patience(60_000) }, () => {
    let subject: StagingUnderTest;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject?.close());

    test('measures the candidate at the rate that was asked for, says how far it is, and leaves nothing behind', async () => {
      const sent: [number, number][] = [];
      const job = jobOf({ rate: 100, durationMs: 1_500, onSent: (so, all) => sent.push([so, all]) });
      const measured = await subject.host.benchmark(job, never);
      expect(measured).toMatchObject({ requests: 150, errors: 0, offered: 100, failures: [] });
      expect(measured.throughput).toBeGreaterThan(80);
      expect(measured.latencyMs.p50).toBeGreaterThan(0);
      expect(measured.latencyMs.p99).toBeGreaterThanOrEqual(measured.latencyMs.p50);
      expect(measured.memoryMb).toBeGreaterThan(30);
      expect(measured.memoryMb).toBeLessThan(2_000);
      expect(sent.at(-1)).toEqual([150, 150]);
      expect(sent.map(([so]) => so)).toEqual(sent.map(([so]) => so).toSorted((a, b) => a - b));
      expect(await subject.leftovers()).toEqual([]);
    });

    test('counts requests that the candidate cannot answer, and says what it answered', async () => {
      const measured = await subject.host.benchmark(jobOf({ bytes: tinyModel(0, 'tenure') }), never);
      expect(measured).toMatchObject({ requests: 20, errors: 20, throughput: 0 });
      expect(measured.failures[0]?.message).toMatch(/^400 .*(age|sector|tenure)/);
    });

    test('refuses a job without requests, and one that was aborted before', async () => {
      await expect(subject.host.benchmark(jobOf({ requests: [] }), never)).rejects.toThrow('no requests to ask "tiny"');
      const aborted = AbortSignal.abort(new Error('cancelled before'));
      await expect(subject.host.benchmark(jobOf({}), aborted)).rejects.toThrow('cancelled before');
      expect(await subject.leftovers()).toEqual([]);
    });

    test.each([
      ['while it starts', 0],
      ['while it measures', 1],
    ])('stops with the reason of its signal %s, and leaves nothing behind', async (_, from) => {
      const aborter = new AbortController();
      let since = 0;
      const abort = (): void => {
        since = performance.now();
        aborter.abort(new Error('cancelled by a test'));
      };
      const onSent = (sent: number): void => {
        if (from > 0 && sent >= from && !aborter.signal.aborted) abort();
      };
      const benchmark = subject.host.benchmark(jobOf({ durationMs: 600_000, onSent }), aborter.signal);
      if (from === 0) void delay(300).then(abort);
      await expect(benchmark).rejects.toThrow('cancelled by a test');
      expect(performance.now() - since).toBeLessThan(patience(5_000));
      expect(await subject.leftovers()).toEqual([]);
    });
  });
}
