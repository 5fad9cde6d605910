import { codeOf, numberText } from '../../contracts/data/cell.ts';
import { knownLabels, readLabel, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { DataProfile } from '../../contracts/evidence/data.ts';
import { labelBalanceOf } from '../../contracts/model/task.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check, percent } from '../check.ts';
import type { DataFacts } from './data-facts.ts';

export const missingLabels = ({ profile, dataset }: Pick<DataFacts, 'profile' | 'dataset'>): number =>
  profile.columns.find(({ column, foundType }) => column === dataset.target && foundType !== null)?.nulls ?? 0;

export function unlabelled({ profile, dataset }: DataFacts): Check[] {
  const missing = missingLabels({ profile, dataset });
  if (missing === 0) return [];
  const message = `${missing} of ${profile.rows} rows have no label yet (${dataset.target}): they are left out of training and tests`;
  return [check('labels.missing', 'pass', missing, null, message)];
}

export function knownLabelsOnly({ profile, labelSpace }: DataFacts): Check {
  const unknown = profile.labels.filter(({ value }) => readLabel(value, labelSpace) === 'unknown');
  const rows = unknown.reduce((sum, label) => sum + label.rows, profile.unlistedLabels);
  const known = knownLabels(labelSpace);
  const what = labelSpace.kind === 'numbers' ? `one of the ${known}` : `one of ${known}`;
  if (rows === 0) return check('labels.known', 'pass', 0, 0, `every label is ${what} (task ${labelSpace.task})`);
  const examples = unknown.slice(0, 5).map(({ value }) => JSON.stringify(value));
  const remedy =
    labelSpace.task === 'binary'
      ? 'correct positive and negative in the model definition, leave these rows out, or write another task: multiclass for more labels, regression for numbers'
      : labelSpace.kind === 'numbers'
        ? `correct the data${labelSpace.task === 'ranking' ? `, or declare the greatest grade as max of ${labelSpace.target}` : ''}`
        : 'correct the data, or the allowed codes of the target';
  const message = `${labelSpace.target}: ${rows} rows have a label other than ${known} (${examples.join(', ')}): ${remedy}`;
  return check('labels.known', 'fail', rows, 0, message);
}

/** Of numbers: whether they vary. Of classes: whether each has its share, of two classes that of the positive one. */
export function labelBalance({ profile, labelSpace, gate }: DataFacts): Check {
  const name = 'labels.balance';
  if (labelSpace.kind === 'numbers') return labelSpread(name, profile.labelQuantiles);
  const total = profile.labels.reduce((sum, label) => sum + label.rows, profile.unlistedLabels);
  const [low, high] = labelBalanceOf(gate, labelSpace.classes.length);
  const limit = `${percent(low)} to ${percent(high)}`;
  if (total === 0) return check(name, 'inconclusive', null, limit, noLabel);
  const judged = labelSpace.task === 'binary' ? labelSpace.classes.slice(1) : labelSpace.classes;
  const shares = judged.map(({ code }) => {
    const rows = profile.labels
      .filter(({ value }) => codeOf(value, labelSpace.rule) === code)
      .reduce((sum, label) => sum + label.rows, 0);
    return { code, share: rows / total };
  });
  const odd = shares.find(({ share }) => share < low || share > high) ?? shares[0]!;
  const passed = odd.share >= low && odd.share <= high;
  const said = `${percent(odd.share)} of the labels are ${odd.code}, expected ${limit}`;
  return check(name, passed ? 'pass' : 'fail', odd.share, limit, passed ? said : `${said}${balanceRemedy(labelSpace)}`);
}

const noLabel = 'no row has a label: nothing can be learned';

const balanceRemedy = ({ task }: LabelSpace): string =>
  task === 'binary'
    ? ': correct the data or the selection, or write data.labelBalance where it is so'
    : ': join rare labels, leave out of "allowed" what does not come, or lower data.labelBalance';

function labelSpread(name: string, quantiles: DataProfile['labelQuantiles']): Check {
  const [least] = quantiles ?? [];
  if (quantiles === null || least === undefined) return check(name, 'inconclusive', null, null, noLabel);
  return least < quantiles.at(-1)!
    ? check(name, 'pass', null, null, 'the labels vary')
    : check(name, 'fail', numberText(least), null, `every label is ${numberText(least)}: nothing can be learned`);
}
