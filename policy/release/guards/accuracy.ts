import { hourMs } from '../../../contracts/duration.ts';
import { scoreSteps } from '../../../contracts/evidence/groups.ts';
import { meanLossesOf } from '../../../contracts/evidence/paired-losses.ts';
import type { PairedKeys } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check, Status } from '../../../contracts/verdict.ts';
import { planNonInferiority, planPaired, smallestDrop } from '../../../ml/power/guards.ts';
import { pairedLossEvidence, pairedNonInferiorityEvidence } from '../../../ml/sequential/paired.ts';
import { cappedAt, enough, percent, short } from '../../check.ts';
import { atMostLost, judgedBy, lossWords } from '../../loss-words.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import type { HarmToFind } from '../backtest/incident.ts';
import { evidenceAgainst, maturityOf, missingForProof } from '../label-cohorts.ts';
import type { PlannedGuard } from '../plan/guard.ts';
import { delayOf, labelPart, noLabels, type MetricSetting, type PlanPart } from '../plan/metric-plan.ts';
import { half } from '../plan/event-plans.ts';
import { endsOf, nothingMirrored, type DeclaredTraffic, type Setting } from '../plan/setting.ts';
import { judgedKeys, labelTraffic, outcomesOf, soonest, unitsOf, type JudgedKeys } from '../plan/unlabelled.ts';
import { always, harmfulLoss, type GuardDefinition, type Proof, type SeenRelease } from './guard.ts';

/** Accuracy on mirrored requests, whose labels compare both versions pair by pair. */
export const accuracy: GuardDefinition = {
  name: 'accuracy',
  harm: "accuracy is worse than the champion's",
  harmSeen: ({ paired }) => `${judgedBy(paired.losses)} is worse than the champion's`,
  defaultWeight: 0.45,
  inForce: always,
  test: (seen, policy) => ({
    eValue: evidenceAgainst(
      policy,
      { all: seen.paired, mature: seen.mature },
      // What was dropped counts for the candidate, as a label does that has not come.
      ({ missing, dropped, ...keys }, unlabelled) =>
        pairedLossEvidence(
          { ...countsOf(keys), missing: dropped + (unlabelled === 'best' ? missing : 0) },
          policy.guards.accuracyLoss,
        ),
    ),
    estimand:
      atMostLost(policy.guards.accuracyLoss, seen.paired.losses, 'mirrored') ??
      `accuracy lost on mirrored requests is at most ${policy.guards.accuracyLoss}`,
  }),
  describe: ({ paired }) => `${difference(paired)} after ${paired.labels} labels`,
  proof: (policy) => {
    const { accuracy: asked } = policy.promotion.metrics;
    if (asked === null || policy.minLabels === 0) return null;
    const loss = harmfulLoss(policy.guards.accuracyLoss, asked.margin);
    return {
      enough: (seen, missing) => enoughLabels(seen, policy, missing),
      test: (seen) => prove(seen, policy, loss),
      plan: (setting) => planProof(setting, loss),
    };
  },
  needsLabels: true,
  plan: (setting, guard) =>
    soonest(judgedKeys(setting.policy, labelTraffic(setting.traffic)).map((keys) => planBy(keys, setting, guard))),
  incidents: (_, traffic) => [0.01, 0.02, 0.05].map((drop) => lost(drop, traffic)),
  docs: {
    evidence: 'first mirrored request of a key, with its label; missing labels as described below',
    hypothesis: '"loses at most `accuracyLoss`", a betting e-process',
  },
};

/** With the differences of bounded errors, where labels are numbers. */
const countsOf = ({ losses, ...keys }: Omit<PairedKeys, 'missing' | 'dropped'>) => ({
  ...keys,
  ...(losses === undefined ? {} : { differences: losses.differences, steps: scoreSteps }),
});

/** For a sentence. */
export function difference(paired: PairedKeys): string {
  const { labels, championRight, canaryRight } = paired;
  if (labels === 0) return 'none so far';
  const means = meanLossesOf(paired);
  if (means === null)
    return `canary right on ${percent(canaryRight / labels)}, champion on ${percent(championRight / labels)} of the same requests`;
  const { words, champion, canary, most } = means;
  return `canary's ${words} ${short(canary)}, champion's ${short(champion)} on the same requests${cappedAt(most)}`;
}

