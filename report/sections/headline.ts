import { meanLossesOf } from '../../contracts/evidence/paired-losses.ts';
import { qualityGateOf } from '../../contracts/model/task.ts';
import { outcomeWords } from '../../contracts/names.ts';
import { absent, formatNumber, formatPercent, formatSigned, formatTime } from '../format.ts';
import { html } from '../html.ts';
import type { Html, Part } from '../html.ts';
import type { ReportedResult, ReportInput } from '../input.ts';
import { facts, worstFirst } from '../elements.ts';

export const reportedWords: Readonly<Record<ReportedResult['outcome'], string>> = {
  ...outcomeWords,
  underWay: 'Under way',
  waiting: 'Waiting',
  terminated: 'Terminated',
  timedOut: 'Timed out',
};

/** Which run, how it ended, and why, in one sentence. */
export function headline(input: ReportInput): Html {
  const { run, definition, result } = input;
  const version = result.version === null ? 'no version' : `version ${result.version}`;
  return html`<header class="outcome-${result.outcome}">
    <p class="kicker">Pawl run report</p>
    <h1>${run.model} <span class="version">${version}</span></h1>
    <p class="run"><code>${run.id}</code></p>
    ${definition.description === '' ? null : html`<p class="description">${definition.description}</p>`}
    <p class="outcome"><strong>${reportedWords[result.outcome]}</strong> <span>${sentenceOf(input)}</span></p>
    ${facts(keyFacts(input))}
  </header>`;
}

/** The first reason alone: the others are shown with the stage that gave them. */
function sentenceOf({ result, lastAnalysis }: ReportInput): string {
  const failed = result.verdicts.find(({ status }) => status === 'fail');
  if (result.outcome === 'stopped' && failed !== undefined) {
    const [first = 'the gate failed'] = failed.reasons;
    const others = failed.reasons.length - 1;
    return `at ${failed.stage}: ${first}${others > 0 ? `, and ${others} more` : ''}`;
  }
  const [fired] = worstFirst(lastAnalysis?.verdict.checks ?? []);
  if (result.outcome === 'rolledBack' && lastAnalysis !== null && fired?.status === 'fail')
    return `in ${lastAnalysis.phase}: ${fired.message}`;
  return result.reason;
}

function keyFacts({ run, quality, definition, data, lastAnalysis, snapshot }: ReportInput): [string, Part][] {
  const primary = quality === null ? null : qualityGateOf(definition, quality.task).primary;
  const gain = quality?.differences.find(({ metric }) => metric === primary);
  const paired = lastAnalysis?.observation.paired;
  const primaryFact: [string, Part][] =
    quality === null || primary === null
      ? []
      : [
          [
            `${primary} on ${formatNumber(quality.rows)} test rows`,
            html`${formatNumber(quality.candidate[primary])}${
              gain === undefined
                ? null
                : html` <span class="aside">${formatSigned(gain.estimate)} against the champion</span>`
            }`,
          ],
        ];
  const means = paired === undefined ? null : meanLossesOf(paired);
  const liveFact: [string, Part][] =
    paired === undefined || paired.labels === 0
      ? []
      : [
          [
            `live ${means?.words ?? 'accuracy'}, ${formatNumber(paired.labels)} paired labels`,
            means === null
              ? html`${formatPercent(paired.canaryRight / paired.labels)}
                  <span class="aside">champion ${formatPercent(paired.championRight / paired.labels)}</span>`
              : html`${formatNumber(means.canary)} <span class="aside">champion ${formatNumber(means.champion)}</span>`,
          ],
        ];
  return [
    ['started', formatTime(run.startedAt)],
    ['champion at the start', run.champion === null ? 'none' : `version ${run.champion}`],
    ['rows', formatNumber(data?.profile.rows ?? snapshot?.rowCount)],
    ...primaryFact,
    ...liveFact,
    ['owner', definition.owner === '' ? absent : definition.owner],
  ];
}
