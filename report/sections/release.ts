import { meanLossesOf, type MeanLosses } from '../../contracts/evidence/paired-losses.ts';
import type { ArmCounts, Guard, AnalysisEvidence } from '../../contracts/evidence/release.ts';
import { absent, formatDuration, formatNumber, formatPercent, formatTime, inWords } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { checksTable, chip, facts, numberColumn, plotColumn, section, table, textColumn } from '../elements.ts';
import { barStrip, stripScale } from '../plots/strips.ts';
import { agreementFacts, releaseGroups } from './release-groups.ts';
import { releaseMix } from './release-mix.ts';
import { releaseMetrics } from './release-metrics.ts';

export function releaseSection({ release, lastAnalysis, run, definition }: ReportInput): Html | null {
  if (release === null) return null;
  const promoted = release.outcome === 'promoted';
  return section({
    id: 'release',
    title: 'Release',
    status: promoted ? 'pass' : 'fail',
    lead: `Version ${release.version} was ${promoted ? 'promoted' : 'rolled back'}: ${release.reason}`,
    content: [
      facts([
        ['analyses of the evidence', formatNumber(release.analyses)],
        ...(promoted ? [] : [['verdict to restored traffic', formatDuration(release.rollbackMs)] as const]),
        ...(release.forced === undefined ? [] : [['by force, in spite of', release.forced] as const]),
        ['champion at the start', run.champion === null ? 'none' : `version ${run.champion}`],
      ]),
      lastAnalysis === null
        ? html`<p class="note">
            ${
              run.champion === null
                ? 'There was no champion to compare with: the version got all traffic at once.'
                : 'No single analysis decided this release: a person or the deadline did.'
            }
          </p>`
        : analysisOf(lastAnalysis, (definition.release.guards.predictions ?? 'twoLabels') === 'twoLabels'),
    ],
  });
}

/** @param hasPositives Whether the labels are two. */
function analysisOf(analysis: AnalysisEvidence, hasPositives: boolean): Part {
  const { observation, verdict, guards, phase, step, at, decision } = analysis;
  const where = phase === 'canary' ? `canary, step ${step + 1}` : phase;
  return [
    html`<h3>The analysis that decided ${chip(verdict.status)}</h3>`,
    facts([
      ['at', formatTime(at)],
      ['phase', where],
      ['decision', decision],
      ['requests in the step', formatNumber((observation.metrics ?? observation).stepRequests)],
    ]),
    guardsTable(guards),
    armsTable(analysis, hasPositives),
    releaseMetrics(observation),
    releaseMix(observation),
    pairedTable(observation.paired),
    mirroredFacts(observation),
    labelsNote(observation),
    agreementFacts(observation),
    releaseGroups(analysis),
    checksTable('the last analysis', verdict),
    instancesTable(observation.instances),
  ];
}

/** Who may have sent the labels that the release was judged by. */
function labelsNote({ unsigned = 0, corrected = 0 }: AnalysisEvidence['observation']): Html | null {
  if (unsigned === 0 && corrected === 0) return null;
  const forged =
    unsigned === 0
      ? ''
      : `${formatNumber(unsigned)} ${unsigned === 1 ? 'label' : 'labels'} came without a token: anybody may send them, so live quality can be forged. Set gateway.feedback.from to labellers. `;
  const changed =
    corrected === 0
      ? ''
      : `${formatNumber(corrected)} ${corrected === 1 ? 'label says' : 'labels say'} something else than the one of the request that counts.`;
  return html`<p class="note">${`${forged}${changed}`.trim()}</p>`;
}

/** Where the drawing begins: less evidence says no more than that nothing speaks against the candidate. */
const leastExponent = -2;

const titleOf = (name: string, segment: string | undefined): string =>
  segment === undefined ? inWords(name) : `${inWords(name)} where ${segment}`;

function guardsTable(guards: readonly Guard[]): Part {
  if (guards.length === 0) return html`<p class="note">No guards: there was no champion to compare with.</p>`;
  const exponent = (eValue: number) => Math.log10(Math.max(eValue, Number.MIN_VALUE));
  const limit = (alpha: number) => Math.log10(1 / alpha);
  const ends = guards.flatMap(({ eValue, alpha }) => [exponent(eValue), limit(alpha)]).filter(Number.isFinite);
  const scale = stripScale([leastExponent, Math.max(1, ...ends) * 1.08]);
  return [
    table({
      caption: 'Guards: sequential tests, evidence on a logarithmic scale',
      columns: [
        textColumn('Guard'),
        plotColumn('e-value (log)'),
        numberColumn('e-value'),
        numberColumn('Threshold'),
        textColumn('Verdict'),
      ],
      rows: guards.map(({ name, segment, eValue, alpha, fired, estimand }) => [
        html`<strong>${titleOf(name, segment)}</strong><span class="message">${estimand}</span>`,
        barStrip(
          scale,
          exponent(eValue),
          `e-value of ${titleOf(name, segment)}: ${formatNumber(eValue)}, threshold ${formatNumber(1 / alpha)}`,
          {
            lines: [
              { value: 0, kind: 'zero' },
              { value: limit(alpha), kind: 'limit' },
            ],
            tone: fired ? 'fail' : eValue >= 1 ? 'warn' : 'pass',
          },
        ),
        formatNumber(eValue, 3),
        formatNumber(1 / alpha, 3),
        fired ? chip('fail', 'fired') : chip('pass', 'not fired'),
      ]),
    }),
    html`<p class="note">
      Thin line: e-value 1, which says nothing; dashed line: 1 / α of the guard. However often one looks, a harmless
      version is fired with a chance of at most α.
    </p>`,
  ];
}

