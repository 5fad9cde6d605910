import { scoreSteps, type Agreement, type GroupRate, type JudgedGroups } from '../../contracts/evidence/groups.ts';
import { shownChange, shownLoss, type LossScale } from '../../contracts/evidence/loss-scale.ts';
import type { AnalysisEvidence } from '../../contracts/evidence/release.ts';
import { absent, formatInterval, formatNumber, formatPercent, formatSigned } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import { chip, facts, numberColumn, plotColumn, table, textColumn } from '../elements.ts';
import { domainOf, intervalStrip, stripScale } from '../plots/strips.ts';

/** What an analysis found of the groups, where its policy judges them. */
export function releaseGroups({ groups: judged, observation }: AnalysisEvidence): Part {
  if (judged === undefined) return null;
  const unread = observation.groups?.unread ?? [];
  const leftOut = observation.groups?.leftOut ?? 0;
  const said = rateWords(observation.groups?.scale);
  const attributes = [...new Set(judged.groups.map(({ attribute }) => attribute))];
  return [
    attributes.map((attribute) => [groupsTable(attribute, judged, said), contrastsTable(attribute, judged, said)]),
    said.most === null || judged.groups.length === 0
      ? null
      : html`<p class="note">A loss above ${formatNumber(said.most)} counts as that.</p>`,
    leftOut === 0
      ? null
      : html`<p class="note">${formatNumber(leftOut)} groups came after the first that are judged.</p>`,
    unread.map(({ attribute, why }) => html`<p class="note">${attribute} is not judged: ${why}.</p>`),
  ];
}

const rateTitles: Readonly<Record<GroupRate, string>> = { tpr: 'TPR', fpr: 'FPR', error: 'Error' };

/** How rates are named, and their changes shown: of numbers in the unit of the loss. */
interface RateWords {
  readonly title: (rate: GroupRate) => string;
  readonly signed: (change: number | null) => string;
  /** The greatest loss that counts; null where none is above it. */
  readonly most: number | null;
}

function rateWords(scale: LossScale | undefined): RateWords {
  if (scale === undefined)
    return { title: (rate) => rateTitles[rate], signed: (change) => formatSigned(change, 3), most: null };
  const loss = shownLoss(scale);
  const { words, most } = loss;
  const title = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  const signed = (change: number | null): string => {
    if (change === null) return absent;
    const inUnit = shownChange(loss, change);
    return `${inUnit > 0 ? '+' : ''}${formatNumber(inUnit)}`;
  };
  return { title: () => title, signed, most };
}

function groupsTable(attribute: string, { groups }: JudgedGroups, said: RateWords): Html {
  const rows = groups.filter((group) => group.attribute === attribute);
  return table({
    caption: `Groups of ${attribute} on mirrored requests with a true label, candidate less champion`,
    columns: [
      textColumn('Group'),
      textColumn('Rate'),
      numberColumn('Labelled keys'),
      numberColumn('Change'),
      numberColumn('e-value of harm'),
      numberColumn('e-value of no harm'),
    ],
    rows: rows.map(({ group, rate, size, certainty, difference, harm, noHarm }) => [
      html`${group} ${certainty === 'inconclusive' ? chip('inconclusive') : null}`,
      said.title(rate),
      formatNumber(size),
      said.signed(difference),
      formatNumber(harm, 3),
      formatNumber(noHarm, 3),
    ]),
    rowClass: (index) => (rows[index]?.certainty === 'inconclusive' ? 'muted' : ''),
  });
}

function contrastsTable(attribute: string, { contrasts }: JudgedGroups, said: RateWords): Part {
  const rows = contrasts.filter((contrast) => contrast.attribute === attribute);
  if (rows.length === 0) return null;
  const scale = stripScale(domainOf([0, ...rows.flatMap(({ lower, upper }) => [lower, upper])]));
  return table({
    caption: `Contrasts between groups of ${attribute}: the change of one less that of the other, all intervals together`,
    columns: [
      textColumn('Groups'),
      textColumn('Rate'),
      plotColumn('Contrast'),
      numberColumn('Estimate'),
      numberColumn('Interval'),
      numberColumn('Keys left out'),
    ],
    rows: rows.map(({ rate, group, against, leftOut, ...interval }) => [
      `${group} less ${against}`,
      said.title(rate),
      intervalStrip(
        scale,
        interval,
        [{ value: 0, kind: 'zero' }],
        interval.lower > 0 || interval.upper < 0 ? 'warn' : 'plain',
        `${said.title(rate)} of ${group} less ${against}: ${said.signed(interval.estimate)}, ${formatInterval(interval, said.signed)}`,
      ),
      said.signed(interval.estimate),
      formatInterval(interval, said.signed),
      formatNumber(leftOut),
    ]),
  });
}

/** Whether the two versions say the same, key by key. */
export function agreementFacts({ agreement }: AnalysisEvidence['observation']): Part {
  if (agreement.pairs === 0) return null;
  const { pairs, disagree, missing, scores } = agreement;
  return facts([
    ['mirrored keys with a label of both', formatNumber(pairs)],
    ['same label, by key', formatPercent(1 - disagree / pairs)],
    ['keys that one version did not answer', formatNumber(missing)],
    ...(scores === null ? [] : [['mean shift of the probability', shiftOf(scores.differences)] as const]),
  ]);
}

/** To half a step of what is counted. */
function shiftOf(differences: NonNullable<Agreement['scores']>['differences']): string {
  const keys = differences.reduce((sum, [, count]) => sum + count, 0);
  const total = differences.reduce((sum, [step, count]) => sum + ((step + 0.5) / scoreSteps) * count, 0);
  return keys === 0 ? absent : formatSigned(total / keys, 3);
}
