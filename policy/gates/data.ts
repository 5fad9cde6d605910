import { codeOf, float32Limit } from '../../contracts/data/cell.ts';
import { columnMeant } from '../../contracts/did-you-mean.ts';
import { knownLabels, readLabel, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ColumnProfile, DataProfile, DriftResult } from '../../contracts/evidence/data.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, percent, short } from '../check.ts';
import { doubtfulCodes } from './doubtful-codes.ts';
import { judgeDrift } from './drift.ts';
import { verdictOf } from '../verdict.ts';

export interface DataFacts {
  readonly profile: DataProfile;
  /** By the champion's snapshot; empty where there is none. */
  readonly drift: readonly DriftResult[];
  readonly previousRows: number | null;
  readonly dataset: DatasetDefinition;
  /** The labels that the target may have. */
  readonly labelSpace: LabelSpace;
  /** Lines of the source that lie within quoted cells. */
  readonly linesInCells: number;
  /** Rows that the bounds of the run left out because they have no time. */
  readonly timeless: number;
  readonly gate: ModelDefinition['data'];
}

/**
 * Judges a snapshot by its dataset definition and the model's data gate. Each kind of check is listed once where it
 * passes for every column, and once per column where it does not (`AGEP.range`).
 */
export function judgeData(facts: DataFacts): Verdict {
  const { profile, dataset, gate } = facts;
  return verdictOf([
    rowCount(facts),
    ...rowRatio(facts),
    ...brokenLines(facts),
    ...withoutTime(facts),
    ...origin(dataset),
    duplicateKeys(profile, dataset),
    ...columnChecks(profile, dataset, gate),
    unexpectedColumns(profile),
    ...doubtfulCodes(profile, dataset),
    ...unlabelled(facts),
    knownLabelsOnly(facts),
    labelBalance(facts),
    ...judgeDrift(facts.drift, gate.psi),
  ]);
}

/** Why the data checks of a run would refuse rows that a split cannot tell apart or judge: keys that repeat, labels that may not be missing. */
export function splitFaults(profile: DataProfile, dataset: DatasetDefinition, gate: DataFacts['gate']): string[] {
  const unique = duplicateKeys(profile, dataset);
  const target = profile.columns.find(({ column, foundType }) => column === dataset.target && foundType !== null);
  const mayMiss = dataset.columns[dataset.target]?.nullable === true;
  const missing = target === undefined || mayMiss ? null : nulls(target, dataset.target, dataset, gate);
  return [...(unique.status === 'fail' ? [unique.message] : []), ...(missing === null ? [] : [missing.message])];
}

/** Rows without a label teach nothing. */
function rowCount({ profile, dataset, gate: { minRows } }: DataFacts): Check {
  const rows = profile.rows - missingLabels(profile, dataset);
  const what = rows === profile.rows ? `${rows} rows` : `${rows} of ${profile.rows} rows have a label`;
  return check(
    'rows',
    rows >= minRows ? 'pass' : 'fail',
    rows,
    minRows,
    `${what}, at least ${minRows} are asked for${rows >= minRows ? '' : ': look at the source, or at the selection'}`,
  );
}

const missingLabels = ({ columns }: DataProfile, { target }: DatasetDefinition): number =>
  columns.find(({ column, foundType }) => column === target && foundType !== null)?.nulls ?? 0;

function brokenLines({ linesInCells }: DataFacts): Check[] {
  if (linesInCells === 0) return [];
  const message = `${linesInCells} lines of the file lie within quoted cells, and are not rows: look for a quote that does not end where it should`;
  return [check('rows.lines', 'warn', linesInCells, 0, message)];
}

function withoutTime({ timeless, dataset: { time } }: DataFacts): Check[] {
  if (timeless === 0) return [];
  const message = `${timeless} rows have no time (${time}), so no window takes them: fill it in, or start the run without bounds`;
  return [check('rows.time', 'warn', timeless, 0, message)];
}

/** What nobody declared of the rows cannot be answered for later. */
const origin = ({ dataset, ...declared }: DatasetDefinition): Check[] =>
  (['licence', 'provenance'] as const)
    .filter((name) => declared[name].trim() === '')
    .map((name) =>
      check(
        `dataset.${name}`,
        'warn',
        null,
        null,
        `dataset "${dataset}" declares no ${name}: write "${name}" in its dataset.yaml`,
      ),
    );

