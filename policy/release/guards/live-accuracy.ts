import type { Guard, LabelledKeys, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { asymptoticMeanInterval } from '../../../ml/sequential/asymptotic-mean.ts';
import type { ShareLimits } from '../../../ml/sequential/inverse-propensity.ts';
import { liveLossEvidence, liveLosses } from '../../../ml/sequential/live-loss.ts';
import type { MakeGuard } from './guard.ts';
import { percent, short } from '../../check.ts';
import { evidenceAgainst } from '../label-cohorts.ts';
import { bakes, rampOf } from '../plan/setting.ts';

/** Whether labels of live requests are asked for, by the guard or for promotion. */
export const asksLiveLabels = ({ guards, promotion }: ReleasePolicy): boolean =>
  guards.liveAccuracyLoss !== null || promotion.metrics.liveAccuracy !== null;

/** Least and greatest share at which the policy lets both versions answer, the bake's holdback among them; null where there is none. */
export function shareLimits(policy: ReleasePolicy): ShareLimits | null {
  const shares = [...rampOf(policy).map(({ share }) => share), ...(bakes(policy) ? [1 - policy.holdback] : [])];
  const split = shares.filter((share) => share > 0 && share < 1);
  return split.length === 0 ? null : { least: Math.min(...split), greatest: Math.max(...split) };
}

/** The guard of labels that no mirror is needed for. */
export function liveAccuracyGuards({ labelled }: ReleaseObservation, policy: ReleasePolicy, make: MakeGuard): Guard[] {
  const { liveAccuracyLoss: tolerated } = policy.guards;
  if (tolerated === null) return [];
  const limits = shareLimits(policy);
  const evidence =
    limits === null
      ? 1
      : evidenceAgainst(policy, labelled ?? { all: [], mature: [] }, (keys, missing) =>
          liveLossEvidence(keys, limits, tolerated, missing === 'best' ? 'best' : 'out'),
        );
  return [make('liveAccuracy', evidence, `accuracy lost on live requests is at most ${percent(tolerated)}`)];
}

/** Of labelled live keys, for a sentence: how often each arm was right, and about how much is lost. */
export function liveDifference(keys: readonly LabelledKeys[], policy: ReleasePolicy): string {
  const said = (['canary', 'champion'] as const).map((arm) => {
    const of = keys.filter((one) => one.arm === arm);
    const right = of.reduce((sum, one) => sum + one.right, 0);
    const all = right + of.reduce((sum, one) => sum + one.wrong, 0);
    return all === 0 ? `no labels of the ${arm}` : `${arm} right on ${percent(right / all)} of ${all}`;
  });
  return `${said.join(', ')}${approximateLoss(keys, policy)}`;
}

/** The asymptotic interval decides nothing: at small shares it misses more often than it says. */
function approximateLoss(keys: readonly LabelledKeys[], policy: ReleasePolicy): string {
  const limits = shareLimits(policy);
  if (limits === null) return '';
  const { counts } = liveLosses(keys, limits);
  const { lower, upper } = asymptoticMeanInterval(counts, policy.alpha, bestLabels);
  if (!Number.isFinite(lower) || !Number.isFinite(upper)) return '';
  return `, a loss of approximately ${short(100 * lower)} to ${short(100 * upper)} points, by share`;
}
/** Labels around which the interval is narrowest. */
const bestLabels = 2_000;
