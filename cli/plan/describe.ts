import { threeDigits } from '../../policy/three-digits.ts';
import { durationWords } from '../../policy/duration-words.ts';
import type { GuardDefinition } from '../../policy/release/guards/guard.ts';
import { allGuards } from '../../policy/release/guards/index.ts';
import { effects } from '../../policy/release/plan/effect.ts';
import type { GuardPlan } from '../../policy/release/plan/guard.ts';
import type { PromotionPlan } from '../../policy/release/plan/promotion.ts';
import { roundedPercent, table } from '../output.ts';
import { sourceOf, trafficTable } from '../traffic-table.ts';
import type { PrintedPlan } from './printed.ts';

/** The plan of a release for people: its numbers, a table by guard, and a sentence on each. */
export function describePlan(
  { model, version, policy, traffic, guards, segments, segmentShares, promotion, accuracyIs }: PrintedPlan,
  definitions: readonly GuardDefinition[] = allGuards,
): string {
  const { mode } = policy;
  const shares =
    mode === 'canary' ? `, steps ${policy.steps.map(({ share }) => roundedPercent(share)).join(', ')}` : '';
  return [
    `Release of ${model}${version === null ? '' : `@${version}`}: mode ${mode}, alpha ${policy.alpha}${shares}`,
    trafficTable(policy, traffic, definitions),
    table(
      ['GUARD', 'ALPHA', 'FINDS', 'OF THE HARM', 'NEEDS', 'MEDIAN', 'P95', 'HAS', 'IN STEP'],
      [...guards.map(guardRow), ...metricRows(promotion)],
    ),
    ...segmentTable(segments, segmentShares),
    [...guards.map(({ guard, message }) => `${guard}: ${message}`), promotionText(promotion, mode)].join('\n'),
    ...(accuracyIs === undefined ? [] : [accuracyIs]),
  ].join('\n\n');
}

/** What each guard finds of each segment, and when; nothing where the policy names no segment. */
function segmentTable(segments: PrintedPlan['segments'], shares: PrintedPlan['segmentShares']): string[] {
  if (segments.length === 0) return [];
  const names = [...new Set(segments.map(({ guard }) => guard))];
  const rows = Object.entries(shares).map(([segment, share]) => [
    segment,
    `${threeDigits(100 * share.value)} %`,
    sourceOf(share),
    ...names.map((name) => {
      const plan = segments.find((one) => one.segment === segment && one.guard === name);
      return plan === undefined ? '-' : segmentCell(plan);
    }),
  ]);
  const header = ['SEGMENT', 'KEYS', 'FROM', ...names.map((name) => name.toUpperCase())];
  const note =
    'each guard by the keys of the segment alone: the smallest rate that it finds in its time; and after it, when it has found the harm of the table above';
  return [`${table(header, rows)}\n${note}`];
}

function segmentCell({ finds, effect, needs }: PrintedPlan['segments'][number]): string {
  if (finds === null) return 'never';
  return `${effects[effect.kind].short(finds)}; ${duration(needs.hours)}`;
}

/** `finds` is the smallest effect that is found in time; the other columns are about the harm that was asked for. */
function guardRow({ guard, alpha, effect, needs, medianHours, withinHours, finds, withinStep }: GuardPlan): string[] {
  const show = effects[effect.kind].short;
  return [
    guard,
    threeDigits(alpha),
    finds === null ? 'never' : show(finds),
    show(effect.value),
    needsOf(needs),
    duration(medianHours),
    duration(needs.hours),
    duration(withinHours),
    withinStep === null ? '-' : String(withinStep),
  ];
}

function needsOf({ keys, labels, values = null }: GuardPlan['needs']): string {
  if (keys !== null) return `${keys} keys`;
  if (labels !== null) return `${labels} labels`;
  return values === null ? '-' : `${values} values`;
}

/** `finds` is the harm that must be ruled out; the other columns are about a release that does none. */
const metricRows = (promotion: PromotionPlan | null): string[][] =>
  (promotion?.metrics ?? []).map(({ metric, effect, needs, unit, hours }) => [
    `promotion: ${metric}`,
    threeDigits(promotion?.alpha ?? 0),
    `< ${effects[effect.kind].short(effect.value)}`,
    'none',
    needs.p95 === null ? '-' : `${needs.p95} ${unit}`,
    duration(hours.median),
    duration(hours.p95),
    duration(promotion?.deadlineHours ?? null),
    '-',
  ]);

const promotionText = (promotion: PromotionPlan | null, mode: string): string =>
  promotion === null
    ? `promotion: the mode ${mode} ends with a report, and promotes nobody`
    : `promotion: ${promotion.message}`;

const duration = (hours: number | null): string => (hours === null ? '-' : durationWords(hours));
