import type { AttributeAudit, Group } from '../../contracts/evidence/fairness.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { FairnessMetricName } from '../../contracts/model/tasks/fairness-metrics.ts';
import type { Check, Status, Verdict } from '../../contracts/verdict.ts';
import { check, percent, reported, short } from '../check.ts';
import { verdictOf } from '../verdict.ts';

type Limits = ModelDefinition['fairness']['attributes'][string];

/**
 * Judges the audits by the limits of the definition. A metric fails when even the friendly end of its interval is
 * beyond the limit, warns when the estimate is, and passes otherwise; a group fails when the lower bound of its loss
 * against the champion exceeds `maxGroupLoss`. A limit that could not be judged at all, or on an attribute that was not audited, makes
 * the gate inconclusive. Groups too small to say something are reported beside those that were judged. Without a champion there is no
 * group loss to judge.
 */
export function judgeFairness(
  audits: readonly AttributeAudit[],
  gate: ModelDefinition['fairness'],
  hasChampion = true,
): Verdict {
  const audited = new Set(audits.map((audit) => audit.attribute));
  const missing = Object.keys(gate.attributes)
    .filter((attribute) => !audited.has(attribute))
    .map((attribute) =>
      check(`${attribute}.audit`, 'inconclusive', 'missing', 'audited', `${attribute} has limits, but was not audited`),
    );
  const checks = audits.flatMap((audit) => limitChecks(audit, gate.attributes[audit.attribute], hasChampion));
  const small = audits.flatMap(smallGroups);
  const hasLimits = Object.values(gate.attributes).some(
    ({ limits, maxGroupLoss }) => Object.keys(limits).length > 0 || maxGroupLoss !== undefined,
  );
  if (hasLimits || missing.length > 0) {
    const verdict = verdictOf([...missing, ...checks]);
    return { ...verdict, checks: [...verdict.checks, ...small] };
  }
  const nothing = 'no limit is set: groups are reported and not judged. Set limits in fairness.attributes';
  return { status: 'skipped', checks: [reported('fairness.limits', 'skipped', null, null, nothing), ...small] };
}

function limitChecks(audit: AttributeAudit, limits: Limits | undefined, hasChampion: boolean): Check[] {
  const metrics = Object.entries(limits?.limits ?? {}) as [FairnessMetricName, number][];
  return [
    ...metrics.map(([metric, limit]) => metricCheck(audit, metric, limit)),
    ...(limits?.maxGroupLoss === undefined ? [] : lossChecks(audit, limits.maxGroupLoss, hasChampion)),
  ];
}

function metricCheck(audit: AttributeAudit, metric: FairnessMetricName, limit: number): Check {
  const name = `${audit.attribute}.${metric}`;
  const found = audit.metrics.find((candidate) => candidate.metric === metric);
  if (found === undefined || found.estimate === null || found.lower === null || found.upper === null) {
    return check(
      name,
      'inconclusive',
      null,
      limit,
      `${name} could not be computed: fewer than two groups are large enough`,
    );
  }
  const ratio = metric === 'demographicParityRatio';
  const beyond = (value: number) => (ratio ? value < limit : value > limit);
  const status: Status = beyond(ratio ? found.upper : found.lower) ? 'fail' : beyond(found.estimate) ? 'warn' : 'pass';
  return check(
    name,
    status,
    found.estimate,
    limit,
    `${name} is ${short(found.estimate)} (${short(found.lower)} to ${short(found.upper)}), ${ratio ? 'at least' : 'at most'} ${limit} is asked for`,
  );
}

function lossChecks(audit: AttributeAudit, limit: number, hasChampion: boolean): Check[] {
  const judged = audit.groups.filter(
    (group): group is Group & { loss: NonNullable<Group['loss']> } => group.loss !== null,
  );
  const losing = judged.filter(({ loss }) => loss.estimate > limit);
  if (losing.length === 0) {
    const name = `${audit.attribute}.groupLoss`;
    if (!hasChampion)
      return [reported(name, 'skipped', null, limit, `${name}: there is no champion to compare the groups with`)];
    if (judged.length === 0)
      return [
        check(
          name,
          'inconclusive',
          null,
          limit,
          `${name} could not be computed: no group is large enough, or the champion cannot answer these rows`,
        ),
      ];
    const worst = Math.max(...judged.map(({ loss }) => loss.estimate));
    const message = `no group of ${audit.attribute} is worse off than under the champion by more than ${percent(limit)}`;
    return [check(name, 'pass', worst, limit, message)];
  }
  return losing.map(({ group, loss }) =>
    check(
      `${audit.attribute}.groupLoss.${group}`,
      loss.lower > limit ? 'fail' : 'warn',
      loss.estimate,
      limit,
      `${audit.attribute} = ${group}: error rate ${percent(loss.estimate)} above the champion's (at least ${percent(loss.lower)}), limit ${percent(limit)}`,
    ),
  );
}

function smallGroups(audit: AttributeAudit): Check[] {
  if (audit.inconclusive.length === 0) return [];
  return [
    reported(
      `${audit.attribute}.smallGroups`,
      'inconclusive',
      audit.inconclusive.length,
      0,
      `${audit.attribute}: too few rows to say everything about ${audit.inconclusive.join(', ')}`,
    ),
  ];
}
