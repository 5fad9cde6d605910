import { PawlError } from '../../../contracts/errors.ts';
import type { Digest } from '../../../contracts/digest.ts';
import { searchEvidenceSchema } from '../../../contracts/evidence/search.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { GateResult, Run } from '../../../contracts/run/run.ts';
import type { SearchTrial } from '../../../contracts/run/trial.ts';
import { check, short } from '../../../policy/check.ts';
import { verdictOf } from '../../../policy/verdict.ts';
import { gateResult } from '../../support/gate-result.ts';
import type { Ports } from '../../ports.ts';
import { loadPinned } from '../../support/labelled-rows.ts';
import { axesOf, searchOf, valuesAt } from './plan-search.ts';

/** Shown to an approver. */
const mostShown = 3;

/** The settings with the least validation loss, and the definition that has them. Throws `InvalidDataError` where no trial gave a model. */
export const createJudgeSearch = (ports: Pick<Ports, 'store'>) =>
  async function judgeSearch(input: {
    run: Run;
    trials: SearchTrial[];
  }): Promise<GateResult & { readonly definition: Digest }> {
    const { run, trials } = input;
    const { definition } = await loadPinned(ports, run);
    const search = searchOf(definition);
    const axes = axesOf(definition.trainer, search);
    const finished = trials
      .flatMap((trial) => (trial.end?.kind === 'finished' ? [{ trial, loss: trial.end.loss }] : []))
      .sort((a, b) => a.loss - b.loss || a.trial.index - b.trial.index);
    const [best] = finished;
    if (best === undefined) throw withoutModel(trials);
    const settings = Object.keys(search.ranges);
    const inWords = ({ point }: SearchTrial): string =>
      valuesAt(axes, point)
        .map((value, at) => `${settings[at]} ${JSON.stringify(value)}`)
        .join(', ');
    const verdict = verdictOf([
      check(
        'search.least',
        'pass',
        best.loss,
        null,
        `trial ${best.trial.index + 1} of ${trials.length} has the least validation loss, ${short(best.loss)}: ${inWords(best.trial)}`,
      ),
    ]);
    const result = await gateResult(
      ports.store,
      searchEvidenceSchema,
      {
        schema: 'pawl.evidence.search/1',
        run: run.id,
        method: search.method,
        settings,
        trials: trials.map(({ index, point, looks, end }) => ({ index, values: valuesAt(axes, point), looks, end })),
        chosen: best.trial.index,
        verdict,
      },
      finished.slice(0, mostShown).map(({ trial, loss }) => `loss ${short(loss)}: ${inWords(trial)}`),
    );
    return { ...result, definition: best.trial.definition };
  };

function withoutModel(trials: readonly SearchTrial[]): PawlError {
  const [reason = 'no trial was trained'] = trials.flatMap(({ end }) => (end?.kind === 'unusable' ? [end.reason] : []));
  return new PawlError(errorTypes.invalidData, `none of ${trials.length} trials gave a model: ${reason}`);
}
