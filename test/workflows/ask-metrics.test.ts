import { array, assert, asyncProperty, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askMetrics } from '../../activities/release/support/ask-metrics.ts';
import type { SharedWindow } from '../../activities/release/support/metric-windows.ts';
import { createScrapedSource, type Answered } from '../ports/scraped-metrics.ts';

const digest = `sha256:${'a'.repeat(64)}` as const;
const arms = { champion: { version: 1, digest }, canary: { version: 2, digest } };
const second = 1_000;
const interval = 15 * second;

describe('what a metric source is asked', () => {
  it('never counts a moment for the canary that it does not count for the champion, and for proofs the other way round', async () => {
    const question = record({
      moments: array(integer({ min: 0, max: 600 * second }), { maxLength: 60 }),
      lengths: array(integer({ min: 1, max: 300 * second }), { minLength: 1, maxLength: 5 }),
      offset: integer({ min: 0, max: interval - 1 }),
    });
    let counted = 0;
    let proven = 0;
    await assert(
      asyncProperty(question, async ({ moments, lengths, offset }) => {
        const answered = moments.flatMap((at): Answered[] =>
          [1, 2].map((version) => ({ at, version, kinds: ['error'] })),
        );
        let from = 0;
        const windows = lengths.map((length, index): SharedWindow => {
          const window = { from, to: from + length, share: (index + 1) / 10 };
          from = window.to;
          return window;
        });
        const offsetOf = (version: number): number => (version === 1 ? offset : 0);
        const source = createScrapedSource({ answered, events: ['error'], interval, offsetOf });
        const seen = await askMetrics(source, {
          ...arms,
          windows,
          since: 0,
          bakeStarts: [],
          until: from,
          patienceMs: 5_000,
        });
        for (const { canary, champion } of [...(seen?.events.error ?? []), ...(seen?.requests ?? [])]) {
          expect(canary).toBeLessThanOrEqual(champion);
          counted += canary;
        }
        // What proves a promotion leans the other way.
        for (const { canary, champion } of seen?.proof?.events.error ?? [])
          expect(champion).toBeLessThanOrEqual(canary);
        proven += seen?.proof?.events.error?.reduce((sum, { champion }) => sum + champion, 0) ?? 0;
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(counted).toBeGreaterThan(500);
    expect(proven).toBeGreaterThan(300);
  });

  it('is only what the guards can be judged by', async () => {
    const source = createScrapedSource({ answered: [], events: ['timeout'], interval });
    const asked = askMetrics(source, { ...arms, windows: [], since: 0, bakeStarts: [], until: 1, patienceMs: 1 });
    expect(await asked).toBeNull();
  });

  it('keeps what it says about one kind though another is missing', async () => {
    const answered = [2, 2, 1].map((version) => ({ at: 50 * second, version, kinds: ['error'] }));
    const missing = (kind: string): string | null => (kind === 'slow' ? 'no counter' : null);
    const source = createScrapedSource({ answered, events: ['error', 'slow', 'timeout'], interval, missing });
    const windows = [{ from: 0, to: 90 * second, share: 0.5 }];
    expect(
      await askMetrics(source, {
        ...arms,
        windows,
        since: 0,
        bakeStarts: [0, 30 * second, 60 * second],
        until: 90 * second,
        patienceMs: 5_000,
      }),
    ).toEqual({
      asked: ['error', 'slow'],
      events: { error: [{ share: 0.5, champion: 1, canary: 2 }] },
      bake: [
        { error: [{ share: 0.5, champion: 1, canary: 2 }] },
        { error: [{ share: 0.5, champion: 1, canary: 2 }] },
        { error: [] },
      ],
      requests: [{ share: 0.5, champion: 1, canary: 2 }],
      proof: {
        events: { error: [{ share: 0.5, champion: 1, canary: 2 }] },
        requests: [{ share: 0.5, champion: 1, canary: 2 }],
      },
      stepRequests: 2,
      from: 0,
      to: 90 * second,
      missing: 'no counter',
    });
  });
});
