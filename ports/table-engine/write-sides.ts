import { classCodes, knownLabels, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { shownNames } from '../../contracts/shown-text.ts';
import { isOneOf } from '../sql.ts';
import { countFaults, examplesOf, instead, unreadableCells, type DeclaredFile } from './cell-faults.ts';
import { countOf, identifier, type Database, type FileColumn } from './connection.ts';
import { keyOf, readingOf } from './expressions.ts';
import { formOf } from './file-form.ts';
import type { SplitSide, TableEngine } from './port.ts';
import { rowNumberOf, sideRows } from './split-rows.ts';
import { parquet } from './source.ts';
import { typedOf } from './typed-values.ts';

type Job = Parameters<TableEngine['writeSides']>[0];

/** Writes the labelled rows of each side of the split, with the declared columns, in the order of the key. */
export async function writeSides(database: Database, job: Job): Promise<Readonly<Record<SplitSide, number>>> {
  const { path, dataset, rule, targets } = job;
  await database.inTimeZone(dataset.timezone);
  const found = await database.columns(parquet(database, path));
  const columns = declaredColumns(job, found);
  await refuseFaults(database, job, columns);
  const values = await Promise.all(
    columns.map(
      async (column) => `${await valueOf(database, path, column, targets)} as ${identifier(column.file.name)}`,
    ),
  );
  const write = async (side: SplitSide): Promise<number> => {
    const key = keyOf(database.bind, found, dataset);
    const rows = sideRows(database, { path, dataset, split: { rule, side }, labelled: true }, key, found);
    await database.run(`create or replace temp view side as ${rows}`);
    await database.run(
      `copy (select ${values.join(', ')} from side order by ${key === null ? '' : `${key.order}, `}${rowNumberOf(found)})
       to $1 (${formOf(targets[side])})`,
      [targets[side]],
    );
    return countOf((await database.row('select count(*) from side'))[0]);
  };
  return { train: await write('train'), validation: await write('validation'), test: await write('test') };
}

const invalid = ({ dataset }: DatasetDefinition, message: string): PawlError =>
  new PawlError(errorTypes.invalidData, message, { dataset });

/** Throws `InvalidDataError` for declared columns that the file lacks. */
function declaredColumns({ dataset }: Job, found: readonly FileColumn[]): DeclaredFile[] {
  const lacking = Object.keys(dataset.columns).filter((name) => found.every((file) => file.name !== name));
  if (lacking.length > 0)
    throw invalid(dataset, `the data lack ${shownNames(lacking)}: correct the source, or the dataset definition`);
  return found.flatMap((file) => {
    const declared = dataset.columns[file.name];
    return declared === undefined ? [] : [{ file, declared }];
  });
}

/** A run's data check would stop at these rows, and a trainer would learn from what no model is given. */
async function refuseFaults(
  database: Database,
  { path, dataset, labelSpace }: Job,
  columns: readonly DeclaredFile[],
): Promise<void> {
  const relation = parquet(database, path);
  const faults: string[] = [];
  for (const { wrong, ...column } of await countFaults(database, relation, columns)) {
    if (wrong === 0) continue;
    const examples = await examplesOf(database, relation, column);
    faults.push(`${unreadableCells(wrong, column)} (${examples}): ${instead(column.declared, dataset.csv)}`);
  }
  if (faults.length > 0) throw invalid(dataset, `${faults.join('; ')}; or correct the types in the dataset definition`);
  await refuseLabels(database, relation, dataset, labelSpace, columns);
}

async function refuseLabels(
  database: Database,
  relation: string,
  dataset: DatasetDefinition,
  labelSpace: LabelSpace,
  columns: readonly DeclaredFile[],
): Promise<void> {
  const target = columns.find(({ file }) => file.name === labelSpace.target);
  if (target === undefined) return;
  const { code } = readingOf(database.bind, target.file, target.declared);
  // Whether a cell is a number is its type's to say.
  if (labelSpace.kind === 'numbers') return;
  const unknown = `not ${isOneOf(code, database.bind(classCodes(labelSpace)))}`;
  const count = countOf((await database.row(`select count(*) from ${relation} where ${unknown}`))[0]);
  if (count === 0) return;
  throw invalid(
    dataset,
    `"${labelSpace.target}" holds ${count} ${count === 1 ? 'label' : 'labels'} other than ${knownLabels(labelSpace)} (${await examplesOf(database, relation, target, unknown)}): correct the data, or the labels in the model definition`,
  );
}

/** A declared column as models are given it: a code where the file is text, else a value of the declared type. */
async function valueOf(
  database: Database,
  path: string,
  { file, declared }: DeclaredFile,
  targets: Job['targets'],
): Promise<string> {
  const reading = readingOf(database.bind, file, declared);
  const { code, moment } = reading;
  if (!formOf(targets.train).startsWith('format parquet'))
    return declared.type === 'timestamp' ? `strftime(timezone('UTC', ${moment}), '%Y-%m-%dT%H:%M:%S.%fZ')` : code;
  const typed = typedOf(reading, declared);
  if (declared.type !== 'integer') return typed;
  // One type in all three files; ids beyond 64 bits stay exact as text.
  const wide = await database.row(
    `select count(*) from ${parquet(database, path)} where ${code} is not null and ${typed} is null`,
  );
  return countOf(wide[0]) === 0 ? typed : code;
}
