import type { GatewayGuardEvidence } from '../../contracts/evidence/gateway-guard.ts';
import { eventRateTest } from '../../ml/sequential/event-rate.ts';
import { leastSlowShare } from './guards/events.ts';

export interface GatewayGuardVerdict {
  /** Of the e-process against "the canary's rate of keys with the event is at most `ratio` times the champion's". */
  readonly eValue: number;
  readonly fired: boolean;
}

type Seen = Pick<GatewayGuardEvidence, 'counts' | 'canary'>;

/**
 * What a serving process makes of what it has seen: fired where the evidence reaches 1 / alpha, which a harmless canary's does
 * with a chance of at most alpha, however often one looks (`eventRateEvidence`). A canary of whose requests fewer than
 * `leastSlowShare` are slow is not called slow.
 */
export function gatewayGuardTest({
  guard,
  alpha,
  ratio,
}: Pick<GatewayGuardEvidence, 'guard' | 'alpha' | 'ratio'>): (seen: Seen) => GatewayGuardVerdict {
  const evidence = eventRateTest(ratio);
  return ({ counts, canary }) => {
    const eValue = evidence(counts);
    const isGrave = guard !== 'slow' || canary.events > leastSlowShare * canary.requests;
    return { eValue, fired: isGrave && eValue >= 1 / alpha };
  };
}