function rowRatio({ profile, previousRows, gate }: DataFacts): Check[] {
  if (previousRows === null || previousRows === 0) return [];
  const observed = profile.rows / previousRows;
  const status = observed >= gate.minRowRatio ? 'pass' : 'warn';
  const message = `${profile.rows} rows after ${previousRows} in the snapshot before: ratio ${short(observed)}, expected at least ${gate.minRowRatio}`;
  return [check('rows.ratio', status, observed, gate.minRowRatio, message)];
}

const duplicateKeys = ({ duplicateKeys }: DataProfile, { key }: DatasetDefinition): Check =>
  check(
    `${key}.unique`,
    duplicateKeys === 0 ? 'pass' : 'fail',
    duplicateKeys,
    0,
    duplicateKeys === 0 ? `every ${key} is unique` : `${duplicateKeys} rows repeat the key ${key} of another row`,
  );

interface ColumnRule {
  readonly kind: string;
  readonly passing: string;
  readonly judge: (found: ColumnProfile, name: string) => Omit<Check, 'name' | 'status' | 'required'> | null;
}

const shown = ({ examples }: ColumnProfile): string =>
  examples.length === 0 ? '' : ` (for example ${examples.join(', ')})`;

function columnRules(dataset: DatasetDefinition, gate: DataFacts['gate']): ColumnRule[] {
  return [
    {
      kind: 'type',
      passing: 'every value is of its declared type',
      judge: (found, name) =>
        found.wrongType === 0
          ? null
          : {
              observed: found.wrongType,
              limit: 0,
              message: `${name}: ${found.wrongType} values are not of type ${dataset.columns[name]?.type ?? 'unknown'}${shown(found)}; the file has ${found.foundType}`,
            },
    },
    {
      kind: 'nulls',
      passing: 'no column has more nulls than it may',
      // A label may still come: rows without one are counted apart.
      judge: (found, name) =>
        name === dataset.target && dataset.columns[name]?.nullable === true ? null : nulls(found, name, dataset, gate),
    },
    {
      kind: 'range',
      passing: 'every number is within its range',
      judge: (found, name) =>
        found.outOfRange === 0
          ? null
          : {
              observed: found.outOfRange,
              limit: 0,
              message: `${name}: ${found.outOfRange} ${found.outOfRange === 1 ? 'value is' : 'values are'} outside ${range(dataset, name)}${shown(found)}`,
            },
    },
    {
      kind: 'allowed',
      passing: 'every code is an allowed one',
      judge: (found, name) =>
        found.notAllowed === 0
          ? null
          : {
              observed: found.notAllowed,
              limit: 0,
              message: `${name}: ${found.notAllowed} values are none of the allowed codes${shown(found)}`,
            },
    },
  ];
}

const range = (dataset: DatasetDefinition, name: string): string => {
  const { min, max } = dataset.columns[name] ?? {};
  const limit = float32Limit.toPrecision(4);
  const bounds = `[${min ?? `-${limit}`}, ${max ?? limit}]`;
  return min === undefined || max === undefined ? `${bounds}, what float32 can hold` : bounds;
};

function nulls(
  found: ColumnProfile,
  name: string,
  dataset: DatasetDefinition,
  gate: DataFacts['gate'],
): ReturnType<ColumnRule['judge']> {
  const limit = dataset.columns[name]?.nullable === true ? gate.maxNullShare : 0;
  const observed = found.rows === 0 ? 0 : found.nulls / found.rows;
  if (observed <= limit) return null;
  const allowed = limit === 0 ? 'none is allowed' : `at most ${percent(limit)} are allowed`;
  return {
    observed,
    limit,
    message: `${name}: ${percent(observed)} of the values are missing, ${allowed}${remedy(name, dataset)}`,
  };
}

function remedy(name: string, dataset: DatasetDefinition): string {
  if (name === dataset.target)
    return ': declare it nullable: true in dataset.yaml where labels come later; rows without one are then left out and counted';
  if (dataset.columns[name]?.nullable !== true)
    return ': fill them in, or declare the column nullable: true in dataset.yaml';
  return ': fill them in, or raise data.maxNullShare in the model definition';
}

