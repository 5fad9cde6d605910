import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { multiply, subtract } from '../onnx/autodiff/arithmetic.ts';
import { concat, reshape, slice } from '../onnx/autodiff/arrange.ts';
import { negate } from '../onnx/autodiff/elementwise.ts';
import { shown, type TapeShape } from '../onnx/autodiff/shapes.ts';
import type { Tape, Value } from '../onnx/autodiff/tape.ts';
import { renameInNode } from '../onnx/rename-values.ts';
import type { NodeProto } from '../onnx/proto.ts';
import type { Head, TargetScale } from '../training/head.ts';
import { operatorOf } from './operators/index.ts';
import { refused, type TuningPlan } from './plan.ts';

/** Writes what a step computes onto the tape, and returns the values that the head's loss takes, `[batch, width]`. Row data is there under its names. */
export function writeGraph(
  tape: Tape,
  plan: TuningPlan,
  weights: ReadonlyMap<string, Value>,
  { space, head, scale }: { space: LabelSpace; head: Pick<Head, 'width'>; scale: TargetScale },
): Value {
  const values = new Map(weights);
  for (const node of plan.nodes) {
    if (plan.tracked.has(node.output[0] ?? '')) writeNode(tape, plan, values, node);
    else tape.graph.nodes.push(renameInNode(node, (name) => values.get(name)?.name ?? name));
  }
  const value = values.get(plan.loss.name);
  if (value === undefined) throw new RangeError(`the graph does not compute "${plan.loss.name}"`);
  return byHead(tape, value, plan, { space, width: head.width(space), scale });
}

function writeNode(tape: Tape, { factOf }: TuningPlan, values: Map<string, Value>, node: NodeProto): void {
  const shapes = node.output.map((name) => (name === '' ? [] : factOf(name).shape));
  const inputs = node.input.map((name) =>
    name === '' ? undefined : (values.get(name) ?? tape.given(name, factOf(name).shape)),
  );
  const numbers = (at: number): readonly number[] | undefined => {
    const name = node.input[at] ?? '';
    if (name === '') return undefined;
    const { numbers: held } = factOf(name);
    if (held === null) throw new RangeError(`${node.opType} takes "${name}", which depends on the rows`);
    return held;
  };
  try {
    const made = operatorOf(node)?.read({ tape, node, inputs, shapes, numbers }) ?? [];
    for (const [at, value] of [made].flat().entries()) {
      checkShape(value.shape, shapes[at] ?? []);
      values.set(node.output[at] ?? '', value);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refused([`${node.opType} "${node.name || (node.output[0] ?? '')}": ${error.message}`]);
  }
}

function checkShape(said: TapeShape, seen: TapeShape): void {
  if (shown(said) !== shown(seen)) throw new RangeError(`it gives ${shown(seen)}, where ${shown(said)} was expected`);
}

/** Logits in the definition's order of classes, or numbers as the head scales them. */
function byHead(
  tape: Tape,
  value: Value,
  { loss }: TuningPlan,
  { space, width, scale }: { space: LabelSpace; width: number; scale: TargetScale },
): Value {
  const wide = loss.columns?.length ?? width;
  if (
    value.shape[0] !== 'batch' ||
    value.shape.slice(1).reduce((product: number, size) => product * Number(size), 1) !== wide
  )
    throw refused([`"${loss.name}" has shape ${shown(value.shape)}, and the task takes [batch, ${wide}]`]);
  const rows = value.shape.length === 2 ? value : reshape(tape, value, ['batch', wide]);
  if (space.kind === 'numbers') {
    const number = (of: number): Value => tape.constant('scale', [of], []);
    return multiply(tape, subtract(tape, rows, number(scale.mean)), number(1 / scale.deviation));
  }
  if (loss.columns === null) return loss.isNegated ? negate(tape, rows) : rows;
  const column = (at: number): Value => slice(tape, rows, [{ axis: 1, start: at, end: at + 1 }]);
  if (width === 1) return subtract(tape, column(loss.columns[1] ?? 1), column(loss.columns[0] ?? 0));
  return loss.columns.every((at, place) => at === place) ? rows : concat(tape, loss.columns.map(column), 1);
}
