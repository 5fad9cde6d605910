import { modelDefinitionSchema, type ModelDefinition } from '../../../contracts/model/model-definition.ts';
import type { Search } from '../../../contracts/model/search.ts';
import { isWhole, withSettings } from '../../../contracts/model/search-faults.ts';
import { trainerSchema, trainingSteps, type TrainerSettings } from '../../../contracts/model/trainer.ts';
import type { Run } from '../../../contracts/run/run.ts';
import type { SearchTrial, SearchWave, TrialOutcome } from '../../../contracts/run/trial.ts';
import { axisOf, valueAt, type Axis, type Point } from '../../../ml/search/space.ts';
import { nextWave, withOutcomes } from '../../../ml/search/waves.ts';
import { saveDocument } from '../../support/documents.ts';
import type { Ports } from '../../ports.ts';
import { loadPinned } from '../../support/labelled-rows.ts';

interface Planned {
  run: Run;
  trials: SearchTrial[];
  /** Of the steps that were done since. */
  outcomes: TrialOutcome[];
  /** Whether the minutes are over. */
  isLate: boolean;
}

/** Takes in what became of the last steps, and says which trials are trained next. */
export const createPlanSearch = (ports: Pick<Ports, 'store'>) =>
  async function planSearch({ run, trials, outcomes, isLate }: Planned): Promise<SearchWave> {
    const { definition } = await loadPinned(ports, run);
    const search = searchOf(definition);
    const axes = axesOf(definition.trainer, search);
    const known = withOutcomes(trials, outcomes);
    const wave = nextWave(known, {
      ...search,
      axes,
      stepsOf: (point) => stepsOf(trainerAt(definition, search, axes, point)),
      seed: run.seed,
      isLate,
    });
    const pinned = await Promise.all(
      wave.trials.map(async (trial): Promise<SearchTrial> => {
        const before = known[trial.index];
        if (before !== undefined) return { ...trial, definition: before.definition };
        const trainer = trainerAt(definition, search, axes, trial.point);
        return {
          ...trial,
          definition: await saveDocument(ports.store, modelDefinitionSchema, { ...definition, trainer }),
        };
      }),
    );
    return {
      trials: pinned,
      next: wave.next.map(({ index, steps }) => ({ index, steps, definition: pinned[index]!.definition })),
    };
  };

export function searchOf({ search, model }: ModelDefinition): Search {
  if (search === undefined) throw new TypeError(`the definition of "${model}" has no search`);
  return search;
}

export const axesOf = (trainer: TrainerSettings, { ranges }: Search): Axis[] =>
  Object.entries(ranges).map(([name, range]) => axisOf(range, 'from' in range && isWhole(trainer, name, range)));

/** The values of a trial, in the order of the ranges. */
export const valuesAt = (axes: readonly Axis[], point: Point): unknown[] =>
  axes.map((axis, at) => valueAt(axis, point[at]!));

function trainerAt(
  { trainer }: ModelDefinition,
  { ranges }: Search,
  axes: readonly Axis[],
  point: Point,
): TrainerSettings {
  const values = valuesAt(axes, point);
  const settings = Object.fromEntries(Object.keys(ranges).map((name, at) => [name, values[at]]));
  return trainerSchema.parse(withSettings(trainer, settings));
}

function stepsOf(trainer: TrainerSettings): number | null {
  const { most } = trainingSteps[trainer.kind];
  const steps: unknown = most === null ? null : (trainer as Readonly<Record<string, unknown>>)[most];
  return typeof steps === 'number' ? steps : null;
}
