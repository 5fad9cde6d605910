import type { TrialEvidence } from '../../contracts/evidence/trial.ts';
import { checksTable, facts, section, table, textColumn } from '../elements.ts';
import { formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';

export function trialSection({ trial }: ReportInput): Html | null {
  if (trial === null) return null;
  const { rows, answered, distinct, inputs, failures, verdict } = trial;
  return section({
    id: 'trial',
    title: 'Trial',
    status: verdict.status,
    lead: 'The model takes tensors, so it has no rows to be judged by: it was asked made-up ones. Its quality is judged live alone, by errors, latency, agreement and labels from feedback.',
    content: [
      facts([
        ['made-up rows', formatNumber(rows)],
        ['with a valid answer', formatNumber(answered)],
        ['different answers', formatNumber(distinct)],
      ]),
      checksTable('trial', verdict),
      table({
        caption: 'What each input was given',
        columns: [
          textColumn('Input'),
          textColumn('Type'),
          textColumn('One row'),
          textColumn('Values'),
          textColumn('Guessed'),
        ],
        rows: inputs.map(({ name, type, shape, from, guesses }) => [
          html`<code>${name}</code>`,
          type,
          shape.length === 0 ? 'one value' : shape.join(' x '),
          valuesOf(from),
          guesses.join('; '),
        ]),
      }),
      failures.length === 0
        ? null
        : table({
            caption: 'First rows without a valid answer',
            columns: [textColumn('Message')],
            rows: failures.map((message) => [message]),
          }),
    ],
  });
}

const valuesOf = (from: TrialEvidence['inputs'][number]['from']): string =>
  'min' in from ? `${formatNumber(from.min)} to ${formatNumber(from.max)}` : `${formatNumber(from.length)} texts`;