function enoughLabels(seen: SeenRelease, policy: ReleasePolicy, missing: Status): Check {
  const what = `mirrored requests with a label${maturityOf(policy) > 0 ? ', as old as labels need' : ''}`;
  return enough('canary.labels', seen.mature.labels, policy.minLabels, what, missing);
}

function prove(seen: SeenRelease, policy: ReleasePolicy, loss: number): Proof {
  const { mature } = seen;
  const atWorst = mature.dropped + (missingForProof(policy) === 'worst' ? mature.missing : 0);
  return {
    metric: 'accuracy',
    evidence: pairedNonInferiorityEvidence({ ...countsOf(mature), missing: atWorst }, loss),
    harm: lossWords(loss, mature.losses),
    counted: `${mature.labels} labels${atWorst > 0 ? `, ${atWorst} missing ones at their worst,` : ''}`,
    detail: difference(mature),
  };
}

/** Labels of mirrored requests come from the first shadow request on, late by the delay. */
function planBy(keys: JudgedKeys, { policy, asked, traffic, alpha, ramp }: Setting, guard: string): PlannedGuard {
  const tolerated = policy.guards.accuracyLoss;
  const { sample } = policy.shadow;
  const { labelled, delayHours } = keys;
  const before = policy.shadow.duration / hourMs;
  const stepEnds = endsOf(ramp, before);
  const withinHours = stepEnds.at(-1) ?? before;
  const withinLabels = Math.floor(keys.unitsPerHour * sample * Math.max(0, withinHours - delayHours));
  const { seed, repeats } = asked;
  const plan = {
    discordantShare: traffic.discordantShare,
    tolerated,
    alpha: alpha(guard),
    withinLabels,
    labelled,
    young: keys.young * sample,
    seed,
    repeats: half(repeats),
  };
  const value = tolerated + asked.drop;
  return {
    guard,
    alpha: alpha(guard),
    kind: 'drop',
    value,
    unit: 'labels',
    withinHours,
    crossing: outcomesOf(planPaired({ ...plan, repeats, drop: value }), keys),
    finds: smallestDrop(plan, asked.power),
    hoursAt: (labels) => delayHours + labels / (keys.unitsPerHour * sample * labelled),
    stepEnds,
    before,
    ...(sample === 0 ? { why: nothingMirrored } : {}),
  };
}

/** Labels of mirrored requests gather from the first one on. */
function planProof({ policy, traffic, simulation }: MetricSetting, loss: number): PlanPart {
  const { minLabels, shadow } = policy;
  const { labelled, unitsPerHour: all } = unitsOf(policy, labelTraffic(traffic));
  const unitsPerHour = all * shadow.sample;
  const delay = delayOf(policy, traffic);
  const crossing = planNonInferiority({
    ...simulation,
    margin: loss,
    alpha: promotionAlpha(policy),
    drop: 1 - labelled,
    discordantShare: 1 - labelled + labelled * traffic.discordantShare,
    withinLabels: Math.floor(unitsPerHour * Math.max(0, policy.deadline / hourMs - delay)),
  });
  const gathering = { labelled, unitsPerHour, minLabels, delay, from: 0 };
  return {
    ...labelPart(crossing, gathering),
    harm: `a loss of accuracy of ${percent(loss)}`,
    effect: { kind: 'drop', value: loss },
    never:
      shadow.sample === 0
        ? 'nothing is mirrored, so that no label says anything'
        : noLabels(labelled, unitsPerHour, crossing),
  };
}

/** Found by labels of live requests too. */
const lost = (drop: number, { labelsPerHour }: DeclaredTraffic): HarmToFind => ({
  name: `accuracy -${Number((100 * drop).toPrecision(2))} %`,
  harm: { drop },
  why: labelsPerHour === 0 ? 'no labels come at this traffic' : null,
});
