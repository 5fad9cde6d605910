import { hourMs } from '../../../contracts/duration.ts';
import { shownChange, shownLoss, type ShownLoss } from '../../../contracts/evidence/loss-scale.ts';
import type { LabelledKeys } from '../../../contracts/evidence/release.ts';
import { partsPerStep, valueSteps } from '../../../contracts/evidence/values.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { planLiveLoss, planLiveProof, smallestLiveDrop } from '../../../ml/power/promotion.ts';
import { asymptoticMeanInterval } from '../../../ml/sequential/asymptotic-mean.ts';
import { liveLossEvidence, liveLosses, liveNonInferiorityEvidence } from '../../../ml/sequential/live-loss.ts';
import { cappedAt, percent, short } from '../../check.ts';
import { atMostLost, judgedBy, lossWords } from '../../loss-words.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import { evidenceAgainst, missingForProof } from '../label-cohorts.ts';
import type { PlannedGuard } from '../plan/guard.ts';
import { delayOf, labelPart, noLabels, unproven, type MetricSetting, type PlanPart } from '../plan/metric-plan.ts';
import { neverCrosses, noSteps, onOutcomes } from '../plan/event-plans.ts';
import { rampOf, type Setting } from '../plan/setting.ts';
import { judgedKeys, labelTraffic, outcomesOf, soonest, unitsOf, type JudgedKeys } from '../plan/unlabelled.ts';
import { harmfulLoss, type GuardDefinition, type Proof, type SeenRelease } from './guard.ts';
import { shareLimits } from './share-limits.ts';

/** Accuracy on live requests, whichever version answered: labels that no mirror is needed for. */
export const liveAccuracy: GuardDefinition = {
  name: 'liveAccuracy',
  harm: "accuracy on live requests is worse than the champion's",
  harmSeen: ({ labelled }) => `${judgedBy(scaleOf(labelled?.all))} on live requests is worse than the champion's`,
  defaultWeight: 0.2,
  inForce: ({ guards }) => guards.liveAccuracyLoss !== null,
  counts: ({ guards, promotion }) =>
    guards.liveAccuracyLoss !== null || promotion.metrics.liveAccuracy !== null ? { liveLabels: true } : {},
  test: ({ labelled }, policy) => {
    const { liveAccuracyLoss: tolerated } = policy.guards;
    if (tolerated === null) throw new RangeError('no live label is judged by a policy without guards.liveAccuracyLoss');
    const limits = shareLimits(policy);
    const eValue =
      limits === null
        ? 1
        : evidenceAgainst(policy, labelled ?? { all: [], mature: [] }, (keys, missing) =>
            liveLossEvidence(keys, limits, tolerated, missing === 'best' ? 'best' : 'out'),
          );
    const estimand =
      atMostLost(tolerated, scaleOf(labelled?.all), 'live') ??
      `accuracy lost on live requests is at most ${percent(tolerated)}`;
    return { eValue, estimand };
  },
  describe: ({ labelled }, policy) => liveDifference(labelled?.all ?? [], policy),
  proof: (policy) => {
    const { liveAccuracy: asked } = policy.promotion.metrics;
    if (asked === null) return null;
    const loss = harmfulLoss(policy.guards.liveAccuracyLoss, asked.margin);
    return { test: (seen) => prove(seen, policy, loss), plan: (setting) => planProof(setting, loss) };
  },
  needsLabels: true,
  plan: (setting, guard) =>
    soonest(judgedKeys(setting.policy, labelTraffic(setting.traffic)).map((keys) => planBy(keys, setting, guard))),
  docs: {
    setting: 'liveAccuracyLoss: 0.01',
    evidence: 'first live request of a key, with its label, by arm and share',
    hypothesis: '"loses at most `liveAccuracyLoss`", a betting e-process of values weighted by one over the share',
  },
};

function prove({ labelled }: SeenRelease, policy: ReleasePolicy, loss: number): Proof {
  const keys = labelled?.mature ?? [];
  const limits = shareLimits(policy);
  const atWorst = missingForProof(policy) === 'worst';
  const missing = atWorst ? keys.reduce((sum, one) => sum + one.missing, 0) : 0;
  return {
    metric: 'liveAccuracy',
    evidence: limits === null ? 1 : liveNonInferiorityEvidence(keys, limits, loss, atWorst ? 'worst' : 'out'),
    harm: `${lossWords(loss, scaleOf(keys))} on live requests`,
    counted: `${labelsOf(keys)} labels of live requests${missing > 0 ? `, ${missing} missing ones at their worst,` : ''}`,
    detail: liveDifference(keys, policy),
  };
}

