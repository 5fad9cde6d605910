import { expect, it } from 'vitest';
import type { PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { canary, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs();

/** An answer with this probability of the positive label. */
const scored = (id: string, score: number | null, more: Partial<PredictionEntry> = {}): PredictionEntry => {
  const label = { type: 'int64', shape: [1], data: BigInt64Array.of(0n) } as const;
  const data = Float32Array.of(1 - (score ?? 0), score ?? 0);
  const probabilities = { type: 'float32', shape: [1, 2], data } as const;
  return prediction(id, { outputs: score === null ? { label } : { label, probabilities }, ...more });
};

it('keys are counted by their first probability in the band, and by their first that is none', async () => {
  const log = [
    scored('a', 0.5, { key: 'k', at: since + 1 }),
    scored('b', 0.55, { ...canary, key: 'k', at: since + 2 }),
    scored('c', 0.39, { key: 'low', at: since + 3 }),
    scored('d', 0.6, { ...canary, key: 'edge', at: since + 4 }),
    scored('e', 1.2, { ...canary, key: 'above', at: since + 5 }),
    scored('f', NaN, { ...canary, key: 'nan', at: since + 6 }),
    scored('g', null, { key: 'none', at: since + 7 }),
    scored('h', -0.1, { key: 'before', at: since + 8, share: 0 }),
    scored('i', 2, { ...canary, key: 'failed', at: since + 9, error: 'x' }),
  ];
  const { scoreEvents } = await observe({ scoreEvents: { from: 0.4, to: 0.6 } }, log);
  expect(scoreEvents).toEqual({
    inBand: [{ share: 0.25, champion: 1, canary: 1 }],
    outOfRange: [
      { share: 0, champion: 1, canary: 0 },
      { share: 0.25, champion: 1, canary: 2 },
    ],
  });
  expect((await observe({}, log)).scoreEvents).toBeUndefined();
});
