import { expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import { rolledBackRun } from './example.ts';
import { nestingErrors, textOf } from './markup.ts';

const { quality, lastAnalysis } = rolledBackRun;

it('shows numbers by their errors, and never as right or wrong answers', () => {
  const text = textOf(pageOf('error', 50));
  expect(text).toContain('Prediction and truth');
  expect(text).toContain('the baseline is 7 for every row (the median of the labels)');
  // 30 of 100 times the cap of 50 is 15, and 10 of them 5.
  expect(text).toContain('live mean error');
  expect(text).toMatch(/candidate\s*15\s*15/);
  expect(text).toMatch(/champion\s*5\s*80/);
  expect(text).toContain('One above 50 counts as that.');
  expect(text).not.toMatch(/Candidate right|ROC curve|same label/);
});

it('shows the answers to the labels with the most rows, and counts those to the others', () => {
  const several = (count: number) => {
    const labels = Array.from({ length: count }, (_, label) => `k${label}`);
    const rows = labels.map((_, truth) => labels.map((__, answer) => (truth === answer ? 100 + truth : 1)));
    return textOf(renderReport({ ...rolledBackRun, quality: { ...quality!, confusion: { labels, rows } } }));
  };
  expect(several(30)).not.toMatch(/Others|left out\./);
  const many = several(40);
  expect(many).toContain('The 30 labels with the most rows; 10 others are left out.');
  expect(many).toMatch(/k39 .* 10\s+5\.6 %\s+178/);
  expect(many).not.toMatch(/k9 /);
});

it('shows quantiles by their pinball loss, which is half of what counts', () => {
  const text = textOf(pageOf('pinball', 50));
  expect(text).toContain('live mean pinball loss');
  expect(text).toMatch(/candidate\s*7\.5\s*15/);
  expect(text).toContain('One above 25 counts as that.');
});

it('shows a ranking by what its order is worth', () => {
  const text = textOf(pageOf('ndcg', 1));
  expect(text).toContain('live mean NDCG');
  expect(text).toMatch(/candidate\s*0\.7\s*15/);
  expect(text).not.toContain('counts as that');
});

/** The page of a release whose canary lost .3 of 1 in the mean, and the champion .1. */
function pageOf(of: 'error' | 'pinball' | 'ndcg', cap: number): string {
  const observation = lastAnalysis!.observation;
  const losses = { differences: [], champion: 10, canary: 30, cap, of };
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
      baseline: { answer: '7 for every row (the median of the labels)', metrics: { mae: 60, r2: 0 }, gain: null },
    },
    lastAnalysis: {
      ...lastAnalysis!,
      observation: { ...observation, paired: { ...observation.paired, labels: 100, worse: 80, better: 15, losses } },
    },
  });
  expect(nestingErrors(page)).toEqual([]);
  return page;
}

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
