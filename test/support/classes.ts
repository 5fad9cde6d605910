import type { Classes, LabelValue } from '../../contracts/data/classes.ts';
import type { Column } from '../../contracts/data/dataset.ts';

/** The classes of a target, by their labels. */
export const classesFor = (negative: LabelValue, positive: LabelValue, type: Column['type'] = 'integer'): Classes => ({
  target: 'label',
  rule: { type },
  negative: { value: negative, code: String(negative) },
  positive: { value: positive, code: String(positive) },
});

export const binary = classesFor(0, 1);
