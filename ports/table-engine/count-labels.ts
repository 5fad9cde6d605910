import { classCodes, type LabelSpace } from '../../contracts/data/label-space.ts';
import { labelLevels, type DataProfile } from '../../contracts/evidence/data.ts';
import { isOneOf } from '../sql.ts';
import { countOf, numberOf, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';

type CountedLabels = Pick<DataProfile, 'labels' | 'unlistedLabels' | 'labelQuantiles'>;

/** Labels that are not of the task, and characters of one, that evidence keeps. */
const mostOthers = 20;
const longestText = 80;

/** Counts every label of the task, and the most frequent of those that are not; numbers by their quantiles. */
export async function countLabels(
  database: Database,
  table: string,
  file: FileColumn | undefined,
  space: LabelSpace | undefined,
): Promise<CountedLabels> {
  if (file === undefined || space === undefined) return { labels: [], unlistedLabels: 0, labelQuantiles: null };
  const { code, number } = readingOf(database.bind, file, space.rule);
  const least = space.task === 'ranking' ? ` and ${number} >= 0` : '';
  const known =
    space.kind === 'numbers'
      ? `coalesce(isfinite(${number})${least}, false)`
      : isOneOf(code, database.bind(classCodes(space)));
  const read = `(select ${code} as code, ${number} as number, ${known} as known from ${table} where ${code} is not null)`;
  const listed = await database.rows(
    `select if(known, code, left(code, ${longestText})) as label, count(*), known from ${read}
     ${space.kind === 'numbers' ? 'where not known' : ''} group by all order by known desc, 2 desc, label
     limit ${classCodes(space).length + mostOthers}`,
  );
  const labels = listed.map(([value, rows]) => ({ value: String(value), rows: countOf(rows) }));
  const [all, others] = await database.row(`select count(*), count(*) filter (not known) from ${read}`);
  const total = countOf(space.kind === 'numbers' ? others : all);
  return {
    labels,
    unlistedLabels: total - labels.reduce((sum, { rows }) => sum + rows, 0),
    labelQuantiles: space.kind === 'numbers' ? await quantilesOf(database, read) : null,
  };
}

async function quantilesOf(database: Database, read: string): Promise<number[] | null> {
  const levels = labelLevels.map((level) => `quantile_cont(number, ${level})`);
  const found = (await database.row(`select ${levels.join(', ')} from ${read} where known`)).map(numberOf);
  return found.every((value) => value !== null) ? found : null;
}
