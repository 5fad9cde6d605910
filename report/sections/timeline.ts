import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import type { ReleaseResult } from '../../contracts/release/release.ts';
import { stages } from '../../contracts/names.ts';
import type { Stage } from '../../contracts/names.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { chip } from '../elements.ts';
import { reportedWords } from './headline.ts';
import type { Tone } from '../elements.ts';

export interface StageState {
  readonly stage: Stage;
  readonly tone: Tone;
  /** What became of the stage, in a word or two. */
  readonly text: string;
}

const done = (condition: boolean): Omit<StageState, 'stage'> =>
  condition ? { tone: 'done', text: 'done' } : { tone: 'none', text: 'not reached' };

const decisions: Record<ApprovalRecord['decision'], Tone> = { approved: 'pass', rejected: 'fail', expired: 'fail' };

const releases: Record<ReleaseResult['outcome'], Omit<StageState, 'stage'>> = {
  promoted: { tone: 'pass', text: 'promoted' },
  rolledBack: { tone: 'fail', text: 'rolled back' },
  measured: { tone: 'done', text: 'measured' },
};

function stateOf(stage: Stage, input: ReportInput): Omit<StageState, 'stage'> {
  const { result, approval, release, snapshot, training } = input;
  const verdict = result.verdicts.find((candidate) => candidate.stage === stage);
  if (verdict !== undefined)
    return { tone: verdict.status, text: verdict.from === undefined ? verdict.status : `${verdict.status}, reused` };
  if (stage === result.at) return { tone: 'inconclusive', text: reportedWords[result.outcome].toLowerCase() };
  switch (stage) {
    case 'open':
      return done(true);
    case 'report':
      return done(result.at === undefined);
    case 'snapshot':
      return done(snapshot !== null);
    case 'train':
      return training !== null && training.training === null
        ? { tone: 'done', text: 'imported' }
        : training !== null && training.run !== input.run.id
          ? { tone: 'done', text: 'reused' }
          : done(training !== null);
    case 'register':
      return done(result.version !== null);
    case 'approval':
      return approval === null ? done(false) : { tone: decisions[approval.decision], text: approval.decision };
    case 'release':
      return release === null ? done(false) : releases[release.outcome];
    case 'data':
    case 'trial':
    case 'folds':
    case 'search':
    case 'quality':
    case 'fairness':
    case 'explain':
    case 'optimize':
    case 'staging':
      return done(false);
  }
}

/** The state of every stage, in the order of the pipeline. */
export const stageStates = (input: ReportInput): StageState[] =>
  stages.filter((stage) => isPartOf(stage, input)).map((stage) => ({ stage, ...stateOf(stage, input) }));

/** Stages that need rows. */
const ofRows: readonly Stage[] = ['snapshot', 'data', 'quality', 'fairness', 'explain', 'optimize'];

function isPartOf(stage: Stage, { run, definition }: ReportInput): boolean {
  if (stage === 'search') return run.imported === null && definition.search !== undefined;
  if (stage === 'folds') return run.imported === null && definition.quality.folds !== undefined;
  const isOnTensors = definition.tensors !== undefined;
  return stage === 'trial' ? isOnTensors : !isOnTensors || !ofRows.includes(stage);
}

/** The stages in order with their verdicts, each a link to its section; and the reasons of what did not pass. */
export function timeline(input: ReportInput, sections: ReadonlySet<string>): Html {
  const reasons = input.result.verdicts.filter(({ status }) => status !== 'pass');
  return html`<nav class="timeline" aria-label="Stages of the run">
      <ol>
        ${stageStates(input).map(({ stage, tone, text }) => {
          const name = sections.has(stage) ? html`<a href="#${stage}">${stage}</a>` : html`<span>${stage}</span>`;
          return html`<li class="${tone}">${name} ${chip(tone, text)}</li>`;
        })}
      </ol>
    </nav>
    ${
      reasons.length === 0
        ? null
        : html`<section id="reasons" aria-labelledby="reasons-title">
            <h2 id="reasons-title">What did not pass</h2>
            <ul class="reasons">
              ${reasons.map(
                ({ stage, status, reasons: messages }) =>
                  html`<li>
                    ${chip(status)} <strong>${stage}</strong>
                    <ul>
                      ${messages.map((message) => html`<li>${message}</li>`)}
                    </ul>
                  </li>`,
              )}
            </ul>
          </section>`
    }`;
}
