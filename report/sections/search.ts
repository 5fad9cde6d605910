import type { SearchEvidence } from '../../contracts/evidence/search.ts';
import { trainingSteps } from '../../contracts/model/trainer.ts';
import { numberColumn, section, table, textColumn } from '../elements.ts';
import { formatNumber } from '../format.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';

/** Trials that are shown, the best first. */
const mostShown = 50;

type Trial = SearchEvidence['trials'][number];

function lossOf({ end, looks }: Trial): number | null {
  return end?.kind === 'finished' ? end.loss : (looks.at(-1)?.loss ?? null);
}

/** Finished trials first, by their loss; then those that came furthest. */
function byRank(a: Trial, b: Trial): number {
  const rank = ({ end, looks }: Trial): number => (end?.kind === 'finished' ? -1000 : -looks.length);
  return rank(a) - rank(b) || (lossOf(a) ?? Infinity) - (lossOf(b) ?? Infinity) || a.index - b.index;
}

function endOf({ end, looks }: Trial, several: string): string {
  const steps = looks.at(-1)?.steps ?? 0;
  switch (end?.kind) {
    case 'finished':
      return 'trained to its end';
    case 'pruned':
      return `ended after ${formatNumber(steps)} ${several}: others were ahead`;
    case 'unusable':
      return `left out: ${end.reason}`;
    case 'late':
    case undefined:
      return 'ended: the minutes were over';
  }
}

/** Which settings were tried, and which the run went on with. */
export function searchSection({ search, definition }: ReportInput): Html | null {
  if (search === null) return null;
  const { trials, chosen, method, settings, verdict } = search;
  const { several } = trainingSteps[definition.trainer.kind];
  const more = trials.length > mostShown ? `; ${formatNumber(trials.length - mostShown)} more are left out` : '';
  return section({
    id: 'search',
    title: 'Search',
    status: verdict.status,
    lead: `${formatNumber(trials.length)} trials by method ${method}; trial ${formatNumber(chosen + 1)} was chosen. Trials are compared by the validation rows: the least loss of many is too good by chance, and the test rows say how good the model is.`,
    content: table({
      caption: `Trials, the best first${more}`,
      columns: [
        numberColumn('Trial'),
        ...settings.map((name) => textColumn(name)),
        numberColumn('Validation loss'),
        textColumn('End'),
      ],
      rows: [...trials]
        .sort(byRank)
        .slice(0, mostShown)
        .map((trial) => [
          formatNumber(trial.index + 1),
          ...trial.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
          formatNumber(lossOf(trial)),
          endOf(trial, several),
        ]),
    }),
  });
}
