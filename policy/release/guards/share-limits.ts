import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { ShareLimits } from '../../../ml/sequential/inverse-propensity.ts';
import { bakes, rampOf } from '../plan/setting.ts';

/** Least and greatest share at which the policy lets both versions answer, the bake's holdback among them; null where there is none. */
export function shareLimits(policy: ReleasePolicy): ShareLimits | null {
  const shares = [...rampOf(policy).map(({ share }) => share), ...(bakes(policy) ? [1 - policy.holdback] : [])];
  const split = shares.filter((share) => share > 0 && share < 1);
  return split.length === 0 ? null : { least: Math.min(...split), greatest: Math.max(...split) };
}
