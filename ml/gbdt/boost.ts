import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { createRandom } from '../random.ts';
import type { Binned } from './binned.ts';
import { binCount, type Binning } from './columns.ts';
import { Grower, type Growth } from './grow.ts';
import { weightedQuantile } from './leaf-quantile.ts';
import { noDerivatives, type Learned, type Objective } from './objective.ts';
import type { Derivatives } from './quantize.ts';
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

const minHessian = 1e-3;
const directions = { rising: 1, falling: -1, any: 0 } as const;

/**
 * Gradient boosting of trees (Friedman 2001) over histograms, grown leaf by leaf. A step is a round, which adds a tree to each value of the
 * head; it ends after `trees` rounds, or so many of `patience` without a better validation loss. Equal jobs give equal trees, also from a state
 * of before.
 */
export function* boost(job: BoostJob, before: Boosted | null): Generator<Boosted, Boosted, void> {
  const { settings, binning, train, validation, objective } = job;
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
  const facts = binning.map((column, index) => ({
    index,
    bins: binCount(column),
    isCategory: column.kind === 'categorical',
    monotone: directions[settings.monotone[column.name] ?? 'any'],
  }));
  const derivatives = start.map(() => noDerivatives(train.labels.length));
  const leavesOf = (trees: readonly Tree[] | undefined): Uint32Array[] | null =>
    trees === undefined || objective.quantileOf === undefined
      ? null
      : trees.map((tree) => leafOfRows(tree, train.binned));
  objective.derive(scores, train, derivatives, leavesOf(rounds.at(-1)));
  const grower = new Grower(train.binned, facts, { ...settings, minHessian, minGain: 0 });
  const state = (): Boosted => ({ start, rounds, curve, bestRound });
  while (rounds.length < settings.trees && rounds.length - bestRound < settings.patience) {
    const round = rounds.length + 1;
    const grown = growRound(job, grower, { scores, derivatives }, round);
    // A round in which no tree has a split changes nothing, and neither would those after it.
    if (grown.every(({ tree }) => tree.column.length === 0) && settings.rowShare === 1 && settings.columnShare === 1)
      break;
    for (const [at, { tree, rows: leaves }] of grown.entries()) {
      if (settings.rowShare < 1) addTree(tree, train.binned, scores[at]!);
      else addLeaves(tree, leaves, scores[at]!);
      addTree(tree, validation.binned, tested[at]!);
    }
    rounds.push(grown.map(({ tree }) => tree));
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

/** Grows the trees of a round from the same scores. */
function growRound(
  { settings, seed, binning, train, objective }: BoostJob,
  grower: Grower,
  { scores, derivatives }: { scores: readonly Float64Array[]; derivatives: readonly Derivatives[] },
  round: number,
): Growth[] {
  const rows = train.labels.length;
  const random = createRandom(seed, round);
  const drawn = settings.rowShare < 1 ? drawRows(rows, settings.rowShare, random) : null;
  const width = binning.length;
  return derivatives.map((of, at) => {
    const active =
      settings.columnShare < 1 ? drawColumns(width, settings.columnShare, random) : new Uint8Array(width).fill(1);
    const grown = grower.grow(drawn?.slice() ?? allRows(rows), of, {
      active,
      seed,
      stream: round * scores.length + at,
    });
    const level = objective.quantileOf?.(at);
    const values =
      level === undefined
        ? grown.tree.value
        : grown.rows.map((leaf) => weightedQuantile(leaf, level, scores[at]!, train));
    return { ...grown, tree: { ...grown.tree, value: values.map((value) => value * settings.learningRate) } };
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

function allRows(rows: number): Uint32Array {
  const all = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) all[row] = row;
  return all;
}
