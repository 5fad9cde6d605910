import { binary, numbers } from '../support/classes.ts';
import { describe, expect, it } from 'vitest';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { feedback, inputsOf, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { storeOf } = useReleaseLogs({ stepSince: since + 1_000 });

describe('a window of live requests', () => {
  it('numbers the keys, so that requests of one key are known as such, and reads a column of true and false as text', async () => {
    const store = await storeOf([
      [
        prediction('a', { key: 'ada', inputs: inputsOf({ flag: 'x' }) }),
        prediction('b', { key: 'bob', at: since + 2, inputs: inputsOf({ flag: 'true' }) }),
        prediction('c', { key: 'ada', at: since + 3, inputs: inputsOf({ flag: 'false' }) }),
      ],
      [feedback('b', 1), feedback('c', 1)],
    ]);
    const live = await createPredictionLog({ store }).live({
      model: 'tiny',
      from: since,
      to: since + 500,
      columns: ['flag'],
      labelSpace: binary,
    });
    expect(live.keys).toEqual(Int32Array.of(0, 1, 0));
    expect(live.labelledKeys).toEqual(Int32Array.of(1, 0));
    expect(live.inputs.columns.flag?.values).toEqual(['x', 'true', 'false']);
  });

  it('says how far numbers were from their labels', async () => {
    const numbered = (id: string, value: number) =>
      prediction(id, { outputs: { prediction: { type: 'float32', shape: [1], data: Float32Array.of(value) } } });
    const store = await storeOf([
      [numbered('a', 1.5), numbered('b', 7), numbered('c', NaN), numbered('d', 3), numbered('e', 9)],
      [feedback('a', 4), feedback('b', '6.5'), feedback('c', 1), feedback('e', 'no number')],
    ]);
    const live = await createPredictionLog({ store }).live({
      model: 'tiny',
      from: since,
      to: since + 500,
      columns: [],
      labelSpace: numbers,
    });
    expect(Array.from(live.distances)).toEqual([2.5, 0.5, NaN]);
    expect([live.labelledKeys.length, live.unlabelledKeys.length, live.right.length]).toEqual([3, 2, 0]);
  });

  it('names the keys without a label, and says how late labels came, by what they say', async () => {
    const store = await storeOf([
      Array.from({ length: 20 }, (_, i) => prediction(`r${i}`, { key: `key ${i}`, at: since + i })),
      Array.from({ length: 12 }, (_, i) => feedback(`r${i}`, i < 4 ? 1 : 0, since + i + (i < 4 ? 100 : 5_000))),
    ]);
    const live = await createPredictionLog({ store }).live({
      model: 'tiny',
      from: since,
      to: since + 500,
      columns: [],
      labelSpace: binary,
    });
    expect([live.right.length, live.unlabelledKeys.length]).toEqual([12, 8]);
    expect(new Set([...live.labelledKeys, ...live.unlabelledKeys]).size).toBe(20);
    expect(live.labelDelays).toEqual([
      { label: '0', labels: 8, medianMs: 5_000, p95Ms: 5_000 },
      { label: '1', labels: 4, medianMs: 100, p95Ms: 100 },
    ]);
  });
});
