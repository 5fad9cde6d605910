import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnFacts, FileFacts } from '../../contracts/data/file-facts.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { percent } from '../check.ts';
import { guessKind } from './column-kind.ts';
import { guessType } from './column-type.ts';
import { guessCsv } from './csv-format.ts';
import { guessModel } from './guess-model.ts';
import type { Entry } from './entry.ts';
import { oddValues } from './notes.ts';
import { otherTask } from './other-task.ts';
import { guessKey, guessTimeColumn, keyFault, timeFault, type Role, type TypedColumn } from './roles.ts';
import { guessSensitive } from './sensitive.ts';
import { guessTarget, type TargetGuess } from './target.ts';

export interface Asked {
  readonly model: string;
  readonly dataset: string;
  readonly target: string;
  readonly key?: string | undefined;
  readonly time?: string | undefined;
}

export interface ProjectGuess {
  /** The column that must be added with the number of each row, because no column is a key; null where one is. */
  readonly rowNumber: string | null;
  /** `dataset.yaml` in its order, `source` left out. */
  readonly dataset: readonly Entry[];
  readonly model: readonly Entry[];
  /** Columns that a run could not read. */
  readonly undeclared: readonly { readonly name: string; readonly why: string }[];
  readonly time: string | null;
  readonly rows: number;
  readonly labelled: number;
}

/** Fewer rows cannot be split into rows to train on and rows to judge by. */
const fewestRows = 50;

const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidData, message);

/** Definitions of a dataset and a model, from facts about a file alone. Throws `InvalidDataError` where a guess would be wrong. */
export function guessProject(facts: FileFacts, asked: Asked): ProjectGuess {
  if (facts.rows === 0)
    throw invalid(`the file has a header and no rows: a model needs ${fewestRows} or more, add rows`);
  // Other files have numbers and times of their own, which no format changes.
  const csv =
    facts.csv === null ? { decimal: null, time: null } : guessCsv(facts.columns, asked.time, facts.csv.delimiter);
  const empty = facts.columns.filter(
    ({ filled, texts, values }) => (filled === 0 && texts === 0) || values.string < texts,
  );
  const columns = facts.columns
    .filter((column) => !empty.includes(column))
    .map((column): TypedColumn => ({ facts: column, ...guessType(column, csv) }));
  const target = columnOf(columns, facts, 'target', asked.target);
  const labelled = facts.rows - target.absent;
  if (labelled < fewestRows)
    throw invalid(`${labelled} rows have a label (${asked.target}): a model needs ${fewestRows} or more, add rows`);
  const { key, rowNumber } = keyOf(columns, facts, asked);
  const time = timeOf(
    columns.filter(({ facts }) => facts.name !== key?.name),
    facts,
    asked,
  );
  const labels = guessTarget(target);
  const kinds = new Map(
    columns
      .filter(({ facts: { name } }) => name !== key?.name && name !== time?.name && name !== asked.target)
      .map((column) => [column.facts.name, { column, ...guessKind(column, labels.task) }]),
  );
  const sensitive = guessSensitive([...kinds.values()]);
  const dataset: Entry[] = [
    { path: ['dataset'], value: asked.dataset },
    { path: ['licence'], value: '', todo: 'the terms of use: the data check warns while it is empty' },
    { path: ['provenance'], value: '', todo: 'where the rows come from: the data check warns while it is empty' },
    // The copy with numbers is UTF-8.
    ...(facts.csv?.encoding === 'latin-1' && rowNumber === null
      ? [{ path: ['csv', 'encoding'], value: 'latin-1', why: 'the file is not UTF-8' }]
      : []),
    ...(csv.decimal === null ? [] : [{ path: ['csv', 'decimal'], ...csv.decimal }]),
    ...(csv.time === null ? [] : [{ path: ['csv', 'time'], ...csv.time }]),
    { path: ['key'], value: key?.name ?? rowNumber, why: key === null ? numbered : key.why },
    ...(time === null ? [] : [{ path: ['time'], value: time.name, why: time.why }]),
    { path: ['target'], value: asked.target },
    ...(rowNumber === null
      ? []
      : [{ path: ['columns', rowNumber], value: { type: 'integer', kind: 'key' }, why: 'the number of the row' }]),
    ...columns.map((column): Entry => {
      const { name } = column.facts;
      if (name === key?.name) return entryOf(column, 'key', 'the key');
      if (name === time?.name) return entryOf(column, 'time', 'the time of a row');
      if (name === asked.target) return targetEntry(column, labels);
      const { kind = 'carried', why = '' } = kinds.get(name) ?? {};
      return entryOf(column, kind, why);
    }),
    ...sensitive.map(({ value, why }, i): Entry => ({ path: ['sensitive', i], value, why })),
  ];
  const other = otherTask(target, columns, labels);
  const model = guessModel({ asked, labels, labelled, columns, kinds, sensitive, hasTime: time !== null, other });
  const undeclared = [
    ...empty.map(({ name, texts }) => ({
      name,
      why: texts === 0 ? 'no row has a value' : 'it has texts with a NUL character',
    })),
    ...facts.nested.map((name) => ({ name, why: 'it has lists or objects' })),
  ];
  return { rowNumber, dataset, model, undeclared, rows: facts.rows, labelled, time: time?.name ?? null };
}

