import type { JudgedGroups } from '../../contracts/evidence/groups.ts';
import { guardTitle } from '../../contracts/evidence/release.ts';
import type { Guard, analysisDecisions, ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { GuardName, GuardRule } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { clopperPearsonInterval } from '../../ml/statistics/proportion.ts';
import { check, enough, percent, short } from '../check.ts';
import { dropChecks, misfitChecks } from './checks/dropped-mirrors.ts';
import { instanceChecks } from './checks/instances.ts';
import { latencyChecks } from './checks/latency.ts';
import { metricChecks, stepRequestsCheck, unseenBake } from './checks/metric-source.ts';
import { segmentChecks } from './checks/segments.ts';
import { definitionsInForce, guardRuleOf } from './guards-in-force.ts';
import { contrastsOf, judgeGroups, noGroups } from './guards/groups.ts';
import type { GuardDefinition, SeenRelease } from './guards/guard.ts';
import { allGuards } from './guards/index.ts';
import { promotionChecks } from './promotion-checks.ts';
import { guardsOf, type GuardMoment } from './test-guards.ts';
import { verdictOf } from '../verdict.ts';

export interface AnalysisMoment extends GuardMoment {
  /** Milliseconds since the phase, or the step of the canary, began. */
  readonly elapsedMs: number;
  /** Index of the canary step, from 0. */
  readonly step: number;
  readonly steps: number;
  /** Whether a version served when the release opened: without one there is nothing to compare with. */
  readonly hasChampion: boolean;
  /** Guards, as `guardTitle` names them, that fired and that a person overrode. */
  readonly acknowledged: readonly string[];
}

export interface JudgedAnalysis {
  readonly guards: Guard[];
  /** Where the guard `fairness` is in force. */
  readonly groups?: JudgedGroups;
  readonly verdict: Verdict;
  readonly decision: (typeof analysisDecisions)[number];
}

/** A first version is taken back only when it answers badly by this measure: there is no champion's rate to go by. */
const mostErrorsAlone = 0.1;

/**
 * Judges one analysis of a release. A fired guard does what its rule says: it fails the analysis, which rolls back, or asks for a
 * person, or warns. What is missing is inconclusive, which holds, unless the guard's rule says otherwise; only an analysis with nothing
 * missing advances, and only after the phase's time: shadow when enough requests were mirrored (technical checks; labels are not
 * awaited); a canary step when the canary has answered enough; what comes before all traffic when besides each required metric
 * rules its harm out (`policy.promotion`, e-processes good at any analysis); bake when its time is over.
 */
export function judgeAnalysis(
  observed: ReleaseObservation,
  policy: ReleasePolicy,
  moment: AnalysisMoment,
  definitions: readonly GuardDefinition[] = allGuards,
): JudgedAnalysis {
  const isCompared = moment.hasChampion && !moment.hotfix;
  const groups = isCompared ? judgedGroups(observed, policy) : undefined;
  const seen: SeenRelease = { ...observed, judged: groups?.groups ?? [] };
  const guards = moment.hasChampion || moment.hotfix ? guardsOf(seen, policy, moment, definitions) : [];
  const missing = (guard: GuardName) => missingStatus(guardRuleOf(policy, guard), policy, moment);
  const definitionOf = (guard: string) => definitions.find(({ name }) => name === guard);
  const checks = [
    ...guards.map((guard) => {
      const definition = definitionOf(guard.name);
      const harm = definition?.harmSeen?.(seen) ?? definition?.harm ?? guard.name;
      return guardCheck(guard, harm, detailOf(guard, definition, seen, policy), moment);
    }),
    ...(isCompared
      ? definitionsInForce(policy, definitions).flatMap(({ unjudged }) => unjudged?.(seen, policy) ?? [])
      : []),
    ...metricChecks(seen, guards, (guard) => definitionOf(guard)?.metric, missing),
    ...unseenBake(seen, policy, moment.hotfix, missing),
    ...(moment.hasChampion ? phaseChecks(seen, policy, definitions, moment, missing) : [aloneCheck(seen, policy)]),
    ...instanceChecks(seen),
    ...setAsideChecks(seen),
    ...(isCompared ? latencyChecks(seen, policy) : []),
  ];
  const verdict = verdictOf(checks);
  const asks = guards.some((guard) => asksForPerson(guard, moment));
  const decision = decide(verdict, asks, policy, moment);
  return { guards, ...(groups === undefined ? {} : { groups }), verdict, decision };
}

function judgedGroups(seen: ReleaseObservation, policy: ReleasePolicy): JudgedGroups | undefined {
  const { fairness } = policy.guards;
  if (fairness === null) return undefined;
  const observed = seen.groups ?? noGroups;
  return {
    groups: judgeGroups(observed, fairness, policy),
    contrasts: contrastsOf(observed, fairness, policy.alpha),
  };
}

const asksForPerson = (guard: Guard, { acknowledged }: AnalysisMoment): boolean =>
  guard.fired && guard.action === 'pause' && !acknowledged.includes(guardTitle(guard));

function decide(
  verdict: Verdict,
  asks: boolean,
  policy: ReleasePolicy,
  moment: AnalysisMoment,
): JudgedAnalysis['decision'] {
  if (verdict.status === 'fail') return 'rollback';
  if (asks) return 'pause';
  if (verdict.status === 'inconclusive') return 'hold';
  return moment.elapsedMs >= phaseMs(policy, moment) ? 'advance' : 'hold';
}

/** A first version has no traffic to share: it passes through shadow and canary at once, and bakes. */
function phaseMs(policy: ReleasePolicy, { phase, step, hasChampion, hotfix }: AnalysisMoment): number {
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

function phaseChecks(
  seen: SeenRelease,
  policy: ReleasePolicy,
  definitions: readonly GuardDefinition[],
  moment: AnalysisMoment,
  missing: (guard: GuardName) => Check['status'],
): Check[] {
  const promotion = (): Check[] => promotionChecks(seen, policy, missing, definitions);
  const inSegments = (): Check[] => segmentChecks(seen, policy, missing('errors'));
  const mirrors = policy.shadow.sample > 0 && !moment.hotfix;
  const unpaired = missing('mirroredErrors');
  // First what explains the others: a mirror that a version cannot take is dropped, and is none of those that are needed.
  const misfits = misfitChecks(seen, policy, unpaired);
  const dropped = mirrors ? dropChecks(seen, policy, unpaired) : [];
  switch (moment.phase) {
    case 'shadow': {
      const beforeAll = policy.mode === 'blueGreen' && !moment.hotfix ? promotion() : [];
      if (!mirrors) return [...misfits, ...beforeAll];
      const { requests } = seen.mirrored;
      const status = missing('mirroredErrors');
      const mirrored = enough('shadow.requests', requests, policy.shadow.minRequests, 'mirrored requests', status);
      return [...misfits, mirrored, ...dropped, ...beforeAll];
    }
    case 'canary': {
      const requests = stepRequestsCheck(seen, policy.minStepRequests, missing('errors'));
      const isLast = policy.mode === 'ab' || moment.step >= moment.steps - 1;
      if (!isLast || moment.hotfix) return [...misfits, requests, ...dropped];
      return [...misfits, requests, ...dropped, ...inSegments(), ...(policy.mode === 'canary' ? promotion() : [])];
    }
    case 'bake':
      // The first time that both versions answer live.
      return [...misfits, ...(policy.mode === 'blueGreen' && !moment.hotfix ? inSegments() : [])];
  }
}

/** What too little evidence does. */
function missingStatus({ missing }: GuardRule, policy: ReleasePolicy, moment: AnalysisMoment): Check['status'] {
  switch (missing) {
    case 'hold':
      return 'inconclusive';
    case 'pass':
      return 'warn';
    case 'rollback':
      return moment.elapsedMs >= phaseMs(policy, moment) ? 'fail' : 'inconclusive';
  }
}

/** What was seen of a guard's evidence, for a sentence; null where the e-value says it all. */
const detailOf = (
  { segment }: Guard,
  definition: GuardDefinition | undefined,
  seen: SeenRelease,
  policy: ReleasePolicy,
): string | null => (segment === undefined ? (definition?.describe?.(seen, policy) ?? null) : null);

function guardCheck(guard: Guard, harm: string, detail: string | null, moment: AnalysisMoment): Check {
  const { eValue, alpha, fired, action, estimand, segment } = guard;
  const limit = alpha === 0 ? null : 1 / alpha;
  const threshold = limit === null ? 'it never fires: it was given no alpha' : `threshold ${short(limit)}`;
  const by = `(e-value ${short(eValue)}, ${threshold})`;
  const message = fired
    ? `${harm}${segment === undefined ? '' : ` where ${segment}`}: ${detail ?? `"${estimand}" is refuted`} ${by}`
    : `"${estimand}" is not refuted${detail === null ? '' : `: ${detail}`} ${by}`;
  const goesOn = action === 'warn' || moment.acknowledged.includes(guardTitle(guard));
  const status = !fired ? 'pass' : goesOn ? 'warn' : action === 'pause' ? 'inconclusive' : 'fail';
  return check(`guard.${guardTitle(guard)}`, status, eValue, limit, message);
}

/** What the log holds and no analysis can judge. */
function setAsideChecks({ setAside }: ReleaseObservation): Check[] {
  if (setAside === undefined) return [];
  const { labels, records } = setAside;
  const message = `${labels} labels and ${records} records of the prediction log cannot be judged, and count for nothing: they are too long, are none of the task's labels, name a row that their request does not have, or name a key and time that no request has or that several have. Look at who sends them`;
  return [check('log.setAside', 'warn', labels + records, 0, message)];
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
