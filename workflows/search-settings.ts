import { CancellationScope } from '@temporalio/workflow';
import type { SnapshotRef } from '../contracts/data/dataset.ts';
import type { OpenedRun, Run } from '../contracts/run/run.ts';
import type { SearchTrial, TrialOutcome, TrialStep } from '../contracts/run/trial.ts';
import type { PlacedActivities } from './activities.ts';

interface SearchJob {
  readonly run: Run;
  readonly snapshot: SnapshotRef;
  readonly limits: NonNullable<OpenedRun['search']>;
}

type Activities = Pick<PlacedActivities, 'planSearch' | 'trainTrial' | 'judgeSearch'>;

/** Trains trials wave by wave until the search is over, and returns what was chosen. */
export async function searchSettings(
  { run, snapshot, limits }: SearchJob,
  { planSearch, trainTrial, judgeSearch }: Activities,
  tell: (text: string | null) => void,
): ReturnType<Activities['judgeSearch']> {
  const { minutes, parallel } = limits;
  const endsAt = minutes === undefined ? Infinity : Date.now() + minutes * 60_000;
  let trials: SearchTrial[] = [];
  let outcomes: TrialOutcome[] = [];
  for (;;) {
    const isLate = Date.now() >= endsAt;
    const wave = await planSearch({ run, trials, outcomes, isLate });
    trials = wave.trials;
    tell(inWords(trials, limits.trials));
    if (wave.next.length === 0) break;
    const mayBegin = (): boolean => isLate || Date.now() < endsAt;
    outcomes = await inTurns(wave.next, parallel, mayBegin, (step) => trainTrial({ run, snapshot, step }));
  }
  tell(null);
  return judgeSearch({ run, trials });
}

/** So many steps at a time, in their order; those that may not begin any more are left out. */
function inTurns(
  steps: readonly TrialStep[],
  parallel: number,
  mayBegin: () => boolean,
  work: (step: TrialStep) => Promise<TrialOutcome>,
): Promise<TrialOutcome[]> {
  const left = [...steps];
  const done: TrialOutcome[] = [];
  const takeTurns = async (): Promise<void> => {
    for (let step = left.shift(); step !== undefined && mayBegin(); step = left.shift()) done.push(await work(step));
  };
  return CancellationScope.cancellable(async () => {
    try {
      await Promise.all(Array.from({ length: parallel }, takeTurns));
    } catch (error) {
      // Without one trial the others are of no use.
      CancellationScope.current().cancel();
      throw error;
    }
    return done;
  });
}

function inWords(trials: readonly SearchTrial[], most: number): string {
  const ended = trials.filter(({ end }) => end !== null).length;
  const losses = trials.flatMap(({ end }) => (end?.kind === 'finished' ? [end.loss] : []));
  const least = losses.length === 0 ? '' : `; least validation loss ${Math.min(...losses).toPrecision(4)}`;
  return `search: ${ended} of ${trials.length} trials have ended, at most ${most} begin${least}`;
}
