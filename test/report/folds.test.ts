import { expect, test } from 'vitest';
import type { FoldsEvidence } from '../../contracts/evidence/folds.ts';
import { renderReport } from '../../report/render.ts';
import { firstRun } from './example.ts';
import { textOf } from './markup.ts';

const fold = (index: number, auc: number | null): FoldsEvidence['folds'][number] => ({
  run: firstRun.run.id,
  index,
  rows: { train: 144, validation: 16, test: 40 },
  epochs: 30,
  bestEpoch: 22,
  metrics: { auc, logLoss: 0.4 },
  baseline: { answer: 'the share of each label as its probability', metrics: { auc: 0.5, logLoss: 0.69 } },
});
const folds: FoldsEvidence = {
  schema: 'pawl.evidence.folds/1',
  run: firstRun.run.id,
  task: 'binary',
  isRolling: false,
  alpha: 0.05,
  folds: [fold(0, 0.8), fold(1, 0.9)],
  means: [{ metric: 'auc', estimate: 0.85, lower: 0.7, upper: 1 }],
  gain: null,
  primary: 'auc',
  verdict: { status: 'pass', checks: [] },
};
const { run, definition } = firstRun;
const asking = {
  ...firstRun,
  run: { ...run, imported: null },
  definition: { ...definition, quality: { ...definition.quality, folds: 2 } },
};

/** The text of the section of the folds. */
const sectionOf = (page: string): string => textOf(/<section id="folds"[^]*?<\/section>/.exec(page)?.[0] ?? '');

test('a report shows each fold beside its baseline, and the means with their intervals', () => {
  const text = sectionOf(renderReport({ ...asking, folds }));
  expect(text).toContain('Cross-validation');
  expect(text).toMatch(/Folds by \S+; the baseline is the share of each label as its probability/);
  expect(text).toMatch(/\b2\s+144\s+40\s+30\s+22\s.*0\.900/);
  expect(text).toMatch(/auc primary\s+0\.850/);
  expect(sectionOf(renderReport({ ...asking, folds: { ...folds, isRolling: true } }))).toContain('Rolling origin');
});

test('a fold without a value is drawn without one, and a run that asks for no folds does not show their stage', () => {
  const text = sectionOf(renderReport({ ...asking, folds: { ...folds, folds: [fold(0, null), fold(1, null)] } }));
  expect(text).not.toMatch(/\b(NaN|undefined|null)\b/);
  expect(textOf(renderReport(asking))).toContain('folds – not reached');
  expect(textOf(renderReport(firstRun))).not.toContain('folds');
});
