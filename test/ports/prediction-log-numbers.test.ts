import { expect, it } from 'vitest';
import type { PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import { numbers } from '../support/classes.ts';
import { canary, feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { observe } = useReleaseLogs({
  labelSpace: numbers,
  errorCap: 10,
  sameWithin: 0.5,
  liveLabels: true,
  matureBefore: since + 4,
});

const outputs = (value: number): PredictionEntry['outputs'] => ({
  prediction: { type: 'float32', shape: [1], data: Float32Array.of(value) },
});

it('labels of live numbers are counted by the bounded error of the answer', async () => {
  const log = [
    prediction('a', { at: since + 1, outputs: outputs(7.5) }),
    feedback('a', 5),
    prediction('b', { ...canary, at: since + 2, outputs: outputs(0) }),
    feedback('b', 99),
    prediction('c', { ...canary, at: since + 3, label: null, outputs: {}, error: 'x' }),
    feedback('c', 1),
    prediction('d', { ...canary, at: since + 4, outputs: outputs(2) }),
    prediction('e', { ...canary, at: since + 5, outputs: outputs(2.03125) }),
    feedback('e', 2),
  ];
  const { labelled } = await observe({}, log.toReversed());
  const of = { share: 0.25, right: 0, wrong: 0 };
  expect(labelled).toEqual({
    mature: [
      { ...of, arm: 'champion', missing: 0, losses: { of: 'error', steps: [[250, 1, 0, 0]], cap: 10 } },
      { ...of, arm: 'canary', missing: 0, losses: { of: 'error', steps: [[1000, 2, 0, 0]], cap: 10 } },
    ],
    all: [
      { ...of, arm: 'champion', missing: 0, losses: { of: 'error', steps: [[250, 1, 0, 0]], cap: 10 } },
      {
        ...of,
        arm: 'canary',
        missing: 1,
        losses: {
          of: 'error',
          steps: [
            [3, 1, 125, 125],
            [1000, 2, 0, 0],
          ],
          cap: 10,
        },
      },
    ],
  });
});

it('two numbers agree where they are as near as matters', async () => {
  const pair = (id: string, champion: number, other: number) => [
    prediction(id, { outputs: outputs(champion) }),
    mirror(id, { outputs: outputs(other) }),
  ];
  const log = [...pair('a', 3, 3), ...pair('b', 3, 3.5), ...pair('c', 3, 2), ...pair('d', 1e6, 1e6 + 1)];
  const failed = [prediction('e', { outputs: outputs(1) }), mirror('e', { error: 'x', label: null, outputs: {} })];
  const { agreement, mirrored } = await observe({}, [...log, ...failed]);
  expect(agreement).toMatchObject({ pairs: 4, disagree: 2, missing: 1 });
  expect(mirrored).toMatchObject({ requests: 5, agree: 2 });
});
