import type { JudgedGroup, ObservedGroups } from '../../../contracts/evidence/groups.ts';
import { shownLoss, type LossScale } from '../../../contracts/evidence/loss-scale.ts';
import type { FairnessGuard } from '../../../contracts/release/guards-policy.ts';
import type { Check } from '../../../contracts/verdict.ts';
import { cappedAt, check, missingWords, reported, short } from '../../check.ts';
import { rateChange, rateName } from '../guards/groups.ts';

/** What is known of groups, for a sentence: `SEX = 2 by the error rate`. */
const placeOf = ({ attribute, group, rate }: JudgedGroup, scale?: LossScale): string =>
  `${attribute} = ${group} by the ${rateName(rate, scale)}`;

/** Each group once with its rates, the first ones by name. */
function placesOf(judged: readonly JudgedGroup[], scale?: LossScale): string {
  const rates = new Map<string, string[]>();
  for (const { attribute, group, rate } of judged) {
    const name = `${attribute} = ${group}`;
    rates.set(name, [...(rates.get(name) ?? []), rateName(rate, scale)]);
  }
  const said = [...rates].map(([name, words]) => `${name} (${words.join(', ')})`);
  const [shown, rest] = [said.slice(0, mostNamed), said.length - mostNamed];
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
const mostNamed = 8;

/** The group that the evidence speaks against most, of those large enough; empty where there is none. */
export function worstGroup(judged: readonly JudgedGroup[], scale?: LossScale): string {
  const [worst] = judged.filter(isLarge).toSorted((a, b) => b.harm - a.harm);
  if (worst === undefined) return 'no group has enough labelled keys yet';
  const { difference, size } = worst;
  const capped = scale === undefined ? '' : cappedAt(shownLoss(scale).most);
  return `most against ${placeOf(worst, scale)}, changed by ${rateChange(difference ?? 0, scale)} on ${size} labelled keys${capped}`;
}

const isLarge = ({ certainty }: JudgedGroup): boolean => certainty === 'conclusive';

/** Names what cannot be judged, at every analysis; it holds nothing. */
export function unjudgedGroups({ leftOut, unread, scale }: ObservedGroups, judged: readonly JudgedGroup[]): Check[] {
  const small = judged.filter((group) => !isLarge(group));
  const said = [
    ...(small.length === 0 ? [] : [`too few labelled keys to judge ${placesOf(small, scale)}`]),
    ...(leftOut === 0 ? [] : [`${leftOut} groups came after the first that guards.fairness.maxGroups lets be judged`]),
    ...unread.map(({ attribute, why }) => `${attribute} is not judged: ${why}`),
  ];
  if (said.length === 0) return [];
  const count = small.length + leftOut + unread.length;
  return [reported('guard.fairness.unjudged', 'inconclusive', count, 0, said.join('; '))];
}

/**
 * What the guard of groups asks before promotion: at least one large enough group of each attribute, else the guard's rule for missing
 * evidence; and with `promote` the proof that none of them is worse off by the limit or more (all of them must reject it, so
 * each has the whole alpha).
 */
export function groupPromotionChecks(
  { groups, unread, scale }: Pick<ObservedGroups, 'groups' | 'unread' | 'scale'>,
  judged: readonly JudgedGroup[],
  {
    fairness,
    alpha,
    undeclared,
  }: { readonly fairness: FairnessGuard; readonly alpha: number; readonly undeclared: string | null },
  missing: Check['status'],
): Check[] {
  const large = judged.filter(isLarge);
  const attributes = new Set([...groups, ...unread].map(({ attribute }) => attribute));
  const known = new Set(large.map(({ attribute }) => attribute));
  const unknown = [...attributes].filter((attribute) => !known.has(attribute));
  const isComplete = attributes.size > 0 && unknown.length === 0;
  const what =
    attributes.size === 0
      ? 'no attribute of fairness.attributes was seen'
      : `nothing is known of ${unknown.join(', ')}`;
  const seen = check(
    'canary.groups',
    isComplete ? 'pass' : missing,
    known.size,
    attributes.size,
    isComplete ? `groups of ${[...known].join(', ')} are judged` : `${what}: ${missingWords[missing]}`,
  );
  if (fairness.promote && undeclared !== null)
    return [seen, check('canary.groupsNotWorse', missing, null, 1 / alpha, `${undeclared}: ${missingWords[missing]}`)];
  return fairness.promote
    ? [seen, noGroupWorse(large, { loss: rateChange(fairness.maxGroupLoss, scale), scale }, 1 / alpha, missing)]
    : [seen];
}

function noGroupWorse(
  large: readonly JudgedGroup[],
  { loss, scale }: { readonly loss: string; readonly scale: LossScale | undefined },
  limit: number,
  missing: Check['status'],
): Check {
  const unproven = large.filter(({ noHarm }) => noHarm < limit);
  const least = large.length === 0 ? null : Math.min(...large.map(({ noHarm }) => noHarm));
  const isShown = least !== null && unproven.length === 0;
  const message = isShown
    ? `labels rule out that a group is worse off by ${loss} (least evidence ${short(least)})`
    : `labels do not rule out a loss of ${loss} for ${placesOf(unproven, scale) || 'any group'}: ${missingWords[missing]}`;
  return check('canary.groupsNotWorse', isShown ? 'pass' : missing, least, limit, message);
}
