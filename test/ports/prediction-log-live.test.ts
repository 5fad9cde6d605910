import { binary } from '../support/classes.ts';
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
      classes: binary,
    });
    expect(live.keys).toEqual(Int32Array.of(0, 1, 0));
    expect(live.rightKeys).toEqual(Int32Array.of(1, 0));
    expect(live.inputs.columns.flag?.values).toEqual(['x', 'true', 'false']);
  });
});
