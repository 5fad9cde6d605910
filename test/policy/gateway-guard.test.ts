import { expect, test } from 'vitest';
import { alphaOf, wholeTraffic } from '../../policy/release/alpha-budget.ts';
import { gatewayGuard } from '../../policy/release/gateway-guard.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { policyOf } from './groups.ts';

const ratios = { errorRatio: 1.5, slowRatio: 2.5, slowMs: 40 };
const warn = { action: 'warn' };

test.each<[string, object, ('errors' | 'slow')[]]>([
  ['both where both roll back', {}, ['errors', 'slow']],
  ['errors alone where slowness only warns', { slow: warn }, ['errors']],
  ['slowness alone where errors only warn', { errors: warn }, ['slow']],
])('serving processes judge %s, each with its part of alpha', (_, rules, judged) => {
  const policy = policyOf({ ...ratios, rules }, { gatewayGuards: 3 });
  const budget = guardBudget(policy, 2);
  const alpha = (name: 'errors' | 'slow') => alphaOf(budget, name, wholeTraffic, 'gateway');
  expect(gatewayGuard(policy, 2)).toEqual({
    slots: 3,
    errors: judged.includes('errors') ? { alpha: alpha('errors'), ratio: 1.5 } : null,
    slow: judged.includes('slow') ? { alpha: alpha('slow'), ratio: 2.5, ms: 40 } : null,
  });
  for (const name of judged) expect(alpha(name)).toBeGreaterThan(0);
});

test.each<[string, object, object]>([
  ['none is wanted', {}, { gatewayGuards: 0 }],
  ['neither may roll back', { rules: { errors: warn, slow: warn } }, { gatewayGuards: 3 }],
])('serving processes judge nothing where %s', (_, guards, more) => {
  expect(gatewayGuard(policyOf({ ...ratios, ...guards }, more), 1)).toBeNull();
});

test('one slot is enough', () => {
  expect(gatewayGuard(policyOf(ratios, { gatewayGuards: 1 }), 1)).toMatchObject({ slots: 1 });
});
