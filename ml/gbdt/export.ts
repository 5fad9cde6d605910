import { GraphBuilder, mlDomain } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { tensorOf } from '../onnx/tensor.ts';
import { answeringModel } from '../training/answering-model.ts';
import type { AnswerJob, Head } from '../training/head.ts';
import { checkNames, lookUp, sideBySide } from '../training/raw-inputs.ts';
import type { Binning, CategoryBins, ColumnBins, NumericBins } from './columns.ts';
import { inSet, type Tree } from './tree.ts';

export interface TreesExport {
  readonly binning: Binning;
  /** Scores before the first tree. */
  readonly start: readonly number[];
  /** The trees of each round, one for each value of the head. */
  readonly rounds: readonly (readonly Tree[])[];
  readonly head: Head;
  readonly answer: AnswerJob;
}

/** Operators of `TreeEnsemble` (`ai.onnx.ml` 5). */
const [lessOrEqual, member] = [0, 6];

/**
 * The model that is served. Inputs: one tensor `[batch, 1]` per raw column, text for categories (empty is missing) and float32 for numbers (NaN
 * is missing). Outputs: those of the head. Throws `InvalidConfigError` for a feature that is called as an output.
 */
export function exportedTrees({ binning, start, rounds, head, answer }: TreesExport): ModelProto {
  checkNames(binning, head);
  const g = new GraphBuilder('model');
  for (const { name, kind } of binning) g.input(name, kind === 'numeric' ? 'float32' : 'string', ['batch', 1]);
  const values = rounds.flatMap((trees) => trees.map((tree, target) => ({ tree, target })));
  // A tree that is one leaf is a constant.
  const base = start.map((value, at) =>
    values
      .filter(({ tree, target }) => target === at && tree.column.length === 0)
      .reduce((sum, { tree }) => sum + tree.value[0]!, value),
  );
  const grown = values.filter(({ tree }) => tree.column.length > 0);
  const constant = g.constant('start', Float32Array.from(base), [1, base.length]);
  const logits =
    grown.length === 0
      ? g.node('Expand', [constant, batchBy(g, binning[0]!.name, base.length)])
      : g.node('Add', [ensemble(g, grown, base.length, binning), constant]);
  return answeringModel(g, logits, { head, answer }, 5);
}

const isNumeric = (column: ColumnBins): column is NumericBins => column.kind === 'numeric';
const isCategory = (column: ColumnBins): column is CategoryBins => column.kind === 'categorical';

/** `[batch, width]`, as a shape. */
function batchBy(g: GraphBuilder, input: string, width: number): string {
  const batch = g.node('Gather', [g.node('Shape', [input]), g.ints('first', [0])]);
  return g.node('Concat', [batch, g.ints('width', [width])], { axis: { int: 0 } });
}

interface Targeted {
  readonly tree: Tree;
  readonly target: number;
}

/** The sums of the trees, float32 `[batch, width]`: numbers are compared as they are, categories by their bins. */
function ensemble(g: GraphBuilder, trees: readonly Targeted[], width: number, binning: Binning): string {
  const [numbers, categories] = [binning.filter(isNumeric), binning.filter(isCategory)];
  const parts = [
    ...(numbers.length > 0 ? [sideBySide(g, numbers)] : []),
    ...(categories.length > 0 ? [g.node('Cast', [lookUp(g, categories, [])], { to: { int: 1 } })] : []),
  ];
  const features = parts.length > 1 ? g.node('Concat', parts, { axis: { int: 1 } }) : parts[0]!;
  const order = [...numbers, ...categories];
  const flat = flatten(
    trees,
    binning,
    binning.map((column) => order.indexOf(column)),
  );
  const floats = (name: string, values: readonly number[]) => ({
    tensor: tensorOf(name, Float32Array.from(values), [values.length]),
  });
  return g.node(
    'TreeEnsemble',
    [features],
    {
      n_targets: { int: width },
      aggregate_function: { int: 1 },
      post_transform: { int: 0 },
      tree_roots: { ints: flat.roots },
      nodes_featureids: { ints: flat.features },
      nodes_modes: { tensor: tensorOf('nodes_modes', Uint8Array.from(flat.modes), [flat.modes.length]) },
      nodes_splits: floats('nodes_splits', flat.splits),
      nodes_truenodeids: { ints: flat.left.map(({ id }) => id) },
      nodes_trueleafs: { ints: flat.left.map(({ isLeaf }) => Number(isLeaf)) },
      nodes_falsenodeids: { ints: flat.right.map(({ id }) => id) },
      nodes_falseleafs: { ints: flat.right.map(({ isLeaf }) => Number(isLeaf)) },
      nodes_missing_value_tracks_true: { ints: flat.missing.map(Number) },
      ...(flat.members.length > 0 && { membership_values: floats('membership_values', flat.members) }),
      leaf_targetids: { ints: flat.targets },
      leaf_weights: floats('leaf_weights', flat.weights),
    },
    { domain: mlDomain },
  );
}

interface Child {
  readonly id: number;
  readonly isLeaf: boolean;
}

function flatten(trees: readonly Targeted[], binning: Binning, featureOf: readonly number[]) {
  const flat = {
    roots: [] as number[],
    features: [] as number[],
    modes: [] as number[],
    splits: [] as number[],
    left: [] as Child[],
    right: [] as Child[],
    missing: [] as boolean[],
    /** The bins of each set, which NaN ends. */
    members: [] as number[],
    targets: [] as number[],
    weights: [] as number[],
  };
  for (const { tree, target } of trees) {
    const [firstNode, firstLeaf] = [flat.features.length, flat.weights.length];
    const child = (at: number): Child =>
      at >= 0 ? { id: firstNode + at, isLeaf: false } : { id: firstLeaf - 1 - at, isLeaf: true };
    flat.roots.push(firstNode);
    for (const [at, column] of tree.column.entries()) {
      const bins = binning[column]!;
      const set = tree.set[at]!;
      flat.features.push(featureOf[column]!);
      flat.modes.push(set === null ? lessOrEqual : member);
      flat.splits.push(isNumeric(bins) ? bins.bounds[tree.threshold[at]! - 1]! : 0);
      flat.left.push(child(tree.left[at]!));
      flat.right.push(child(tree.right[at]!));
      flat.missing.push(set === null && tree.missingLeft[at]!);
      if (set === null) continue;
      for (let bin = 0; bin < 256; bin++) if (inSet(set, bin)) flat.members.push(bin);
      flat.members.push(Number.NaN);
    }
    for (const value of tree.value) {
      flat.targets.push(target);
      flat.weights.push(value);
    }
  }
  return flat;
}
