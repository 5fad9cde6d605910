import type { ReleaseHistory } from '../../../ml/simulation/history.ts';
import { normalQuantile } from '../../../ml/statistics/normal.ts';
import type { Decider, Declared } from './decider.ts';
import { addMinute, noTotals, pooledZ } from './totals.ts';

/** A z-test of two proportions on all requests so far, repeated each minute as if it were the only one: rollback at a one-sided p of alpha. */
export const repeatedZDecider = ({ alpha }: Declared): Decider<ReleaseHistory> => ({
  name: 'repeated z',
  limits: [{ name: '', limit: normalQuantile(1 - alpha) }],
  open() {
    const totals = noTotals();
    return (history, minute) => {
      addMinute(totals, history, minute);
      return pooledZ(totals);
    };
  },
});
