import { expect, test } from 'vitest';
import { judgeData } from '../../policy/gates/data.ts';
import { facts, profile } from './data-facts.ts';

test('a grade beyond the scale of a ranking fails, and says how to declare a greater one', () => {
  const labelSpace = { task: 'ranking', kind: 'numbers', target: 'employed', rule: { type: 'number' } } as const;
  const labels = [...profile.labels, { value: '100', rows: 1 }, { value: '99999', rows: 2 }];
  const { checks } = judgeData({ ...facts, labelSpace, profile: { ...profile, labels } });
  expect(checks.find(({ name }) => name === 'labels.known')).toMatchObject({
    status: 'fail',
    observed: 2,
    message:
      'employed: 2 rows have a label other than grades from 0 to 100 ("99999"): correct the data, or declare the greatest grade as max of employed',
  });
});
