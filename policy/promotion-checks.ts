import type { JudgedGroup } from '../contracts/evidence/groups.ts';
import type { ReleaseObservation } from '../contracts/evidence/release.ts';
import type { GuardName, ReleasePolicy } from '../contracts/release-policy.ts';
import type { Check } from '../contracts/verdict.ts';
import { pairedNonInferiorityEvidence } from '../ml/sequential/paired.ts';
import { check, enough, missingWords, percent } from './check.ts';
import { groupPromotionChecks } from './group-checks.ts';

/** Loss of accuracy beyond `accuracyLoss` that the labels must have ruled out before promotion. */
export const promotionMargin = 0.02;

/** What must be known before a version gets all traffic; `missing` is what too little evidence of a guard comes to. */
export function promotionChecks(
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  judged: readonly JudgedGroup[],
  missing: (guard: GuardName) => Check['status'],
): Check[] {
  const { fairness, minAgreement, maxScoreShift } = policy.guards;
  const least = policy.shadow.minRequests;
  const { pairs = 0, scores = null } = seen.agreement ?? {};
  const scored = scores?.differences.reduce((sum, [, keys]) => sum + keys, 0) ?? 0;
  return [
    ...(policy.minLabels > 0 ? accuracyChecks(seen, policy, missing('accuracy')) : []),
    ...(minAgreement === null
      ? []
      : [enough('canary.agreement', pairs, least, 'mirrored keys that both versions answered', missing('agreement'))]),
    ...(maxScoreShift === null
      ? []
      : [enough('canary.scores', scored, least, 'mirrored keys with probabilities of both', missing('scoreShift'))]),
    ...(fairness === null
      ? []
      : groupPromotionChecks(
          seen.groups ?? { groups: [], leftOut: 0, unread: [] },
          judged,
          { fairness, alpha: policy.alpha },
          missing('fairness'),
        )),
  ];
}

function accuracyChecks(seen: ReleaseObservation, policy: ReleasePolicy, missing: Check['status']): Check[] {
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

/** Of accuracy, for a sentence. */
export const difference = ({ labels, championRight, canaryRight }: ReleaseObservation['paired']): string =>
  labels === 0
    ? 'none so far'
    : `canary right on ${percent(canaryRight / labels)}, champion on ${percent(championRight / labels)} of the same requests`;
