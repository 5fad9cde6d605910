import { expect, test } from 'vitest';
import { trafficTable } from '../../cli/traffic-table.ts';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { declareTraffic } from '../../policy/release/plan/choose-traffic.ts';

const table = (predictions: ReleasePolicy['guards']['predictions']): string =>
  trafficTable(releasePolicySchema.parse({ guards: { predictions } }), declareTraffic({ positiveRate: 0.3 }, null));

test('positive predictions are a number of tasks with two labels only', () => {
  expect(table('twoLabels')).toMatch(/^positive +30 % +given$/m);
  for (const others of ['mix', 'none'] as const) expect(table(others)).not.toContain('positive');
});