function armsTable({ observation: { arms }, champion, version }: AnalysisEvidence, hasPositives: boolean): Html {
  const shareOf = (count: number, { requests }: ArmCounts) =>
    html`${formatNumber(count)}
      <span class="aside">${formatPercent(requests === 0 ? null : count / requests, 2)}</span>`;
  const row = (name: string, arm: ArmCounts): Part[] => [
    name,
    formatNumber(arm.requests),
    shareOf(arm.errors, arm),
    shareOf(arm.slow, arm),
    ...(hasPositives ? [shareOf(arm.positives, arm)] : []),
    arm.p50Ms === null ? absent : `${formatNumber(arm.p50Ms, 3)} ms`,
    arm.p99Ms === null ? absent : `${formatNumber(arm.p99Ms, 3)} ms`,
  ];
  return table({
    caption: 'Live traffic since the release began',
    columns: [
      textColumn('Arm'),
      numberColumn('Requests'),
      numberColumn('Errors'),
      numberColumn('Slow'),
      ...(hasPositives ? [numberColumn('Positive')] : []),
      numberColumn('p50'),
      numberColumn('p99'),
    ],
    rows: [
      row(champion === null ? 'champion (none)' : `champion, version ${champion}`, arms.champion),
      row(`candidate, version ${version}`, arms.canary),
    ],
  });
}

function pairedTable(paired: AnalysisEvidence['observation']['paired']): Part {
  if (paired.labels === 0) return html`<p class="note">No true label of a mirrored request had come back.</p>`;
  const { labels, championRight, canaryRight, worse, better } = paired;
  const means = meanLossesOf(paired);
  if (means !== null) return lossesTable(paired, means);
  const cell = (count: number) =>
    html`${formatNumber(count)} <span class="aside">${formatPercent(count / labels)}</span>`;
  return table({
    caption: `Paired outcomes on ${formatNumber(labels)} mirrored requests with a true label`,
    columns: [
      textColumn('Champion'),
      numberColumn('Candidate right'),
      numberColumn('Candidate wrong'),
      numberColumn('All'),
    ],
    rows: [
      ['right', cell(championRight - worse), cell(worse), cell(championRight)],
      ['wrong', cell(better), cell(labels - championRight - better), cell(labels - championRight)],
      ['all', cell(canaryRight), cell(labels - canaryRight), cell(labels)],
    ],
  });
}

/** Bounded losses, in the unit of their metric. */
function lossesTable(
  { labels, worse, better }: AnalysisEvidence['observation']['paired'],
  { words, champion, canary, most }: MeanLosses,
): Part {
  return [
    table({
      caption: `Losses on ${formatNumber(labels)} mirrored requests with a true label`,
      columns: [
        textColumn('Arm'),
        numberColumn(`${words.charAt(0).toUpperCase()}${words.slice(1)}`),
        numberColumn('Requests with the smaller loss'),
      ],
      rows: [
        ['champion', formatNumber(champion), formatNumber(worse)],
        ['candidate', formatNumber(canary), formatNumber(better)],
      ],
    }),
    most === null ? null : html`<p class="note">One above ${formatNumber(most)} counts as that.</p>`,
  ];
}

function mirroredFacts({ mirrored, paired }: AnalysisEvidence['observation']): Part {
  const { requests, errors, slow, agree } = mirrored;
  if (requests === 0) return null;
  return facts([
    ['mirrored requests', formatNumber(requests)],
    // Numbers are hardly ever the same.
    ...(paired.losses === undefined ? [['same label', formatPercent(agree / requests)] as [string, string]] : []),
    ['mirrored requests that failed', formatNumber(errors)],
    ['slow mirrored requests', formatNumber(slow)],
  ]);
}

function instancesTable(instances: AnalysisEvidence['observation']['instances']): Part {
  if (instances.length === 0) return null;
  const arms = ['champion', 'canary'] as const;
  return table({
    caption: 'Gateways that answered',
    columns: [
      textColumn('Instance'),
      numberColumn('Requests'),
      numberColumn('Errors'),
      numberColumn('Errors of the champion'),
      numberColumn('Errors of the candidate'),
    ],
    rows: instances.map(({ instance, requests, errors, arms: counts }) => [
      html`<code>${instance}</code>`,
      formatNumber(requests),
      formatNumber(errors),
      ...arms.map((arm) => errorsOf(counts[arm])),
    ]),
  });
}

const errorsOf = ({ requests, errors }: { readonly requests: number; readonly errors: number }): Html =>
  html`${formatNumber(errors)} <span class="aside">of ${formatNumber(requests)}</span>`;
