import type { ReleaseHistory } from '../../../ml/simulation/history.ts';
import type { Decider, Declared } from './decider.ts';
import { obrienFlemingBounds } from './spending.ts';
import { addMinute, noTotals, pooledZ } from './totals.ts';

/** Looks that are declared before the release begins, evenly over its length. */
const looks = 12;

const known = new Map<number, number[]>();

/** The bounds take a tenth of a second, and every setting asks for the same. */
function boundsAt(alpha: number): number[] {
  const fractions = Array.from({ length: looks }, (_, look) => (look + 1) / looks);
  const bounds = known.get(alpha) ?? obrienFlemingBounds(fractions, alpha);
  known.set(alpha, bounds);
  return bounds;
}

/**
 * A group-sequential test: the pooled z statistic on requests at 12 looks, against the bounds of O'Brien-Fleming spending at a
 * one-sided alpha, time standing for information. The evidence is z over the look's bound. Between looks nothing is decided.
 * Source: O'Brien and Fleming 1979; Lan and DeMets 1983.
 */
export function groupSequentialDecider({ alpha, minutes }: Declared): Decider<ReleaseHistory> {
  const bounds = boundsAt(alpha);
  const boundAt = new Map(bounds.map((bound, look) => [Math.round(((look + 1) * minutes) / looks) - 1, bound]));
  return {
    name: "O'Brien-Fleming",
    limits: [{ name: '', limit: 1 }],
    open() {
      const totals = noTotals();
      return (history, minute) => {
        addMinute(totals, history, minute);
        const bound = boundAt.get(minute);
        return bound === undefined ? 0 : pooledZ(totals) / bound;
      };
    },
  };
}
