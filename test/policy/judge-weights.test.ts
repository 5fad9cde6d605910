import { expect, test } from 'vitest';
import { weightChecks } from '../../policy/gates/weights.ts';
import type { DataProfile } from '../../contracts/evidence/data.ts';

const column = { column: 'w', foundType: 'DOUBLE', rows: 100, nulls: 0, min: 0, mean: 1, deviation: 1 };
const judged = (over: Partial<typeof column>) =>
  weightChecks({ profile: { columns: [{ ...column, ...over }] } as unknown as DataProfile, weight: 'w' });

test.each([
  [{}, 'pass', 'by their weights the 100 rows are worth 50 that count alike'],
  [{ deviation: 4 }, 'warn', 'are worth 5.882 that count alike (5.882 %): a few rows say nearly everything'],
  [{ nulls: 18 }, 'fail', '18 of 100 rows have no w, which is their weight: correct them'],
  [{ min: -3 }, 'fail', 'the least w is -3, and the weight of a row is 0 or more'],
  [{ mean: 0, deviation: 0 }, 'fail', 'w, the weight of rows, is 0 in all 100 rows'],
])('weights %o: %s', (over, status, words) => {
  const [found] = judged(over);
  expect(found?.status).toBe(status);
  expect(found?.message).toContain(words);
});

test('rows without weights are not judged', () => {
  expect(weightChecks({ profile: { columns: [] } as unknown as DataProfile, weight: undefined })).toEqual([]);
});
