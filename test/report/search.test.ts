import { expect, test } from 'vitest';
import type { SearchEvidence } from '../../contracts/evidence/search.ts';
import { renderReport } from '../../report/render.ts';
import { firstRun } from './example.ts';
import { textOf } from './markup.ts';

const search: SearchEvidence = {
  schema: 'pawl.evidence.search/1',
  run: firstRun.run.id,
  method: 'tpe',
  settings: ['learningRate', 'encoding'],
  trials: [
    { index: 0, values: [0.1, 'oneHot'], looks: [{ steps: 7, loss: 0.9 }], end: { kind: 'pruned' } },
    { index: 1, values: [0.02, { embed: 4 }], looks: [], end: { kind: 'finished', loss: 0.41 } },
    { index: 2, values: [9, 'oneHot'], looks: [], end: { kind: 'unusable', reason: 'it <diverged>' } },
    { index: 3, values: [0.3, 'oneHot'], looks: [], end: { kind: 'late' } },
  ],
  chosen: 1,
  verdict: { status: 'pass', checks: [] },
};

test('a report shows each trial of a search, the best first, and how it ended', () => {
  expect(textOf(renderReport(firstRun))).not.toContain('trials by method');
  const text = textOf(renderReport({ ...firstRun, search }));
  expect(text).toContain('4 trials by method tpe; trial 2 was chosen.');
  expect(text).toContain('2 0.02 {&quot;embed&quot;:4} 0.41 trained to its end 1 0.1 oneHot 0.9 ended after 7');
  expect(text).toContain('left out: it &lt;diverged&gt;');
  expect(text).toContain('ended: the minutes were over');
});
