import type { Search } from '../../contracts/model/search.ts';
import type { SearchTrial, TrialOutcome } from '../../contracts/run/trial.ts';
import { createRandom } from '../random.ts';
import { median } from '../statistics/median.ts';
import { drawPoint, settingsOf, valueAt, type Axis, type Point } from './space.ts';
import { proposeByTpe, type TriedPoint } from './tpe.ts';

/** A trial as the search sees it, without its definition. */
export type OpenTrial = Omit<SearchTrial, 'definition'>;

/** Shares of the steps after which a trial is looked at before its end. */
const looks = [1 / 9, 1 / 3];
/** Of those that go on after a look of `halving`. */
const kept = 1 / 3;
/** Trials that must have come as far before one is ended for being behind half of them. */
const fewestToCompare = 5;
const mostDraws = 200;

export interface SearchPlan {
  readonly method: Search['method'];
  readonly trials: number;
  readonly parallel: number;
  readonly axes: readonly Axis[];
  /** Most steps of a trial; null where nobody knows them. */
  readonly stepsOf: (point: Point) => number | null;
  readonly seed: number;
  /** Whether the minutes are over. */
  readonly isLate: boolean;
}

export interface Wave {
  readonly trials: readonly OpenTrial[];
  /** Steps up to which open trials are trained now; null to their end. Empty where the search is over. */
  readonly next: readonly { readonly index: number; readonly steps: number | null }[];
}

/** The trials with what became of their last steps. */
export const withOutcomes = <T extends OpenTrial>(trials: readonly T[], outcomes: readonly TrialOutcome[]): T[] =>
  trials.map((trial) => {
    const outcome = outcomes.find(({ index }) => index === trial.index);
    if (outcome === undefined) return trial;
    if ('look' in outcome) return { ...trial, looks: [...trial.looks, outcome.look] };
    if ('loss' in outcome) return { ...trial, end: { kind: 'finished', loss: outcome.loss } };
    return { ...trial, end: { kind: 'unusable', reason: outcome.unusable } };
  });

/**
 * What a search does next. It depends on the trials alone, and not on which of them was faster: equal searches draw equal settings.
 * `halving` begins all trials, and after each look goes on with the better third (Jamieson and Talwalkar 2016). `tpe` ends a trial whose loss at a look is above
 * the median of those that came as far (Golovin et al. 2017, "Google Vizier", 3.2.2), and draws the next ones by what is known. When the minutes
 * are over, open trials end; where none is finished, the one that is ahead is trained to its end.
 */
export function nextWave(trials: readonly OpenTrial[], plan: SearchPlan): Wave {
  if (plan.isLate) return lastWave(trials, plan);
  const judged = plan.method === 'halving' ? halved(trials) : withoutStragglers(trials, plan);
  const open = judged.filter(({ end }) => end === null);
  const room = plan.method === 'halving' ? (trials.length === 0 ? plan.trials : 0) : plan.parallel - open.length;
  const drawn = drawTrials(judged, Math.min(room, plan.trials - trials.length), plan);
  const all = [...judged, ...drawn];
  return { trials: all, next: all.filter(({ end }) => end === null).map((trial) => stepOf(trial, plan)) };
}

function lastWave(trials: readonly OpenTrial[], plan: SearchPlan): Wave {
  if (trials.length === 0) {
    const first = drawTrials([], 1, plan);
    return { trials: first, next: first.map(({ index }) => ({ index, steps: null })) };
  }
  const isFinished = trials.some(({ end }) => end?.kind === 'finished');
  const open = trials.filter(({ end }) => end === null);
  const ahead = isFinished
    ? undefined
    : [...open].sort((a, b) => b.looks.length - a.looks.length || lastLoss(a) - lastLoss(b))[0];
  const ended = trials.map((trial) =>
    trial.end === null && trial !== ahead ? { ...trial, end: { kind: 'late' as const } } : trial,
  );
  return { trials: ended, next: ahead === undefined ? [] : [{ index: ahead.index, steps: null }] };
}

function stepOf({ index, point, looks: seen }: OpenTrial, { method, stepsOf }: SearchPlan): Wave['next'][number] {
  const most = method === 'random' ? null : stepsOf(point);
  const steps = most === null ? [] : looks.map((part) => Math.ceil(part * most)).filter((step) => step < most);
  return { index, steps: steps[seen.length] ?? null };
}

function halved(trials: readonly OpenTrial[]): readonly OpenTrial[] {
  const open = trials.filter(({ end }) => end === null);
  const go = new Set(
    [...open].sort((a, b) => lastLoss(a) - lastLoss(b) || a.index - b.index).slice(0, Math.ceil(open.length * kept)),
  );
  return trials.map((trial) => (trial.end === null && !go.has(trial) ? { ...trial, end: { kind: 'pruned' } } : trial));
}

function withoutStragglers(trials: readonly OpenTrial[], { method }: SearchPlan): readonly OpenTrial[] {
  if (method === 'random') return trials;
  return trials.map((trial) => {
    const at = trial.looks.length - 1;
    if (trial.end !== null || at < 0) return trial;
    const others = trials.flatMap(({ index, looks: seen }) =>
      index === trial.index || seen[at] === undefined ? [] : [seen[at].loss],
    );
    const isBehind = others.length >= fewestToCompare && lastLoss(trial) > median(others);
    return isBehind ? { ...trial, end: { kind: 'pruned' } } : trial;
  });
}

const lastLoss = ({ looks: seen }: OpenTrial): number => seen.at(-1)?.loss ?? Infinity;

function drawTrials(trials: readonly OpenTrial[], count: number, plan: SearchPlan): OpenTrial[] {
  const drawn: OpenTrial[] = [];
  const known = trials.flatMap(tried);
  while (drawn.length < count && trials.length + drawn.length < settingsOf(plan.axes)) {
    const index = trials.length + drawn.length;
    const point = drawNew([...trials, ...drawn], known, index, plan);
    if (point === null) break;
    drawn.push({ index, point: [...point], looks: [], end: null });
  }
  return drawn;
}

/** A point whose settings were not drawn before; null where luck finds none. */
function drawNew(
  trials: readonly OpenTrial[],
  known: readonly TriedPoint[],
  index: number,
  { method, axes, seed }: SearchPlan,
): Point | null {
  const random = createRandom(seed, index);
  for (let draw = 0; draw < mostDraws; draw++) {
    const isByChance = method !== 'tpe' || draw > mostDraws / 2;
    const point = isByChance ? drawPoint(axes, random) : proposeByTpe(axes, known, random);
    const settings = asSettings(axes, point);
    if (!trials.some((trial) => asSettings(axes, trial.point) === settings)) return point;
  }
  return null;
}

const asSettings = (axes: readonly Axis[], point: Point): string =>
  JSON.stringify(axes.map((axis, at) => valueAt(axis, point[at]!)));

/** Trials that were ended for what they were count as worse than all that were finished. */
function tried({ point, end }: OpenTrial): TriedPoint[] {
  if (end === null || end.kind === 'late') return [];
  return [{ point, loss: end.kind === 'finished' ? end.loss : Number.MAX_VALUE }];
}