const numbered =
  'no column is unique in every row, so a copy of the file numbers its rows: other files need a real key';

function columnOf(columns: readonly TypedColumn[], facts: FileFacts, role: string, name: string): TypedColumn {
  const found = columns.find((column) => column.facts.name === name);
  if (found !== undefined) return found;
  const isThere = facts.columns.some((column) => column.name === name);
  const others = columns.map((column) => column.facts.name).join(', ');
  throw invalid(
    `the ${role} ${JSON.stringify(name)} ${isThere ? 'has no value' : 'is not in the file'}: name one of ${others}`,
  );
}

function keyOf(
  columns: readonly TypedColumn[],
  facts: FileFacts,
  { key, time, target }: Asked,
): { key: Role | null; rowNumber: string | null } {
  if (key !== undefined) {
    const fault =
      key === target
        ? 'the key cannot be the target: name two columns'
        : keyFault(columnOf(columns, facts, 'key', key));
    if (fault !== null) throw invalid(fault);
    return { key: { name: key }, rowNumber: null };
  }
  const found = guessKey(columns.filter(({ facts: { name } }) => name !== target && name !== time));
  return { key: found, rowNumber: found === null ? freeName('row', facts.columns) : null };
}

function freeName(wanted: string, columns: readonly ColumnFacts[]): string {
  return columns.some(({ name }) => name.toLowerCase() === wanted) ? freeName(`${wanted}_`, columns) : wanted;
}

function timeOf(columns: readonly TypedColumn[], facts: FileFacts, { time, target }: Asked): Role | null {
  if (time === undefined) return guessTimeColumn(columns.filter(({ facts: { name } }) => name !== target));
  const fault =
    time === target
      ? 'the time cannot be the target: name two columns'
      : timeFault(columnOf(columns, facts, 'time', time));
  if (fault !== null) throw invalid(fault);
  return { name: time };
}

/** The keys of a column in `dataset.yaml`, defaults left out. */
function declared({ type, nullable, missing }: TypedColumn, kind: Column['kind']): Partial<Column> {
  return {
    type,
    kind,
    ...(nullable ? { nullable } : {}),
    ...(missing.length > 0 ? { missing: [...missing] } : {}),
  };
}

function entryOf(column: TypedColumn, kind: Column['kind'], why: string): Entry {
  const { absent, facts } = column;
  const missing = absent === 0 ? [] : [`${percent(absent / facts.rows)} missing`];
  const isText = kind === 'carried' && column.type === 'string' ? [] : [column.why];
  const odd = oddValues(column, kind);
  return {
    path: ['columns', facts.name],
    value: declared(column, kind),
    why: [why, ...(odd === null ? [] : [odd]), ...isText, ...missing].join('; '),
  };
}

function targetEntry(column: TypedColumn, { labels, why }: TargetGuess): Entry {
  const entry = entryOf(column, 'target', why);
  const value = declared(column, 'target');
  const codes = labels?.map(({ code }) => code).toSorted();
  return { ...entry, value: codes === undefined || column.type === 'boolean' ? value : { ...value, allowed: codes } };
}
