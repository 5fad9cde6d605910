import { assert, double, property } from 'fast-check';
import { expect, it } from 'vitest';
import { latencyBinOf, latencyEdgeMs } from '../../contracts/evidence/release.ts';
import { canary, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();

it('latencies of keys are counted by their first live request, share and version, but for those that failed', async () => {
  const seen = await observe(
    {},
    [
      prediction('alone', { key: 'a', share: 0, ms: 500, at: since + 1 }),
      prediction('first', { key: 'a', ms: 4, at: since + 2 }),
      prediction('again', { key: 'a', ms: 900, at: since + 3 }),
      prediction('b', { ...canary, key: 'b', ms: 4, at: since + 4 }),
      prediction('c', { ...canary, key: 'c', ms: 70, at: since + 5 }),
      prediction('d', { ...canary, key: 'd', ms: 70, at: since + 6, error: 'x', label: null }),
    ],
    [
      prediction('e', { key: 'e', share: 0.5, ms: 0, at: since + 7 }),
      prediction('f', { key: 'f', share: 0.5, ms: 0.005, at: since + 8 }),
    ],
  );
  expect(seen.latencies).toEqual([
    {
      share: 0.25,
      champion: [[latencyBinOf(4), 1]],
      canary: [
        [latencyBinOf(4), 1],
        [latencyBinOf(70), 1],
      ],
    },
    { share: 0.5, champion: [[0, 2]], canary: [] },
  ]);
});

it('every latency lies in its bin', () => {
  assert(
    property(double({ min: 0.011, max: 1e7, noNaN: true }), (ms) => {
      const bin = latencyBinOf(ms);
      expect(latencyEdgeMs(bin)).toBeLessThanOrEqual(ms * (1 + 1e-12));
      expect(latencyEdgeMs(bin + 1)).toBeGreaterThan(ms * (1 - 1e-12));
    }),
  );
});
