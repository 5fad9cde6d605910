import { formatDuration, formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { digest, facts, figure, legend, section } from '../parts.ts';
import { trainingCurve } from '../plots/curves.ts';

const settingText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'));

export function trainingSection({ training: evidence }: ReportInput): Html | null {
  if (evidence === null) return null;
  const { training, model } = evidence;
  if (training === null) {
    return section({
      id: 'train',
      title: 'Training',
      content: html`<p>
        This model was trained elsewhere and imported: nothing is known of its training. Model ${digest(model)}.
      </p>`,
    });
  }
  const { rows, seed, provider, parameters, bestEpoch, curve, resumedFrom, ms, settings, environment } = training;
  return section({
    id: 'train',
    title: 'Training',
    lead: `${formatNumber(curve.length)} epochs in ${formatDuration(ms)}; the weights of epoch ${bestEpoch} were kept.`,
    content: html`<div class="figures">
      ${
        curve.length === 0
          ? null
          : figure(
              'Loss by epoch',
              trainingCurve(training),
              'The dot is the epoch that was kept.',
              legend([
                ['champion', 'training'],
                ['candidate', 'validation'],
              ]),
            )
      }
      <div>
        ${facts([
          ['rows to train on', formatNumber(rows.train)],
          ['rows to validate on', formatNumber(rows.validation)],
          ['parameters', formatNumber(parameters)],
          ['seed', String(seed)],
          ['provider', provider],
          ['resumed from epoch', resumedFrom === 0 ? 'not resumed' : String(resumedFrom)],
        ])}
        <h3>Settings</h3>
        ${facts(Object.entries(settings).map(([name, value]) => [name, settingText(value)]))}
        <h3>Environment</h3>
        ${facts(Object.entries(environment))}
      </div>
    </div>`,
  });
}
