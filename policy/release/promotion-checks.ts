import type { JudgedGroup } from '../../contracts/evidence/groups.ts';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { GuardName, ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check, enough, missingWords } from '../check.ts';
import { groupPromotionChecks } from './checks/groups.ts';
import { maturityOf, undeclaredMaturity } from './label-cohorts.ts';
import { needsLabels, promotionAlpha, proofsOf } from './promotion.ts';
import { type Proof } from './guards/guard.ts';

/** What must be known before a version gets all traffic; `missing` is the status of a check with too little evidence, by guard. */
export function promotionChecks(
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  judged: readonly JudgedGroup[],
  missing: (guard: GuardName) => Check['status'],
): Check[] {
  const { fairness, minAgreement, maxScoreShift } = policy.guards;
  const alpha = promotionAlpha(policy);
  const least = policy.shadow.minRequests;
  const undeclared = undeclaredMaturity(policy, seen.labelDelays);
  const { pairs, scores } = seen.agreement;
  const scored = scores?.differences.reduce((sum, [, keys]) => sum + keys, 0) ?? 0;
  return [
    ...proofsOf(seen, policy).flatMap((proof) => [
      ...(proof.metric === 'accuracy' ? [labelCheck(seen, policy, missing('accuracy'))] : []),
      proofCheck(proof, 1 / alpha, missing(proof.metric), needsLabels(proof.metric) ? undeclared : null),
    ]),
    ...(minAgreement === null
      ? []
      : [enough('canary.agreement', pairs, least, 'mirrored keys that both versions answered', missing('agreement'))]),
    ...(maxScoreShift === null
      ? []
      : [enough('canary.scores', scored, least, 'mirrored keys with probabilities of both', missing('scoreShift'))]),
    ...(fairness === null
      ? []
      : groupPromotionChecks(
          seen.groups ?? { groups: [], unread: [] },
          judged,
          { fairness, alpha, undeclared },
          missing('fairness'),
        )),
  ];
}

function labelCheck(seen: ReleaseObservation, policy: ReleasePolicy, missing: Check['status']): Check {
  const what = `mirrored requests with a label${maturityOf(policy) > 0 ? ', as old as labels need' : ''}`;
  return enough('canary.labels', seen.mature.labels, policy.minLabels, what, missing);
}

function proofCheck(
  { metric, evidence, harm, counted, detail }: Proof,
  limit: number,
  missing: Check['status'],
  /** What has to be declared first. */
  undeclared: string | null,
): Check {
  const name = metric === 'accuracy' ? 'canary.nonInferior' : `canary.nonInferior.${metric}`;
  if (undeclared !== null) return check(name, missing, evidence, limit, `${undeclared}: ${missingWords[missing]}`);
  const isShown = evidence >= limit;
  const message = isShown
    ? `${counted} rule out ${harm} (${detail})`
    : `${counted} do not rule out ${harm} yet (${detail}): ${missingWords[missing]}`;
  return check(name, isShown ? 'pass' : missing, evidence, limit, message);
}
