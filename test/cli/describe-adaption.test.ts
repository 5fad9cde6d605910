import { expect, test } from 'vitest';
import { describeDrawn } from '../../cli/describe-adaption.ts';

const tokens = {
  name: 'input_ids',
  type: 'int64' as const,
  shape: [32],
  from: { min: 0, max: 47 },
  guesses: ['0 to 47: its embedding has 48 rows'],
  rows: 48,
};
const tried = 'input "input_ids" is tried with 0 to 47, 32 a row (guessed: 0 to 47: its embedding has 48 rows)';

test.each([
  ['nothing', {}, [tried, 'input "input_ids" takes 0 to 47 in requests (guessed: from its embedding of 48 rows)']],
  [
    'the least',
    { min: 2 },
    [tried, 'input "input_ids" takes 2 to 47 in requests (guessed: from its embedding of 48 rows)'],
  ],
  ['both bounds', { min: 2, max: 40 }, [tried]],
])('an import says what requests may hold where %s is declared', (_, told, lines) => {
  expect(describeDrawn([tokens], { input_ids: told })).toEqual(lines);
});
