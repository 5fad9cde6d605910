import { expect, test } from 'vitest';
import { instanceRows } from '../../bench/release/instances.ts';

test('the bench shows that the instance log tells one sick machine, and not noise that all machines of a version share', () => {
  const rows = new Map(instanceRows(40).map(({ work, ours }) => [work, ours]));
  const at = (how: string, what: string) => rows.get(`shown: 6000 a minute, ${how}: ${what}`);
  const shared = 'own noise, correlation 0.8, all machines of a version alike';
  expect(at(shared, 'alarms of one guard')).toBeGreaterThan(30);
  expect(at(shared, 'alarms in which an instance is named')).toBeLessThanOrEqual(5);
  const sick = "one of the candidate's 3 machines fails 10 times as often";
  expect(at(sick, 'alarms of one guard')).toBe(100);
  expect(at(sick, 'alarms in which an instance is named')).toBeGreaterThan(60);
});