function columnChecks(profile: DataProfile, dataset: DatasetDefinition, gate: DataFacts['gate']): Check[] {
  const found = new Map(profile.columns.map((column) => [column.column, column]));
  const names = Object.keys(dataset.columns);
  const present = names.filter((name) => (found.get(name)?.foundType ?? null) !== null);
  const missing = names
    .filter((name) => !present.includes(name))
    .map((name) =>
      check(
        `${name}.present`,
        'fail',
        'missing',
        'present',
        `${name}: the column is missing in the file${hintOf(name, profile)}`,
      ),
    );
  const violations = columnRules(dataset, gate).flatMap((rule) => {
    const failed = present.flatMap((name) => {
      const column = found.get(name);
      const problem = column === undefined ? null : rule.judge(column, name);
      return problem === null
        ? []
        : [check(`${name}.${rule.kind}`, 'fail', problem.observed, problem.limit, problem.message)];
    });
    return failed.length > 0 ? failed : [check(`columns.${rule.kind}`, 'pass', 0, 0, rule.passing)];
  });
  const complete = check(
    'columns.present',
    'pass',
    names.length,
    names.length,
    `all ${names.length} columns are there`,
  );
  return [...(missing.length > 0 ? missing : [complete]), ...violations];
}

function hintOf(name: string, { unexpectedColumns: extra }: DataProfile): string {
  const meant = columnMeant(name, extra);
  return meant === null ? '' : `, which has ${JSON.stringify(meant)}: names count as they are written, rename one`;
}

function unexpectedColumns({ unexpectedColumns: extra }: DataProfile): Check {
  const message = `columns that the dataset definition does not name: ${extra.join(', ')}; they are not used: declare them in dataset.yaml, with kind: carried where no model reads them`;
  return extra.length === 0
    ? check('columns.unexpected', 'pass', 0, 0, 'no column is unknown')
    : check('columns.unexpected', 'warn', extra.length, 0, message);
}

function unlabelled({ profile, dataset }: DataFacts): Check[] {
  const missing = missingLabels(profile, dataset);
  if (missing === 0) return [];
  const message = `${missing} of ${profile.rows} rows have no label yet (${dataset.target}): they are left out of training and tests`;
  return [check('labels.missing', 'pass', missing, null, message)];
}

function knownLabelsOnly({ profile, labelSpace }: DataFacts): Check {
  const unknown = profile.labels.filter(({ value }) => readLabel(value, labelSpace) === 'unknown');
  const rows = unknown.reduce((sum, label) => sum + label.rows, 0);
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
function labelBalance({ profile, labelSpace, gate }: DataFacts): Check {
  const name = 'labels.balance';
  const total = profile.labels.reduce((sum, label) => sum + label.rows, 0);
  const [low, high] = gate.labelBalance;
  const limit = labelSpace.kind === 'numbers' ? null : `${percent(low)} to ${percent(high)}`;
  if (total === 0) return check(name, 'inconclusive', null, limit, 'no row has a label: nothing can be learned');
  if (labelSpace.kind === 'numbers') {
    const [only] = profile.labels;
    return profile.labels.length > 1
      ? check(name, 'pass', null, null, 'the labels vary')
      : check(name, 'fail', only?.value ?? null, null, `every label is ${only?.value}: nothing can be learned`);
  }
  const judged = labelSpace.task === 'binary' ? labelSpace.classes.slice(1) : labelSpace.classes;
  const shares = judged.map(({ code }) => {
    const rows = profile.labels
      .filter(({ value }) => codeOf(value, labelSpace.rule) === code)
      .reduce((sum, label) => sum + label.rows, 0);
    return { code, share: rows / total };
  });
  const odd = shares.find(({ share }) => share < low || share > high) ?? shares[0]!;
  const status = odd.share >= low && odd.share <= high ? 'pass' : 'fail';
  return check(
    name,
    status,
    odd.share,
    limit,
    `${percent(odd.share)} of the labels are ${odd.code}, expected ${limit}`,
  );
}
