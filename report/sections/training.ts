import type { LinearEvidence } from '../../contracts/evidence/linear.ts';
import type { ProgramEvidence, TrainingEvidence, TriedTrainer } from '../../contracts/evidence/training.ts';
import { trainingSteps } from '../../contracts/model/trainer.ts';
import type { SeenRows } from '../../contracts/evidence/quality.ts';
import { trainingNote } from '../../contracts/evidence/training-note.ts';
import { formatDuration, formatInterval, formatNumber } from '../format.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ReportInput } from '../input.ts';
import { reusedFrom } from '../reused.ts';
import { digest, facts, figure, legend, numberColumn, section, table, textColumn } from '../elements.ts';
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

/** Whether a linear model is the optimum of its loss, and what to do where a training ended before it was over. */
function endOf(training: NonNullable<TrainingEvidence['training']>): string {
  const note = trainingNote(training);
  if (note !== null) return ` ${note}`;
  const { linear } = training;
  return linear === undefined ? '' : ` It converged (largest gradient by row ${linear.gradientNorm.toExponential(1)}).`;
}
type Steps = (typeof trainingSteps)[keyof typeof trainingSteps];

/** Of the trainer that was chosen, where several were tried. */
function stepsOf({ trainer }: ReportInput['definition'], chosen: unknown): Steps {
  const kinds: Readonly<Record<string, Steps | undefined>> = trainingSteps;
  return (trainer.kind === 'auto' ? kinds[String(chosen)] : undefined) ?? trainingSteps[trainer.kind];
}

/** A program need not say its steps. */
function leadOf(training: NonNullable<TrainingEvidence['training']>, steps: Steps): string {
  const { curve, bestEpoch, ms } = training;
  const kept = bestEpoch === 0 ? '' : `; the model of ${steps.one} ${bestEpoch} was kept`;
  const done =
    curve.length === 0 ? 'Trained' : `${formatNumber(curve.length)} ${curve.length === 1 ? steps.one : steps.several}`;
  return `${done} in ${formatDuration(ms)}${kept}.${endOf(training)}`;
}

const triedTable = (tried: readonly TriedTrainer[]): Html =>
  table({
    caption:
      'Trainers that were tried, the simplest first: the simplest one whose validation loss is within one standard error of the least is kept',
    columns: [
      textColumn('Trainer'),
      numberColumn('Validation loss'),
      numberColumn('Above the least'),
      numberColumn('Standard error'),
      numberColumn('Steps'),
      numberColumn('Parameters'),
      textColumn('Kept'),
    ],
    rows: tried.map((one) => {
      if ('late' in one) return [one.name, '', '', '', '', '', 'not tried: the minutes were over'];
      if ('unusable' in one) return [one.name, '', '', '', '', '', `left out: ${one.unusable}`];
      return [
        one.name,
        formatNumber(one.loss),
        formatNumber(one.difference),
        formatNumber(one.error),
        formatNumber(one.steps),
        formatNumber(one.parameters),
        one.chosen ? 'yes' : '',
      ];
    }),
  });

/** What a program said, and how far its exported model keeps to it. */
const programPart = ({ difference, tolerance, stopped, log }: ProgramEvidence): Html =>
  html`<div>
    <h3>Program</h3>
    ${facts([
      [
        "exported model's predictions",
        `differ from the program's own by up to ${formatNumber(difference)} (limit ${formatNumber(tolerance)})`,
      ],
      ['ended', stopped ? 'after it was told to stop: its minutes were over' : 'by itself'],
    ])}
    ${
      log.length === 0
        ? null
        : html`<details>
            <summary>Its last ${log.length} lines</summary>
            <pre>${log.join('\n')}</pre>
          </details>`
    }
  </div>`;

/** Coefficients that are shown. */
const mostShown = 20;

function coefficientsTable({ coefficients, leftOut, withoutIntervals }: LinearEvidence): Html {
  const more = coefficients.length + leftOut - Math.min(mostShown, coefficients.length);
  const notes = [
    'Change of the score by one unit, or from the reference in brackets: of the log odds where labels are predicted',
    ...(withoutIntervals === null ? [] : [`without intervals: ${withoutIntervals}`]),
    ...(more > 0 ? [`${formatNumber(more)} more ${more === 1 ? 'is' : 'are'} left out`] : []),
  ];
  return table({
    caption: notes.join('; '),
    columns: [
      textColumn('Output'),
      textColumn('Coefficient'),
      numberColumn('Estimate'),
      numberColumn('Interval of 95 %'),
    ],
    rows: coefficients
      .slice(0, mostShown)
      .map(({ output, name, estimate, lower, upper }) => [
        output,
        name,
        formatNumber(estimate),
        lower === null || upper === null ? '' : formatInterval({ lower, upper }, formatNumber),
      ]),
  });
}

function begunAt({ epoch, run, unusable }: Resumed, own: string, { one }: Steps): string {
  if (unusable !== null) return `from the start: its checkpoint could not be used (${unusable})`;
  if (epoch === 0) return 'from the start';
  return `at ${one} ${epoch}, from a checkpoint${run === own || run === null ? '' : ` of run ${run}`}`;
}
type Resumed = NonNullable<TrainingEvidence['training']>['resumed'];

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
  const { rows, seed, provider, parameters, curve, resumed, settings, environment, tried, program, linear } = training;
  const steps = stepsOf(definition, settings['kind']);
  return section({
    id: 'train',
    title: 'Training',
    lead: leadOf(training, steps) + reusedFrom(evidence.run, run.id),
    content: html`${tried === undefined ? null : triedTable(tried)}
      ${linear === undefined ? null : coefficientsTable(linear)}
      <div class="figures">
        ${
          curve.length === 0
            ? null
            : figure(
                `Loss by ${steps.one}`,
                trainingCurve(training, steps),
                `The dot is the ${steps.one} that was kept.`,
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
            ['begun', begunAt(resumed, evidence.run, steps)],
          ])}
          <h3>Settings</h3>
          ${facts(Object.entries(settings).map(([name, value]) => [name, settingText(value)]))}
          <h3>Environment</h3>
          ${facts(Object.entries(environment))}
        </div>
        ${program === undefined ? null : programPart(program)}
      </div>`,
  });
}
