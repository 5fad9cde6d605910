import type { Guard, lookDecisions, ReleaseObservation } from '../contracts/evidence/release.ts';
import type { GuardName, GuardRule, ReleasePolicy } from '../contracts/release-policy.ts';
import type { Check, Verdict } from '../contracts/verdict.ts';
import { pairedNonInferiorityEvidence } from '../ml/sequential/paired.ts';
import { clopperPearsonInterval } from '../ml/statistics/proportion.ts';
import { check, percent, short } from './check.ts';
import { guardsOf, ruleOf } from './guards.ts';
import type { GuardMoment } from './guards.ts';
import { verdictOf } from './verdict.ts';

export interface LookMoment extends GuardMoment {
  /** Milliseconds since the phase, or the step of the canary, began. */
  readonly elapsedMs: number;
  /** Index of the canary step, from 0. */
  readonly step: number;
  readonly steps: number;
  /** Whether a version served when the release opened: without one there is nothing to compare with. */
  readonly hasChampion: boolean;
  /** Guards that convicted and in spite of which a person went on. */
  readonly acknowledged: readonly string[];
}

export interface JudgedLook {
  readonly guards: Guard[];
  readonly verdict: Verdict;
  readonly decision: (typeof lookDecisions)[number];
}

/** Loss of accuracy beyond `accuracyLoss` that the labels must have ruled out before promotion. */
export const promotionMargin = 0.02;

/** A first version is taken back only when it answers badly by this measure: there is no champion's rate to go by. */
const mostErrorsAlone = 0.1;

/**
 * Judges one look at a release. A convicted guard does what its rule says: it fails the look, which rolls back, or asks for a
 * person, or warns. What is missing is inconclusive, which holds, unless the guard's rule says otherwise; only a look with nothing
 * missing advances, and only after the phase's time: shadow when enough requests were mirrored (technical checks; labels are not
 * awaited); a canary step when the canary has answered enough; what comes before all traffic when besides the labels rule out
 * a loss of `accuracyLoss + promotionMargin` (an e-process at `policy.alpha`, good at any look); bake when its time is over.
 */
export function judgeLook(seen: ReleaseObservation, policy: ReleasePolicy, moment: LookMoment): JudgedLook {
  const guards = moment.hasChampion || moment.hotfix ? guardsOf(seen, policy, moment) : [];
  const checks = [
    ...guards.map((guard) => guardCheck(guard, seen, moment)),
    ...(moment.hasChampion ? phaseChecks(seen, policy, moment) : [aloneCheck(seen, policy)]),
  ];
  const verdict = verdictOf(checks);
  const asks = guards.some((guard) => asksForPerson(guard, moment));
  return { guards, verdict, decision: decide(verdict, asks, policy, moment) };
}

const asksForPerson = ({ name, convicted, action }: Guard, { acknowledged }: LookMoment): boolean =>
  convicted && action === 'pause' && !acknowledged.includes(name);

function decide(verdict: Verdict, asks: boolean, policy: ReleasePolicy, moment: LookMoment): JudgedLook['decision'] {
  if (verdict.status === 'fail') return 'rollback';
  if (asks) return 'pause';
  if (verdict.status === 'inconclusive') return 'hold';
  return moment.elapsedMs >= phaseMs(policy, moment) ? 'advance' : 'hold';
}

/** A first version has no traffic to share: it passes through shadow and canary at once, and bakes. */
function phaseMs(policy: ReleasePolicy, { phase, step, hasChampion, hotfix }: LookMoment): number {
  switch (phase) {
    case 'shadow':
      return hasChampion && !hotfix && policy.shadow.sample > 0 ? policy.shadow.duration : 0;
    case 'canary':
      if (!hasChampion) return 0;
      if (hotfix) return policy.hotfix.stepDuration;
      if (policy.mode === 'ab') return policy.ab.duration;
      return policy.steps[step]?.duration ?? policy.stepDuration;
    case 'bake':
      return hotfix ? policy.hotfix.bake : policy.bake;
  }
}

