import type { DuckDBValue } from '@duckdb/node-api';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { numberText } from '../../contracts/data/cell.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { mustAddUp, missesOne } from '../../ml/tasks/probability-sums.ts';
import type { AnswerColumn } from './answer-columns.ts';
import type { Database, FileColumn } from './connection.ts';
import { keyOf } from './expressions.ts';

/** Rows that are named in a message. */
const mostShown = 3;

interface OddRow {
  /** From 1 on. */
  readonly row: number;
  readonly answers: readonly string[];
  readonly because: string;
}

/** Rows whose answer is none: NaN, infinite, a probability outside [0, 1], or probabilities that do not add up to 1, as models say of values that are missing or far from those they learned from. */
export class OddAnswers {
  #count = 0;
  readonly #first: OddRow[] = [];

  /** Looks at the answers of a pass, whose first row is row `from` of the file. */
  look(
    frame: Frame,
    from: number,
    columns: readonly AnswerColumn[],
    values: readonly (readonly DuckDBValue[])[],
  ): void {
    const shares = columns.flatMap(({ isShare }, i) => (isShare ? [values[i] ?? []] : []));
    for (let row = 0; row < frame.rowCount; row += 1) {
      const sum = mustAddUp(shares.length) ? shares.reduce((all, of) => all + Number(of[row] ?? NaN), 0) : 1;
      if (columns.every(({ isValid }, i) => isValid(values[i]?.[row])) && !missesOne(sum)) continue;
      this.#count += 1;
      if (this.#first.length === mostShown) continue;
      const answers = columns.flatMap(({ name, isValid }, i) => {
        const value = values[i]?.[row];
        return isValid(value) ? [] : [`${name} is ${wordOf(value)}`];
      });
      const all = answers.length > 0 ? answers : [`its probabilities add up to ${Number(sum.toPrecision(4))}`];
      this.#first.push({ row: from + row, answers: all, because: inputsOf(frame, row) });
    }
  }

  /** Throws `InvalidDataError` where there are any, with their number and the first of them by row and key. */
  async refuse(
    database: Database,
    source: string,
    rows: number,
    { relation, found, dataset }: { relation: string; found: readonly FileColumn[]; dataset: DatasetDefinition },
  ): Promise<void> {
    if (this.#count === 0) return;
    const key = keyOf(database.bind, found, dataset);
    const shown: string[] = [];
    for (const { row, answers, because } of this.#first) {
      const [value = null] =
        key === null ? [] : await database.row(`select ${key.text} from ${relation} limit 1 offset ${row - 1}`);
      const keyText = value === null ? '' : ` (${shownText(dataset.key)} ${shownText(String(value), 60)})`;
      shown.push(`row ${row}${keyText}: ${shownNames(answers, 5)}, ${because}`);
    }
    const more = this.#count - shown.length;
    throw new PawlError(
      errorTypes.invalidData,
      `${source}: the model has no valid answer for ${this.#count} of ${rows} rows: ${shown.join('; ')}${more > 0 ? ` and ${more} more` : ''}. Correct these rows or take them out: nothing was written`,
      { source },
    );
  }
}

const wordOf = (value: DuckDBValue | undefined): string => (Number.isNaN(value) ? 'NaN' : numberText(Number(value)));

/** What of a row's inputs may be the cause: numbers that are missing, else the largest one. */
function inputsOf({ columns }: Frame, row: number): string {
  const numbers = Object.entries(columns).flatMap(([name, { type, values }]) =>
    type === 'number' ? [{ name, value: values[row]! }] : [],
  );
  const missing = numbers.filter(({ value }) => Number.isNaN(value)).map(({ name }) => name);
  if (missing.length > 0) return `and ${shownNames(missing, 5)} ${missing.length === 1 ? 'is' : 'are'} missing`;
  const [largest] = numbers.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return largest === undefined
    ? 'and the model takes no numbers'
    : `and its largest number is ${shownText(largest.name)} ${numberText(largest.value)}`;
}
