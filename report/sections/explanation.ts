import { formatFixed, formatNumber, inWords } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { numberColumn, plotColumn, section, table, textColumn } from '../elements.ts';
import { barStrip, stripScale } from '../plots/strips.ts';

export function explanationSection({ explanation }: ReportInput): Html | null {
  if (explanation === null) return null;
  const rows = explanation.importances.toSorted((a, b) => b.mean - a.mean);
  const ends = rows.flatMap(({ mean, deviation }) => [mean - deviation, mean + deviation]);
  const scale = stripScale([Math.min(0, ...ends), Math.max(1e-6, ...ends)]);
  return section({
    id: 'explain',
    title: 'Explanation',
    status: explanation.verdict.status,
    lead: `How much ${inWords(explanation.metric)} is lost when a column is shuffled (permutation importance), on ${formatNumber(explanation.rows)} rows. Columns that tell the same can hide each other.${explanation.screenedOut === 0 ? '' : ` ${formatNumber(explanation.screenedOut)} other columns lost less when they were shuffled in groups.`}`,
    content: table({
      caption: `Permutation importance, loss of ${inWords(explanation.metric)}`,
      columns: [textColumn('Column'), plotColumn('Importance'), numberColumn('Mean'), numberColumn('±')],
      rows: rows.map(({ column, mean, deviation }) => [
        html`<code>${column}</code>`,
        barStrip(scale, mean, `Importance of ${column}: ${formatFixed(mean)} ± ${formatFixed(deviation)}`, {
          whisker: [mean - deviation, mean + deviation],
        }),
        formatFixed(mean),
        formatFixed(deviation),
      ]),
    }),
  });
}