function phaseChecks(seen: ReleaseObservation, policy: ReleasePolicy, moment: LookMoment): Check[] {
  const asked = (guard: GuardName) => missingStatus(ruleOf(policy, guard), policy, moment);
  const promotion = (): Check[] => (policy.minLabels > 0 ? promotionChecks(seen, policy, asked('accuracy')) : []);
  switch (moment.phase) {
    case 'shadow': {
      if (policy.shadow.sample === 0 || moment.hotfix) return [];
      const { requests } = seen.mirrored;
      const status = asked('mirroredErrors');
      const mirrored = enough('shadow.requests', requests, policy.shadow.minRequests, 'mirrored requests', status);
      return policy.mode === 'blueGreen' ? [mirrored, ...promotion()] : [mirrored];
    }
    case 'canary': {
      const least = policy.minStepRequests;
      const requests = enough('canary.requests', seen.stepRequests, least, 'requests of the canary', asked('errors'));
      const isLast = moment.step >= moment.steps - 1;
      return isLast && policy.mode === 'canary' && !moment.hotfix ? [requests, ...promotion()] : [requests];
    }
    case 'bake':
      return [];
  }
}

/** What too little evidence comes to. */
function missingStatus({ missing }: GuardRule, policy: ReleasePolicy, moment: LookMoment): Check['status'] {
  switch (missing) {
    case 'hold':
      return 'inconclusive';
    case 'pass':
      return 'warn';
    case 'rollback':
      return moment.elapsedMs >= phaseMs(policy, moment) ? 'fail' : 'inconclusive';
  }
}

const missingWords: Readonly<Record<Check['status'], string>> = {
  pass: '',
  inconclusive: 'held until there are more',
  warn: 'the policy goes on without',
  fail: 'the time is over, and the policy goes back',
};

function enough(name: string, observed: number, limit: number, what: string, missing: Check['status']): Check {
  const status = observed >= limit ? 'pass' : missing;
  const said = `${observed} ${what} of at least ${limit}`;
  return check(name, status, observed, limit, status === 'pass' ? said : `${said}: ${missingWords[status]}`);
}

function promotionChecks(seen: ReleaseObservation, policy: ReleasePolicy, missing: Check['status']): Check[] {
  const mature = seen.mature ?? seen.paired;
  const what = `mirrored requests with a label${policy.labels.maturity > 0 ? ', as old as labels need' : ''}`;
  const labels = enough('canary.labels', mature.labels, policy.minLabels, what, missing);
  const margin = policy.guards.accuracyLoss + promotionMargin;
  const atWorst = policy.labels.missing === 'worst' ? mature.missing : 0;
  const evidence = pairedNonInferiorityEvidence({ ...mature, missing: atWorst }, margin);
  const limit = 1 / policy.alpha;
  const shown = evidence >= limit;
  const counted = `${mature.labels} labels${atWorst > 0 ? `, ${atWorst} missing ones at their worst,` : ''}`;
  const message = shown
    ? `${counted} rule out a loss of accuracy of ${percent(margin)} (${difference(mature)})`
    : `${counted} do not rule out a loss of accuracy of ${percent(margin)} yet (${difference(mature)}): ${missingWords[missing]}`;
  return [labels, check('canary.nonInferior', shown ? 'pass' : missing, evidence, limit, message)];
}

const difference = ({ labels, championRight, canaryRight }: ReleaseObservation['paired']): string =>
  labels === 0
    ? 'none so far'
    : `canary right on ${percent(canaryRight / labels)}, champion on ${percent(championRight / labels)} of the same requests`;

function guardCheck(guard: Guard, seen: ReleaseObservation, moment: LookMoment): Check {
  const { name, eValue, alpha, convicted, action, estimand } = guard;
  const limit = alpha === 0 ? null : 1 / alpha;
  const from = limit === null ? 'it never convicts: it was given no alpha' : `it convicts from ${short(limit)}`;
  const detail = name === 'accuracy' ? ` (${difference(seen.paired)} after ${seen.paired.labels} labels)` : '';
  const message = convicted
    ? `evidence ${short(eValue)} against "${estimand}", ${from}${detail}`
    : `"${estimand}" stands (evidence ${short(eValue)}, ${from})${detail}`;
  const goesOn = action === 'warn' || moment.acknowledged.includes(name);
  const status = !convicted ? 'pass' : goesOn ? 'warn' : action === 'pause' ? 'inconclusive' : 'fail';
  return check(`guard.${name}`, status, eValue, limit, message);
}

function aloneCheck({ arms }: ReleaseObservation, policy: ReleasePolicy): Check {
  const { errors, requests } = arms.canary;
  const { lower } = clopperPearsonInterval(errors, requests, policy.alpha);
  return check(
    'first.errors',
    lower > mostErrorsAlone ? 'fail' : 'pass',
    requests === 0 ? null : errors / requests,
    mostErrorsAlone,
    `first version, nothing to compare with: ${errors} of ${requests} requests failed, at most ${percent(mostErrorsAlone)} are borne`,
  );
}
