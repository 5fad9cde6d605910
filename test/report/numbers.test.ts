import { expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import { rolledBackRun } from './example.ts';
import { nestingErrors, textOf } from './markup.ts';

const { quality, lastAnalysis } = rolledBackRun;

it('shows numbers by their errors, and never as right or wrong answers', () => {
  const observation = lastAnalysis!.observation;
  const losses = { differences: [], champion: 10, canary: 30, cap: 50 };
  const page = renderReport({
    ...rolledBackRun,
    quality: {
      ...quality!,
      task: 'regression',
      faults: { ...quality!.faults, kind: 'numbers' },
      candidate: { mae: 12.5, r2: 0.5 },
      championMetrics: { mae: 14, r2: 0.4 },
      differences: [{ metric: 'mae', estimate: -1.5, lower: -2, upper: -1 }],
      slices: [{ column: 'town', value: 'north', rows: 90, metrics: { mae: 11, r2: null } }],
      roc: [],
      reliability: [
        { predicted: 100, observed: 110, rows: 50 },
        { predicted: 300, observed: 290, rows: 50 },
      ],
      baseline: { answer: 'the mean of the labels', metrics: { mae: 60, r2: 0 }, gain: null },
    },
    lastAnalysis: {
      ...lastAnalysis!,
      observation: { ...observation, paired: { ...observation.paired, labels: 100, worse: 80, better: 15, losses } },
    },
  });
  const text = textOf(page);
  expect(nestingErrors(page)).toEqual([]);
  expect(text).toContain('Prediction and truth');
  expect(text).toContain('the baseline is the mean of the labels for every row');
  // 30 of 100 times the cap of 50 is 15, and 10 of them 5.
  expect(text).toMatch(/candidate\s*15\s*15/);
  expect(text).toMatch(/champion\s*5\s*80/);
  expect(text).toContain('Errors above 50 count as that.');
  expect(text).not.toMatch(/Candidate right|ROC curve|same label/);
});

it('shows several classes by a matrix of answers', () => {
  const page = renderReport({
    ...rolledBackRun,
    quality: {
      ...quality!,
      task: 'multiclass',
      candidate: { accuracy: 0.8, logLoss: 0.5 },
      confusion: {
        labels: ['small', 'middle', 'large'],
        rows: [
          [30, 10, 0],
          [5, 45, 0],
          [0, 2, 8],
        ],
      },
    },
  });
  expect(nestingErrors(page)).toEqual([]);
  expect(textOf(page)).toMatch(/middle\s*5\s*10(\.0)? %\s*45\s*90(\.0)? %\s*0\s*0(\.0)? %\s*50/);
});
