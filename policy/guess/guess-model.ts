import { PawlError } from '../../contracts/errors.ts';
import { labelBalanceOf } from '../../contracts/model/task.ts';
import { errorTypes } from '../../contracts/names.ts';
import { percent } from '../check.ts';
import type { KindGuess } from './column-kind.ts';
import type { Entry } from './entry.ts';
import type { TypedColumn } from './roles.ts';
import type { SensitiveGuess } from './sensitive.ts';
import type { TargetGuess } from './target.ts';

interface Known {
  readonly asked: { readonly model: string; readonly dataset: string };
  readonly labels: TargetGuess;
  readonly labelled: number;
  readonly columns: readonly TypedColumn[];
  readonly kinds: ReadonlyMap<string, KindGuess>;
  readonly sensitive: readonly SensitiveGuess[];
  readonly hasTime: boolean;
  /** How another task is chosen in place of the guessed one; null where nothing speaks for it. */
  readonly other: string | null;
}

/** A model of every column that may be a feature. Limits of the data gate are set only where this file would fail by their defaults. */
export function guessModel(known: Known): Entry[] {
  const { asked, labels, sensitive, hasTime, other } = known;
  return [
    { path: ['model'], value: asked.model },
    { path: ['dataset'], value: asked.dataset },
    features(known),
    { path: ['task'], value: labels.task, why: other === null ? labels.why : `${labels.why}; ${other}` },
    ...(labels.positive === null ? [] : [{ path: ['positive'], ...labels.positive }]),
    {
      path: ['split'],
      value: { by: hasTime ? 'time' : 'hash' },
      why: hasTime ? 'the newest rows are the test, as in production' : 'rows have no time',
    },
    ...dataGate(known),
    ...(sensitive.length === 0
      ? []
      : [
          {
            path: ['fairness', 'attributes'],
            value: Object.fromEntries(sensitive.map(({ value }) => [value.column, {}])),
            why: 'reported without limits',
          },
        ]),
  ];
}

function features({ kinds, sensitive }: Known): Entry {
  const usable = [...kinds].filter(([, { kind }]) => kind !== 'carried').map(([name]) => name);
  const protectedNames = usable.filter((name) => sensitive.some(({ value }) => value.column === name));
  const others = usable.filter((name) => !protectedNames.includes(name));
  if (usable.length === 0)
    throw new PawlError(
      errorTypes.invalidData,
      `no column can be a feature (${[...kinds].map(([name, { why }]) => `${name}: ${why}`).join('; ')}): add columns of numbers or codes`,
    );
  if (others.length === 0)
    return { path: ['features'], value: usable, why: 'all are sensitive, and no other column is left' };
  const left =
    protectedNames.length === 0 ? '' : `; ${protectedNames.join(', ')} left out as sensitive: add what may decide`;
  return { path: ['features'], value: others, why: `columns of numbers and codes${left}` };
}

const defaults = { minRows: 500, maxNullShare: 0.05 };
/** Next month's file may be a little worse than this one. */
const slack = 1.5;

function dataGate({ labels, labelled, columns }: Known): Entry[] {
  const entries: Entry[] = [];
  if (labelled < defaults.minRows)
    entries.push({
      path: ['data', 'minRows'],
      value: Math.floor(labelled / slack),
      why: `${labelled} rows have a label, and the default is ${defaults.minRows}`,
    });
  const nulls = Math.max(0, ...columns.map(({ absent, facts }) => absent / facts.rows));
  const worst = columns.find(({ absent, facts }) => absent / facts.rows === nulls)?.facts.name;
  if (nulls * slack > defaults.maxNullShare)
    entries.push({
      path: ['data', 'maxNullShare'],
      value: Math.min(1, hundredths(nulls * slack)),
      why: `${worst} is missing in ${percent(nulls)} of the rows`,
    });
  const judged =
    labels.labels === null
      ? []
      : labels.positive === null
        ? labels.labels
        : labels.labels.filter(({ code }) => code === String(labels.positive?.value));
  const shares = judged.map(({ rows }) => rows / labelled);
  const low = Math.min(...shares, 1);
  const high = Math.max(...shares, 0);
  const [lowest, highest] = labelBalanceOf({}, labels.labels?.length ?? 2);
  const bounds = [
    low < slack * lowest ? Number((low / (2 * slack)).toPrecision(1)) : Number(lowest.toPrecision(1)),
    1 - high < slack * (1 - highest) ? Number((1 - (1 - high) / (2 * slack)).toFixed(4)) : highest,
  ];
  if (judged.length > 0 && (low < slack * lowest || 1 - high < slack * (1 - highest)))
    entries.push({
      path: ['data', 'labelBalance'],
      value: bounds,
      why: `the shares of the labels are from ${percent(low)} to ${percent(high)}`,
    });
  return entries;
}

const hundredths = (share: number): number => Math.ceil(Number((share * 100).toFixed(6))) / 100;
