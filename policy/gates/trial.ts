import type { TrialEvidence } from '../../contracts/evidence/trial.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, reported } from '../check.ts';
import { verdictOf } from '../verdict.ts';

type Trial = Pick<TrialEvidence, 'rows' | 'answered' | 'failures' | 'distinct' | 'isSeparate' | 'labels' | 'champion'>;

/** Judges how a model on tensors answered made-up rows. */
export const judgeTrial = (trial: Trial): Verdict =>
  verdictOf([
    answersCheck(trial),
    ...(trial.answered === 0 ? [] : [variedCheck(trial), rowsCheck(trial)]),
    ...callersChecks(trial),
    ...labelsChecks(trial),
  ]);

function answersCheck({ rows, answered, failures }: Trial): Check {
  const said = `${answered} of ${rows} made-up rows got a valid answer`;
  return answered === rows
    ? check('trial.answers', 'pass', answered, rows, said)
    : check(
        'trial.answers',
        'fail',
        answered,
        rows,
        `${said}; the first without one: ${failures[0] ?? ''}. Say in tensors.inputs what the model takes, or export it again`,
      );
}

function variedCheck({ answered, distinct }: Trial): Check {
  return distinct > 1 || answered === 1
    ? check('trial.varied', 'pass', distinct, 2, `${distinct} different answers to ${answered} rows`)
    : check(
        'trial.varied',
        'warn',
        distinct,
        2,
        `all ${answered} rows get the same answer: say in tensors.inputs what the model takes, or look at the export`,
      );
}

const rowsCheck = ({ isSeparate }: Trial): Check =>
  isSeparate
    ? check('trial.rows', 'pass', null, null, 'a row is answered alike alone and among others')
    : check(
        'trial.rows',
        'warn',
        null,
        null,
        'a row is answered otherwise among others, so that requests are not put together: serving is slower',
      );

function callersChecks({ champion }: Trial): Check[] {
  if (champion === null || champion.missing.length + champion.added.length === 0) return [];
  const { version, missing, added } = champion;
  const parts = [
    ...(missing.length === 0 ? [] : [`no longer takes ${missing.join(', ')}`]),
    ...(added.length === 0 ? [] : [`also needs ${added.join(', ')}`]),
  ];
  return [
    reported(
      'trial.callers',
      'warn',
      missing.length + added.length,
      0,
      `it ${parts.join(' and ')}, unlike version ${version}: callers must send what both take while it is released`,
    ),
  ];
}

function labelsChecks({ champion, labels }: Trial): Check[] {
  if (champion?.labels === undefined) return [];
  const shown = (some: readonly string[]): string => (some.length === 0 ? 'numbers' : some.join(', '));
  return [
    reported(
      'trial.labels',
      'warn',
      shown(labels),
      shown(champion.labels),
      `its labels are ${shown(labels)}, and those of version ${champion.version} are ${shown(champion.labels)}: look at the order in which the model has them`,
    ),
  ];
}
