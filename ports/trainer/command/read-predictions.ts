import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PawlError } from '../../../contracts/errors.ts';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import { errorTypes } from '../../../contracts/names.ts';
import { programFiles, type ProgramJob } from '../../../contracts/run/program-job.ts';
import type { DuckDb } from '../../duckdb.ts';
import { identifier } from '../../sql.ts';

/** Columns of the values that a program predicts for a row: the probability of the positive label or of each, a number, or quantiles. */
export function predictionColumns(space: LabelSpace): string[] {
  if (space.kind === 'classes')
    return space.task === 'binary' ? ['probability'] : space.classes.map((_, index) => `probability_${index}`);
  return space.levels === undefined ? ['prediction'] : space.levels.map((_, index) => `quantile_${index}`);
}

/** What a program says that it predicts for the validation rows, by column. Throws `TrainerFailedError` where that cannot be read. */
export async function readPredictions(
  { connection }: DuckDb,
  folder: string,
  { predictions }: Pick<ProgramJob, 'predictions'>,
  rows: number,
): Promise<Float64Array[]> {
  const wrong = (reason: string): PawlError =>
    new PawlError(errorTypes.trainerFailed, `the trainer's program: ${reason}`);
  const path = programFiles.predictions.map((name) => join(folder, name)).find((one) => existsSync(one));
  const wanted = `${predictions.join(', ')}, a row for each of the ${rows} validation rows, in their order`;
  if (path === undefined)
    throw wrong(
      `it left no ${programFiles.predictions.join(' or ')}: write its predictions of ${programFiles.validation} with the columns ${wanted}`,
    );
  const source = path.endsWith('.csv') ? 'read_csv($1, header = true)' : 'read_parquet($1)';
  const values = predictions.map((name) => `try_cast(${identifier(name)} as double)`).join(', ');
  const read = await connection.runAndReadAll(`select ${values} from ${source}`, [path]).catch((error: Error) => {
    throw wrong(
      `its predictions cannot be read (${error.message.split('\n')[0]}): they must have the columns ${wanted}`,
    );
  });
  if (read.currentRowCount !== rows)
    throw wrong(`its predictions have ${read.currentRowCount} rows, and must have ${wanted}`);
  return read
    .getColumns()
    .map((column) => Float64Array.from(column, (value) => (typeof value === 'number' ? value : Number.NaN)));
}