/** Labels come from the first step on, late by the delay. */
function planBy(keys: JudgedKeys, setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic, ramp } = setting;
  const tolerated = policy.guards.liveAccuracyLoss ?? 0;
  const { labelsPerHour, wrongRate } = traffic;
  const common = onOutcomes(setting, guard, 'labels', keys);
  const value = tolerated + asked.drop;
  const row = { ...common.row, kind: 'drop', value } as const;
  const limits = shareLimits(policy);
  if (limits === null || ramp.length === 0)
    return { ...row, crossing: neverCrosses, finds: null, why: noSteps(policy) };
  const plan = { ...common.plan, wrongRate, limits, tolerated };
  return {
    ...row,
    crossing: outcomesOf(planLiveLoss({ ...plan, repeats: asked.repeats, drop: value }), keys),
    finds: smallestLiveDrop(plan, asked.power),
    ...(labelsPerHour === 0 ? { why: 'no labels come' } : {}),
  };
}

/** Labels gather from the first step on. */
function planProof({ policy, traffic, simulation, before }: MetricSetting, margin: number): PlanPart {
  const { labelled, unitsPerHour } = unitsOf(policy, labelTraffic(traffic));
  const steps = rampOf(policy);
  const limits = shareLimits(policy);
  const delay = delayOf(policy, traffic);
  const harm = `a loss of accuracy of ${percent(margin)} on live requests`;
  const effect = { kind: 'drop', value: margin } as const;
  if (limits === null || steps.length === 0) return unproven(harm, effect, noSteps(policy));
  if (unitsPerHour === 0) return unproven(harm, effect, 'no labels come');
  const withinHours = Math.max(0, policy.deadline / hourMs - before - delay);
  const plan = { ...simulation, steps, keysPerHour: unitsPerHour, alpha: promotionAlpha(policy), withinHours };
  const crossing = planLiveProof({ ...plan, wrongRate: traffic.wrongRate, margin, limits, labelled });
  const gathering = { labelled, unitsPerHour, minLabels: 0, delay, from: before };
  return { ...labelPart(crossing, gathering), harm, effect, never: noLabels(labelled, unitsPerHour, crossing) };
}

/** Of labelled live keys, for a sentence: how often each arm was right, or what its answers lost, and about how much is lost. */
export function liveDifference(keys: readonly LabelledKeys[], policy: ReleasePolicy): string {
  const scale = scaleOf(keys);
  const loss = scale === undefined ? null : shownLoss(scale);
  const said = (['canary', 'champion'] as const).map((arm) => {
    const of = keys.filter((one) => one.arm === arm);
    const all = labelsOf(of);
    if (all === 0) return `no labels of the ${arm}`;
    if (loss !== null) return `${arm}'s ${loss.words} ${short(loss.shown(sumOfLosses(of) / all))} on ${all}`;
    return `${arm} right on ${percent(of.reduce((sum, one) => sum + one.right, 0) / all)} of ${all}`;
  });
  return `${said.join(', ')}${approximateLoss(keys, policy, loss)}${cappedAt(loss?.most ?? null)}`;
}

/** What losses are, where answers are neither right nor wrong. */
const scaleOf = (keys: readonly LabelledKeys[] = []) => keys.find(({ losses }) => losses !== undefined)?.losses;

/** Keys with a label. */
const labelsOf = (keys: readonly LabelledKeys[]): number =>
  keys.reduce(
    (sum, { right, wrong, losses }) =>
      sum + right + wrong + (losses?.steps ?? []).reduce((of, [, count]) => of + count, 0),
    0,
  );

const sumOfLosses = (keys: readonly LabelledKeys[]): number =>
  keys.reduce(
    (sum, { losses }) =>
      sum +
      (losses?.steps ?? []).reduce(
        (of, [step, count, low, high]) => of + step * count + (low + high) / (2 * partsPerStep),
        0,
      ),
    0,
  ) / valueSteps;

/** The asymptotic interval decides nothing: at small shares it misses more often than it says. */
function approximateLoss(keys: readonly LabelledKeys[], policy: ReleasePolicy, loss: ShownLoss | null): string {
  const limits = shareLimits(policy);
  if (limits === null) return '';
  const { counts } = liveLosses(keys, limits);
  const { lower, upper } = asymptoticMeanInterval(counts, policy.alpha, bestLabels);
  if (!Number.isFinite(lower) || !Number.isFinite(upper)) return '';
  if (loss !== null) {
    const change = (by: number): string => short(shownChange(loss, by));
    return `, a change of approximately ${change(lower)} to ${change(upper)}, by share`;
  }
  return `, a loss of approximately ${short(100 * lower)} to ${short(100 * upper)} points, by share`;
}
/** Labels around which the interval is narrowest. */
const bestLabels = 2_000;
