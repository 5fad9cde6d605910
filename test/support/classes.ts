import type { LabelSpace, LabelValue } from '../../contracts/data/label-space.ts';
import type { Column } from '../../contracts/data/dataset.ts';

/** The labels of a binary target. */
export const classesFor = (
  negative: LabelValue,
  positive: LabelValue,
  type: Column['type'] = 'integer',
): LabelSpace => ({
  task: 'binary',
  kind: 'classes',
  target: 'label',
  rule: { type },
  classes: [negative, positive].map((value) => ({ value, code: String(value) })),
});

export const binary = classesFor(0, 1);

/** The labels of a target with several. */
export const severalClasses = (...codes: readonly string[]): LabelSpace => ({
  task: 'multiclass',
  kind: 'classes',
  target: 'label',
  rule: { type: 'string' },
  classes: codes.map((code) => ({ value: code, code })),
});

/** A target that is a number. */
export const numbers: LabelSpace = { task: 'regression', kind: 'numbers', target: 'label', rule: { type: 'number' } };

/** Quantiles of a number. */
export const quantilesAt = (levels: readonly number[]): LabelSpace => ({
  task: 'quantile',
  kind: 'numbers',
  target: 'label',
  rule: { type: 'number' },
  levels: [...levels],
});
