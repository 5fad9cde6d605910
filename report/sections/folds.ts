import type { FoldsEvidence } from '../../contracts/evidence/folds.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { trainingSteps } from '../../contracts/model/trainer.ts';
import { checksTable, numberColumn, plotColumn, section, table, textColumn } from '../elements.ts';
import { formatFixed, formatInterval, formatNumber, formatPercent, inWords } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { domainOf, dotStrip, stripScale } from '../plots/strips.ts';

export function foldsSection({ folds: evidence, definition }: ReportInput): Html | null {
  if (evidence === null) return null;
  const { folds, isRolling, alpha, verdict } = evidence;
  const how = isRolling
    ? 'each is trained on the rows before its test rows'
    : 'each is trained on the rows of all the others';
  return section({
    id: 'folds',
    title: isRolling ? 'Rolling origin' : 'Cross-validation',
    status: verdict.status,
    lead: `The trainer was judged on ${formatNumber(folds.length)} folds; ${how}. Intervals hold with ${formatPercent(1 - alpha)} and know that folds share training rows.`,
    content: [checksTable('folds', verdict), foldsTable(evidence, definition), meansTable(evidence, definition)],
  });
}

function foldsTable({ run, folds, primary }: FoldsEvidence, { trainer }: ModelDefinition): Html {
  const { several } = trainingSteps[trainer.kind];
  const others = [...new Set(folds.map((fold) => fold.run))].filter((did) => did !== run);
  const name = inWords(primary);
  const own = folds.map(({ metrics }) => metrics[primary] ?? null);
  const mean = own.reduce<number>((sum, value) => sum + (value ?? 0), 0) / folds.length;
  const scale = stripScale(domainOf([...own.flatMap((value) => value ?? []), mean], 0.1));
  return table({
    caption: `Folds by ${name}; the baseline is ${folds[0]?.baseline.answer ?? ''}${others.length === 0 ? '' : `; trained by ${others.join(', ')}, and reused: nothing that they depend on has changed since`}`,
    columns: [
      textColumn('Fold'),
      numberColumn('Trained on'),
      numberColumn('Tested on'),
      numberColumn(several[0]!.toUpperCase() + several.slice(1)),
      numberColumn('Kept'),
      plotColumn(name),
      numberColumn(name),
      numberColumn('Baseline'),
    ],
    rows: folds.map(({ index, rows, epochs, bestEpoch, baseline }, at) => {
      const value = own[at] ?? null;
      return [
        formatNumber(index + 1),
        formatNumber(rows.train),
        formatNumber(rows.test),
        formatNumber(epochs),
        formatNumber(bestEpoch),
        value === null ? '' : dotStrip(scale, value, `${name} of fold ${index + 1}: ${formatFixed(value)}`, []),
        formatFixed(value),
        formatFixed(baseline.metrics[primary]),
      ];
    }),
  });
}

const meansTable = ({ means, primary }: FoldsEvidence, { quality: { limits } }: ModelDefinition): Html =>
  table({
    caption: 'Mean over the folds',
    columns: [textColumn('Metric'), numberColumn('Mean'), numberColumn('Interval'), numberColumn('Limit')],
    rows: means.map((mean) => [
      html`${inWords(mean.metric)}${mean.metric === primary ? html` <span class="aside">primary</span>` : null}`,
      formatFixed(mean.estimate),
      formatInterval(mean, formatFixed),
      formatNumber(limits[mean.metric]),
    ]),
  });
