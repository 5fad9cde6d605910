import { html } from './html.ts';
import type { Html } from './html.ts';
import type { ReportInput } from './input.ts';
import { approvalSection } from './sections/approval.ts';
import { dataSection } from './sections/data.ts';
import { explanationSection } from './sections/explanation.ts';
import { fairnessSection } from './sections/fairness.ts';
import { foldsSection } from './sections/folds.ts';
import { searchSection } from './sections/search.ts';
import { headline, reportedWords } from './sections/headline.ts';
import { lineageSection } from './sections/lineage.ts';
import { optimizationSection } from './sections/optimization.ts';
import { qualitySection } from './sections/quality.ts';
import { releaseSection } from './sections/release.ts';
import { stagingSection } from './sections/staging.ts';
import { timeline } from './sections/timeline.ts';
import { trialSection } from './sections/trial.ts';
import { trainingSection } from './sections/training.ts';
import { style } from './style/style.ts';

export type { ReportInput } from './input.ts';

/** The sections of a report by the stage they show, in the order of the pipeline; null where the run left no evidence. */
const sectionsByStage: readonly (readonly [stage: string, render: (input: ReportInput) => Html | null])[] = [
  ['data', dataSection],
  ['search', searchSection],
  ['train', trainingSection],
  ['trial', trialSection],
  ['folds', foldsSection],
  ['quality', qualitySection],
  ['fairness', fairnessSection],
  ['explain', explanationSection],
  ['optimize', optimizationSection],
  ['staging', stagingSection],
  ['approval', approvalSection],
  ['release', releaseSection],
];

/**
 * The report of a run: one HTML file that needs nothing else, without scripts. It says only what its evidence says, so the
 * same evidence makes the same bytes. Everything in the evidence is text, never markup.
 */
export function renderReport(input: ReportInput): string {
  const rendered = sectionsByStage.flatMap(([stage, render]) => {
    const section = render(input);
    return section === null ? [] : [{ stage, section }];
  });
  const { run, result } = input;
  const title = `${run.model}${result.version === null ? '' : ` version ${result.version}`}: ${reportedWords[result.outcome].toLowerCase()}`;
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <meta name="color-scheme" content="light dark" />
      <title>${title}</title>
      ${style}
    </head>
    <body>
      <main>
        ${headline(input)} ${timeline(input, new Set(rendered.map(({ stage }) => stage)))}
        ${rendered.map(({ section }) => section)} ${lineageSection(input)}
      </main>
    </body>
  </html>`;
  return `<!doctype html>\n${page.markup}\n`;
}

/** A rendered report with a notice above everything else; the same page where there is nothing to say. */
export const withNotice = (page: string, lines: readonly string[]): string =>
  lines.length === 0
    ? page
    : page.replace('<main>', () => `<main>${html`<pre role="alert">${lines.join('\n')}</pre>`.markup}`);
