import type { SeenRows } from '../../contracts/evidence/quality.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check, percent } from '../check.ts';

const name = 'test.unseen';

const untold =
  'nobody told which rows the model was trained on, and its figures are too good if test rows are among them: import it with --trained-on';

/** Corrections change few labels; rows of another dataset that has the same keys agree by chance. */
const mostRelabelled = 0.1;

/**
 * Whether an imported model was trained on test rows, which tell nothing about rows that it has not met. Rows that can hardly be those of this
 * dataset prove nothing, so they warn.
 */
export function unseenTestRows(counted: SeenRows | 'untold' | null): Check[] {
  if (counted === null) return [];
  if (counted === 'untold') return [check(name, 'warn', null, 0, untold)];
  const { rows, seen, keys } = counted;
  const doubt = doubtOf(counted);
  if (doubt !== null) return [check(name, seen === 0 ? 'warn' : 'fail', seen, 0, doubt)];
  const message =
    seen === 0
      ? 'the model was trained on none of the test rows'
      : `the model was trained on ${seen} of ${rows} test rows (${keys.join(', ')}${seen > keys.length ? ', ...' : ''}): train it on the training part of \`pawl split\``;
  return [check(name, seen === 0 ? 'pass' : 'fail', seen, 0, message)];
}

/** Why the told rows are hardly what the model was trained on; null where nothing speaks against it. */
function doubtOf({ seen, rows, trained, known, relabelled }: SeenRows): string | null {
  if (trained === 0) return 'the files that were told by --trained-on hold no row';
  if (known === 0)
    return `none of the ${trained} rows that were told by --trained-on is a row of this run's snapshot: if they are of another dataset, tell the rows that the model was trained on`;
  if (relabelled <= mostRelabelled * known) return null;
  const met = seen === 0 ? '' : ` (${seen} of ${rows} test rows are among them)`;
  return `${percent(relabelled / known)} of the rows that were told by --trained-on have another label in this run's snapshot${met}: if they are of another dataset, tell the rows that the model was trained on`;
}
