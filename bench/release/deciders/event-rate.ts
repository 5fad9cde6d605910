import type { EventCounts } from '../../../contracts/evidence/release.ts';
import type { ReleaseHistory } from '../../../ml/simulation/history.ts';
import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { evidenceLimits } from './decider.ts';
import type { Decider, Declared } from './decider.ts';

/**
 * Ours: the e-process of `eventRateEvidence` on each key's first event, tolerated ratio 1, counted by the share in force;
 * rollback at 1 over its part of alpha (`evidenceLimits`).
 */
export const eventRateDecider = (declared: Declared): Decider<ReleaseHistory> => ({
  name: 'pawl',
  limits: evidenceLimits(declared),
  open() {
    const counts: { -readonly [K in keyof EventCounts]: EventCounts[K] }[] = [];
    let evidence = 1;
    return ({ share, champion, canary }, minute) => {
      const inForce = share[minute] ?? 0;
      let count = counts.at(-1);
      if (count?.share !== inForce) {
        count = { share: inForce, champion: 0, canary: 0 };
        counts.push(count);
      }
      const [onChampion, onCanary] = [champion.firstEvents[minute] ?? 0, canary.firstEvents[minute] ?? 0];
      if (onChampion + onCanary === 0) return evidence;
      count.champion += onChampion;
      count.canary += onCanary;
      evidence = eventRateEvidence(counts, 1);
      return evidence;
    };
  },
});
