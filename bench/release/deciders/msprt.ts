import type { ReleaseHistory } from '../../../ml/simulation/history.ts';
import type { Decider, Declared } from './decider.ts';
import { addMinute, differenceOf, noTotals } from './totals.ts';

/**
 * mSPRT: the likelihood ratio of a difference of rates that is normal with mean 0 and deviation tau, to none, from the
 * difference seen, taken for normal with its variance v:
 * `sqrt(v / (v + tau^2)) exp(tau^2 d^2 / (2 v (v + tau^2)))`; rollback at 1 / alpha with the canary worse. On requests.
 * tau is the base rate, as differences of that size matter here. Source: Johari, Koomen, Pekelis and Walsh 2022, "Always
 * valid inference: continuous monitoring of A/B tests", section 5.
 */
export const mixtureSprtDecider = ({ alpha, baseRate }: Declared): Decider<ReleaseHistory> => ({
  name: 'mSPRT',
  limits: [{ name: '', limit: 1 / alpha }],
  open() {
    const totals = noTotals();
    return (history, minute) => {
      addMinute(totals, history, minute);
      const found = differenceOf(totals);
      if (found === null || found.variance <= 0 || found.difference <= 0) return 0;
      return mixtureRatio(found.difference, found.variance, baseRate);
    };
  },
});

/** The likelihood ratio above, at most e^690. */
export function mixtureRatio(difference: number, variance: number, tau: number): number {
  const both = variance + tau ** 2;
  const log = Math.log(variance / both) / 2 + (tau ** 2 * difference ** 2) / (2 * variance * both);
  return Math.exp(Math.min(690, log));
}
