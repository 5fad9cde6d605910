import { expect, test } from 'vitest';
import { eventRateEvidence } from '../../ml/sequential/event-rate.ts';
import { gatewayGuardTest } from '../../policy/release/test-gateway-guard.ts';

const counts = [{ share: 0.5, canary: 40, champion: 4 }];
const eValue = eventRateEvidence(counts, 2);
const seen = (requests: number) => ({ counts, canary: { requests, events: 40 } });

test('evidence fires from one over alpha on', () => {
  expect(eValue).toBeGreaterThan(20);
  const judged = (alpha: number) => gatewayGuardTest({ guard: 'errors', alpha, ratio: 2 })(seen(1e6));
  expect(judged(1 / eValue)).toEqual({ eValue, fired: true });
  expect(judged(0.999 / eValue)).toEqual({ eValue, fired: false });
});

test('a canary is called slow where more than a hundredth of its requests are, one with errors is not asked', () => {
  const judged = (guard: 'errors' | 'slow', requests: number) =>
    gatewayGuardTest({ guard, alpha: 0.05, ratio: 2 })(seen(requests)).fired;
  expect([judged('slow', 3999), judged('slow', 4000), judged('errors', 4000)]).toEqual([true, false, true]);
});
