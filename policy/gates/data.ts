import { float32Limit } from '../../contracts/data/cell.ts';
import { columnMeant } from '../../contracts/did-you-mean.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ColumnProfile, DataProfile } from '../../contracts/evidence/data.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, percent, short } from '../check.ts';
import type { DataFacts } from './data-facts.ts';
import { doubtfulCodes } from './doubtful-codes.ts';
import { extremeValues } from './extreme-values.ts';
import { lostDigits } from './lost-digits.ts';
import { judgeDrift } from './drift.ts';
import { knownLabelsOnly, labelBalance, missingLabels, unlabelled } from './labels.ts';
import { verdictOf } from '../verdict.ts';
import { weightChecks } from './weights.ts';

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
    duplicateKeys(profile, dataset),
    ...columnChecks(profile, dataset, gate),
    ...extremeValues(facts),
    ...lostDigits(facts),
    unexpectedColumns(profile),
    ...doubtfulCodes(profile, dataset),
    ...unlabelled(facts),
    knownLabelsOnly(facts),
    labelBalance(facts),
    ...weightChecks(facts),
    ...judgeDrift(facts.drift, gate.psi),
    ...origin(dataset),
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
  const rows = profile.rows - missingLabels({ profile, dataset });
  const what = rows === profile.rows ? `${rows} rows` : `${rows} of ${profile.rows} rows have a label`;
  return check(
    'rows',
    rows >= minRows ? 'pass' : 'fail',
    rows,
    minRows,
    `${what}, at least ${minRows} are asked for${rows >= minRows ? '' : ': look at the source, or at the selection'}`,
  );
}

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
