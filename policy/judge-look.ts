import type { Guard, ReleaseObservation } from '../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../contracts/model-definition.ts';
import type { Check, Verdict } from '../contracts/verdict.ts';
import { pairedNonInferiorityEvidence } from '../ml/sequential/paired.ts';
import { clopperPearsonInterval } from '../ml/statistics/proportion.ts';
import { check, percent, short } from './check.ts';
import { guardsOf } from './guards.ts';
import type { LookPhase } from './guards.ts';
import { verdictOf } from './verdict.ts';

export interface LookMoment {
  readonly phase: LookPhase;
  /** Milliseconds since the phase, or the step of the canary, began. */
  readonly elapsedMs: number;
  /** Index of the canary step, from 0. */
  readonly step: number;
  readonly steps: number;
  /** Whether a version served when the release opened: without one there is nothing to compare with. */
  readonly hasChampion: boolean;
}

export interface JudgedLook {
  readonly guards: Guard[];
  readonly verdict: Verdict;
  readonly decision: 'advance' | 'hold' | 'rollback';
}

/** Loss of accuracy beyond `accuracyLoss` that the labels must have ruled out before promotion. */
export const promotionMargin = 0.02;

/** A first version is taken back only when it answers badly by this measure: there is no champion's rate to go by. */
const mostErrorsAlone = 0.1;

/**
 * Judges one look at a release. A convicted guard fails the look, which rolls back. What is missing is inconclusive,
 * which holds; only a look with nothing missing advances, and only after the phase's time:
 * shadow when enough requests were mirrored (technical checks; labels are not awaited); a canary step when the canary has
 * answered enough; the last one when besides the labels rule out a loss of `accuracyLoss + promotionMargin` (an e-process
 * at `policy.alpha`, good at any look); bake when its time is over.
 */
export function judgeLook(seen: ReleaseObservation, policy: ReleasePolicy, moment: LookMoment): JudgedLook {
  const guards = moment.hasChampion ? guardsOf(seen, policy, moment.phase) : [];
  const verdict = verdictOf([
    ...guards.map((guard) => guardCheck(guard, seen)),
    ...(moment.hasChampion ? phaseChecks(seen, policy, moment) : [aloneCheck(seen, policy)]),
  ]);
  return { guards, verdict, decision: decide(verdict, policy, moment) };
}

function decide(verdict: Verdict, policy: ReleasePolicy, moment: LookMoment): JudgedLook['decision'] {
  if (verdict.status === 'fail') return 'rollback';
  if (verdict.status === 'inconclusive') return 'hold';
  return moment.elapsedMs >= phaseMs(policy, moment) ? 'advance' : 'hold';
}

/** A first version has no traffic to share: it passes through shadow and canary at once, and bakes. */
function phaseMs(policy: ReleasePolicy, { phase, hasChampion }: LookMoment): number {
  switch (phase) {
    case 'shadow':
      return hasChampion && policy.shadow.sample > 0 ? policy.shadow.duration : 0;
    case 'canary':
      return hasChampion ? policy.stepDuration : 0;
    case 'bake':
      return policy.bake;
  }
}

function phaseChecks(seen: ReleaseObservation, policy: ReleasePolicy, moment: LookMoment): Check[] {
  switch (moment.phase) {
    case 'shadow':
      if (policy.shadow.sample === 0) return [];
      return [enough('shadow.requests', seen.mirrored.requests, policy.shadow.minRequests, 'mirrored requests')];
    case 'canary': {
      const requests = enough('canary.requests', seen.stepRequests, policy.minStepRequests, 'requests of the canary');
      const last = moment.step >= moment.steps - 1;
      return last && policy.minLabels > 0 ? [requests, ...promotionChecks(seen, policy)] : [requests];
    }
    case 'bake':
      return [];
  }
}

function enough(name: string, observed: number, limit: number, what: string): Check {
  const status = observed >= limit ? 'pass' : 'inconclusive';
  const said = `${observed} ${what} of at least ${limit}`;
  return check(name, status, observed, limit, status === 'pass' ? said : `${said}: held until there are more`);
}

function promotionChecks({ paired }: ReleaseObservation, policy: ReleasePolicy): Check[] {
  const labels = enough('canary.labels', paired.labels, policy.minLabels, 'mirrored requests with a label');
  const margin = policy.guards.accuracyLoss + promotionMargin;
  const evidence = pairedNonInferiorityEvidence(paired, margin);
  const limit = 1 / policy.alpha;
  const shown = evidence >= limit;
  const message = shown
    ? `${paired.labels} labels rule out a loss of accuracy of ${percent(margin)} (${difference(paired)})`
    : `${paired.labels} labels do not rule out a loss of accuracy of ${percent(margin)} yet (${difference(paired)}): held until more come`;
  return [labels, check('canary.nonInferior', shown ? 'pass' : 'inconclusive', evidence, limit, message)];
}

const difference = ({ labels, championRight, canaryRight }: ReleaseObservation['paired']): string =>
  labels === 0
    ? 'none so far'
    : `canary right on ${percent(canaryRight / labels)}, champion on ${percent(championRight / labels)} of the same requests`;

function guardCheck(guard: Guard, seen: ReleaseObservation): Check {
  const limit = 1 / guard.alpha;
  const detail = guard.name === 'accuracy' ? ` (${difference(seen.paired)} after ${seen.paired.labels} labels)` : '';
  return check(
    `guard.${guard.name}`,
    guard.convicted ? 'fail' : 'pass',
    guard.eValue,
    limit,
    guard.convicted
      ? `evidence ${short(guard.eValue)} against "${guard.estimand}", it convicts from ${short(limit)}${detail}`
      : `"${guard.estimand}" stands (evidence ${short(guard.eValue)}, it convicts from ${short(limit)})${detail}`,
  );
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
