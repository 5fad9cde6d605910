import { expect, it } from 'vitest';
import type { PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { numbers, severalClasses } from '../support/classes.ts';
import { canary, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs({ mix: true });

const numbered = (id: string, value: number, more: Partial<PredictionEntry> = {}): PredictionEntry =>
  prediction(id, { outputs: { prediction: { type: 'float32', shape: [1], data: Float32Array.of(value) } }, ...more });

it('a key is counted by the label of its first request while both versions had a share', async () => {
  const labelSpace = severalClasses('small', 'middle', 'large');
  const log = [
    prediction('a', { key: 'k', label: 'small', at: since + 1 }),
    prediction('b', { key: 'k', label: 'large', at: since + 2 }),
    prediction('c', { key: 'alone', label: 'large', at: since + 3, share: 0 }),
    prediction('d', { ...canary, key: 'alone', label: 'middle', at: since + 4 }),
    prediction('e', { ...canary, key: 'other', label: 'none of them', at: since + 5 }),
    prediction('f', { ...canary, key: 'failed', label: null, error: 'x', at: since + 6 }),
    prediction('g', { ...canary, key: 'later', label: 'small', at: since + 7, share: 0.5 }),
  ];
  const { mix } = await observe({ labelSpace }, log.toReversed());
  expect(mix).toEqual([
    {
      prediction: 'small',
      events: [
        { share: 0.25, champion: 1, canary: 0 },
        { share: 0.5, champion: 0, canary: 1 },
      ],
    },
    { prediction: 'middle', events: [{ share: 0.25, champion: 0, canary: 1 }] },
    { prediction: 'large', events: [] },
  ]);
  expect(await observe({ labelSpace, mix: false }, log)).not.toHaveProperty('mix');
});

it('of numbers it is counted by the range, whose lower edge is in it', async () => {
  const log = [
    numbered('a', -5, { key: 'a' }),
    numbered('b', 10, { key: 'b' }),
    numbered('c', 12.5, { ...canary, key: 'c' }),
    numbered('d', 99, { ...canary, key: 'd' }),
    numbered('e', NaN, { ...canary, key: 'e' }),
  ];
  const { mix } = await observe({ labelSpace: numbers, predictionEdges: [10, 12.5] }, log);
  const of = (champion: number, keys: number) => [{ share: 0.25, champion, canary: keys }];
  expect(mix).toEqual([
    { prediction: 'below 10', events: of(1, 0) },
    { prediction: '10 to 12.5', events: of(1, 0) },
    { prediction: '12.5 and more', events: of(0, 2) },
  ]);
  const whole = await observe({ labelSpace: numbers }, log);
  expect(whole.mix).toEqual([{ prediction: 'any number', events: of(2, 2) }]);
});
