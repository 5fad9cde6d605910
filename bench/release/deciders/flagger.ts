import type { ReleaseHistory } from '../../../ml/simulation/history.ts';
import type { Decider, Declared } from './decider.ts';

/** Failed checks until Flagger rolls back (`analysis.threshold`). */
const threshold = 10;
/** Its limit for a base rate of 1 % is 2 %: twice the base rate. */
const timesBase = 2;

/**
 * Flagger's poll: each 60 s the canary's rate in that minute is compared with a fixed limit (above it, the check failed), and
 * the tenth failed check of the run rolls back; a minute without traffic does not count as a check. The evidence is the tenth highest rate
 * so far over the base rate, which passes the limit just then. Source: docs.flagger.app, "How it works", canary analysis.
 */
export const flaggerDecider = ({ baseRate }: Declared): Decider<ReleaseHistory> => ({
  name: 'Flagger',
  limits: [{ name: '', limit: timesBase + 1e-9 }],
  open() {
    const highest = new Float64Array(threshold).fill(-1);
    return ({ canary }, minute) => {
      const requests = canary.requests[minute] ?? 0;
      const rate = requests === 0 ? -1 : (canary.events[minute] ?? 0) / requests / baseRate;
      if (rate > (highest[0] ?? 0)) {
        highest[0] = rate;
        highest.sort();
      }
      return Math.max(0, highest[0] ?? 0);
    };
  },
});
