import type { OptimizationEvidence, Variant } from '../../contracts/evidence/optimization.ts';
import { formatBytes, formatFixed, formatInterval, formatNumber, formatPercent, formatSigned } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { checksTable, chip, numberColumn, plotColumn, section, table, textColumn } from '../elements.ts';
import { domainOf, intervalStrip, stripScale } from '../plots/strips.ts';

const names: Record<Variant['variant'], string> = {
  fp32: 'fp32',
  dynamicInt8: 'INT8, dynamic',
  staticInt8: 'INT8, static (QDQ)',
};

export function optimizationSection({ optimization, definition }: ReportInput): Html | null {
  if (optimization === null) return null;
  const { variants, reason, verdict } = optimization;
  return section({
    id: 'optimize',
    title: 'Optimization',
    status: verdict.status,
    lead: reason,
    content: [
      variantsTable(optimization, definition.optimize.accuracyBudget),
      variants
        .filter((variant) => variant.verdict.checks.length > 0)
        .map((variant) => checksTable(names[variant.variant], variant.verdict)),
    ],
  });
}

function variantsTable({ variants, chosen }: OptimizationEvidence, budget: number): Html {
  const changes = variants.flatMap(({ accuracyChange }) => [accuracyChange.lower, accuracyChange.upper]);
  const scale = stripScale(domainOf([-budget, 0, ...changes], 0.1));
  const hasAuc = variants.some(({ metrics }) => metrics.auc !== undefined);
  return table({
    caption: 'Variants, each judged again on its own bytes',
    columns: [
      textColumn('Variant'),
      textColumn('Verdict'),
      numberColumn('Size'),
      plotColumn('Accuracy change'),
      numberColumn('Interval'),
      numberColumn('Agreement'),
      numberColumn('Worst group'),
      numberColumn('Speed'),
      ...(hasAuc ? [numberColumn('AUC')] : []),
    ],
    rows: variants.map(({ variant, bytes, accuracyChange, agreement, worstGroupLoss, speedup, metrics, verdict }) => [
      html`${names[variant]}${variant === chosen ? html` <span class="chosen">chosen</span>` : null}`,
      chip(verdict.status),
      formatBytes(bytes),
      intervalStrip(
        scale,
        accuracyChange,
        [
          { value: 0, kind: 'zero' },
          { value: -budget, kind: 'limit' },
        ],
        accuracyChange.lower < -budget ? 'fail' : 'pass',
        `Accuracy of ${names[variant]} minus fp32: ${formatSigned(accuracyChange.estimate)}, ${formatInterval(accuracyChange, formatSigned)}, budget ${formatNumber(-budget)}`,
      ),
      formatInterval(accuracyChange, formatSigned),
      formatPercent(agreement, 2),
      formatSigned(worstGroupLoss),
      speedup.map(
        ({ batch, ratio }) => html`<div>${formatNumber(ratio, 3)} × <span class="aside">batch ${batch}</span></div>`,
      ),
      ...(hasAuc ? [formatFixed(metrics.auc)] : []),
    ]),
    rowClass: (index) => (variants[index]?.variant === chosen ? 'highlight' : ''),
  });
}
