import { expect, test } from 'vitest';
import { answerColumns } from '../../ports/table-engine/answer-columns.ts';
import type { Database } from '../../ports/table-engine/connection.ts';
import { OddAnswers } from '../../ports/table-engine/odd-answers.ts';
import { definitionsFor } from '../support/tool-models.ts';

test('a file is refused where probabilities of a row do not add up to 1, with their sum', async () => {
  const { dataset, space } = definitionsFor({ task: 'multiclass', columns: ['age'], labels: ['basic'] });
  const columns = answerColumns(space);
  const odd = new OddAnswers();
  const frame = { rowCount: 2, columns: { age: { type: 'number' as const, values: Float64Array.of(1, 2) } } };
  odd.look(frame, 1, columns, [
    ['basic', 'basic'],
    [0.5, 0.9],
    [0.3, 0.9],
    [0.2, 0.9],
  ]);
  await expect(odd.refuse({} as Database, 'rows.csv', 2, { relation: '', found: [], dataset })).rejects.toThrow(
    /no valid answer for 1 of 2 rows: row 2: its probabilities add up to 2.7, and its largest number is age 2/,
  );
});
