import { expect, it } from 'vitest';
import { table } from '../../cli/output.ts';

it('a table shows lines of a text of ours below each other, and a line end of a stranger as such', () => {
  expect(
    table(
      ['MODEL', 'PROBLEM', 'BY'],
      [
        ['churn', ['two faults:', '- a', '- b'], 'ada'],
        ['a\nb', 'none', 'eve\u001b[2J'],
      ],
    ),
  ).toBe(
    [
      'MODEL     PROBLEM      BY',
      'churn     two faults:  ada',
      '          - a',
      '          - b',
      'a\\u000ab  none         eve\\u001b[2J',
    ].join('\n'),
  );
});
