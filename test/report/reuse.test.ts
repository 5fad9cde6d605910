import { expect, test } from 'vitest';
import { renderReport } from '../../report/render.ts';
import { firstRun } from './example.ts';
import { textOf } from './markup.ts';

const { run, result, training } = firstRun;

test('a report says which work another run did, and that it was reused', () => {
  const own = textOf(renderReport(firstRun));
  expect(own).not.toContain('reused');
  const page = textOf(
    renderReport({
      ...firstRun,
      training: training === null ? null : { ...training, run: 'retrain/before' },
      result: {
        ...result,
        verdicts: result.verdicts.map((verdict) =>
          verdict.stage === 'quality' ? { ...verdict, from: 'retrain/before' } : verdict,
        ),
      },
    }),
  );
  expect(page).toContain('This was done by run retrain/before, and reused');
  expect(page).toContain('pass, reused');
  expect(page).toContain('evidence of quality, by run retrain/before');
  expect(run.id).not.toBe('retrain/before');
});

test.each([
  [{ epoch: 0, run: null, unusable: null }, 'from the start'],
  [{ epoch: 6, run: firstRun.run.id, unusable: null }, 'at step 6, from a checkpoint'],
  [{ epoch: 6, run: 'retrain/before', unusable: null }, 'at step 6, from a checkpoint of run retrain/before'],
  [
    { epoch: 0, run: null, unusable: 'it is damaged' },
    'from the start: its checkpoint could not be used (it is damaged)',
  ],
])('a report says where a training began: %o', (resumed, words) => {
  const { training: trained } = training!;
  const page = renderReport({ ...firstRun, training: { ...training!, training: { ...trained!, resumed } } });
  expect(textOf(page)).toContain(words);
});
