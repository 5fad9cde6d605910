import type { TrainingEvidence } from '../../contracts/evidence/training.ts';
import type { SeenRows } from '../../contracts/evidence/quality.ts';
import { formatDuration, formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { digest, facts, figure, legend, section } from '../elements.ts';
import { trainingCurve } from '../plots/curves.ts';

const settingText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'));

function testRowsSeen(told: boolean, seen: SeenRows | undefined): string {
  if (!told) return 'unknown: figures on test rows are too good if the model was trained on them';
  if (seen === undefined) return 'not counted yet';
  const { rows, keys, trained, known } = seen;
  if (seen.seen === 0)
    return `none of ${formatNumber(rows)} (the snapshot has ${formatNumber(known)} of the ${formatNumber(trained)} rows that were told)`;
  const more = seen.seen > keys.length ? ', ...' : '';
  return `${formatNumber(seen.seen)} of ${formatNumber(rows)}, by key: ${keys.join(', ')}${more}`;
}

/** Whether the validation loss still fell when the epochs were over. */
const neverStopped = ({ bestEpoch, curve, settings }: NonNullable<TrainingEvidence['training']>): boolean =>
  bestEpoch === curve.length && curve.length === settings['epochs'];

export function trainingSection({ run, quality, definition, training: evidence }: ReportInput): Html | null {
  if (evidence === null) return null;
  const { training, model } = evidence;
  if (training === null) {
    return section({
      id: 'train',
      title: 'Training',
      lead: 'This model was trained elsewhere and imported.',
      content: facts(
        [
          ['model', digest(model)],
          ...(definition.tensors !== undefined
            ? []
            : ([
                [
                  'rows that it was trained on',
                  run.trainedOn === undefined ? 'nobody told' : run.trainedOn.map((one) => html`${digest(one)} `),
                ],
                ['test rows among them', testRowsSeen(run.trainedOn !== undefined, quality?.seen)],
              ] as const)),
        ],
        'wide',
      ),
    });
  }
  const { rows, seed, provider, parameters, bestEpoch, curve, resumedFrom, ms, settings, environment } = training;
  return section({
    id: 'train',
    title: 'Training',
    lead: `${formatNumber(curve.length)} epochs in ${formatDuration(ms)}; the weights of epoch ${bestEpoch} were kept.${neverStopped(training) ? ' That is the last one that was allowed: more epochs may do better (`trainer.epochs`).' : ''}`,
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
