import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { createRandom } from '../random.ts';
import type { Binned } from './binned.ts';
import { binCount, type Binning } from './columns.ts';
import { Grower } from './grow.ts';
import { weightedQuantile } from './leaf-quantile.ts';
import { noDerivatives, type Learned, type Objective } from './objective.ts';
import type { Derivatives } from './quantize.ts';
import type { ColumnFacts } from './split.ts';
import { alone, type Team } from './team.ts';
import { addLeaves, addTree, leafOfRows, type Tree } from './tree.ts';

export interface BoostSettings {
  readonly trees: number;
  readonly learningRate: number;
  readonly leaves: number;
  readonly maxDepth: number;
  readonly minRows: number;
  readonly l1: number;
  readonly l2: number;
  readonly rowShare: number;
  readonly columnShare: number;
  /** By column: how the score may change with it. */
  readonly monotone: Readonly<Record<string, 'rising' | 'falling'>>;
  readonly patience: number;
}

export interface BoostedRows extends Learned {
  readonly binned: Binned;
}

export interface RoundReport {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

export interface BoostJob {
  readonly settings: BoostSettings;
  readonly seed: number;
  readonly binning: Binning;
  readonly train: BoostedRows;
  readonly validation: BoostedRows;
  readonly objective: Objective;
  readonly labelSpace: LabelSpace;
}

/** What is needed to go on: the trees of each round, one for each value of the head. */
export interface Boosted {
  readonly start: readonly number[];
  readonly rounds: readonly (readonly Tree[])[];
  readonly curve: readonly RoundReport[];
  readonly bestRound: number;
}

const directions = { rising: 1, falling: -1, any: 0 } as const;

/** What members of a team must know of a job. */
export function growthOf({ settings, binning }: Pick<BoostJob, 'settings' | 'binning'>) {
  const facts = binning.map((column, index): ColumnFacts => ({
    index,
    bins: binCount(column),
    isCategory: column.kind === 'categorical',
    monotone: directions[settings.monotone[column.name] ?? 'any'],
  }));
  return { facts, limits: { ...settings, minHessian: 1e-3, minGain: 0 } };
}

/**
 * Gradient boosting of trees (Friedman 2001) over histograms, grown leaf by leaf. A step is a round, which adds a tree to each value of the
 * head; it ends after `trees` rounds, or so many of `patience` without a better validation loss. Equal jobs give equal trees, also from a state
 * of before, and whoever is in the team.
 */
export function* boost(
  job: BoostJob,
  before: Boosted | null,
  team: Team = alone(job.train.binned, job.binning.length),
): Generator<Boosted, Boosted, void> {
  const { settings, train, validation, objective } = job;
  const start = before?.start ?? objective.start(train, job.labelSpace);
  const rounds = [...(before?.rounds ?? [])];
  const curve = [...(before?.curve ?? [])];
  let bestRound = before?.bestRound ?? 0;
  const scores = start.map((value) => new Float64Array(train.labels.length).fill(value));
  const tested = start.map((value) => new Float64Array(validation.labels.length).fill(value));
  for (const trees of rounds)
    for (const [at, tree] of trees.entries()) {
      addTree(tree, train.binned, scores[at]!);
      addTree(tree, validation.binned, tested[at]!);
    }
  const derivatives = start.map(() => noDerivatives(train.labels.length));
  const leavesOf = (trees: readonly Tree[] | undefined): Uint32Array[] | null =>
    trees === undefined || objective.quantileOf === undefined
      ? null
      : trees.map((tree) => leafOfRows(tree, train.binned));
  objective.derive(scores, train, derivatives, leavesOf(rounds.at(-1)));
  const { facts, limits } = growthOf(job);
  const grower = new Grower(team, facts, limits);
  const state = (): Boosted => ({ start, rounds, curve, bestRound });
  while (rounds.length < settings.trees && rounds.length - bestRound < settings.patience) {
    const round = rounds.length + 1;
    const grown = growRound(job, grower, { scores, derivatives }, round);
    // A round in which no tree has a split changes nothing, and neither would those after it.
    if (grown.every((tree) => tree.column.length === 0) && settings.rowShare === 1 && settings.columnShare === 1) break;
    for (const [at, tree] of grown.entries()) addTree(tree, validation.binned, tested[at]!);
    rounds.push(grown);
    const report = {
      epoch: round,
      trainLoss: objective.derive(scores, train, derivatives, leavesOf(rounds.at(-1))),
      validationLoss: objective.loss(tested, validation),
    };
    curve.push(report);
    if (bestRound === 0 || report.validationLoss < curve[bestRound - 1]!.validationLoss) bestRound = round;
    yield state();
  }
  return state();
}

/** Grows the trees of a round by the same derivatives, and adds them to the scores. */
function growRound(
  { settings, seed, binning, train, objective }: BoostJob,
  grower: Grower,
  { scores, derivatives }: { scores: readonly Float64Array[]; derivatives: readonly Derivatives[] },
  round: number,
): Tree[] {
  const rows = train.labels.length;
  const random = createRandom(seed, round);
  const drawn = settings.rowShare < 1 ? drawRows(rows, settings.rowShare, random) : null;
  const width = binning.length;
  return derivatives.map((of, at) => {
    const active =
      settings.columnShare < 1 ? drawColumns(width, settings.columnShare, random) : new Uint8Array(width).fill(1);
    const grown = grower.grow(drawn, of, {
      active,
      seed,
      stream: round * scores.length + at,
    });
    const level = objective.quantileOf?.(at);
    const values =
      level === undefined
        ? grown.tree.value
        : grown.rows.map((leaf) => weightedQuantile(leaf, level, scores[at]!, train));
    const tree = { ...grown.tree, value: values.map((value) => value * settings.learningRate) };
    if (drawn === null) addLeaves(tree, grown.rows, scores[at]!);
    else addTree(tree, train.binned, scores[at]!);
    return tree;
  });
}

type Random = ReturnType<typeof createRandom>;

/** So many of the rows, each at most once, in ascending order. */
function drawRows(rows: number, share: number, random: Random): Uint32Array {
  const count = Math.max(1, Math.round(rows * share));
  return Uint32Array.from(random.permutation(rows).subarray(0, count)).sort();
}

/** 1 for each column that is drawn. */
function drawColumns(width: number, share: number, random: Random): Uint8Array {
  const active = new Uint8Array(width);
  for (const at of random.permutation(width).subarray(0, Math.max(1, Math.round(width * share)))) active[at] = 1;
  return active;
}
