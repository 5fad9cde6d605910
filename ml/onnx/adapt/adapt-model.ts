import type { TensorType } from '../../../contracts/data/tensor.ts';
import { labelValues } from '../../tasks/class-labels.ts';
import { ascending } from '../../tasks/quantile/head.ts';
import { middleOf } from '../../tasks/quantile/middle.ts';
import { freeName } from '../free-name.ts';
import { withoutRounding } from './without-rounding.ts';
import { worthMost } from '../worth-most.ts';
import { GraphBuilder } from '../graph.ts';
import { neededNodes, readBy } from '../needed-nodes.ts';
import type { GraphProto, ModelProto, ValueInfoProto } from '../proto.ts';
import { renameInNode, renameSparse, valueNames } from '../rename-values.ts';
import { elementTypes } from '../tensor.ts';
import { dataTypes } from './declared.ts';
import type { AdaptPlan, ClassesPlan, InputPlan, LabelPlan, NumberPlan, ScoresPlan } from './plan.ts';

/** Of the default operators, where a model has none. */
const addedOpset = 13;
/** From this version on, initializers need not be inputs too. */
const freeInitializers = 4;

const answers: readonly string[] = ['label', 'probabilities', 'prediction', 'quantiles'];
const float32 = { to: { int: elementTypes.float32 } };
const int64 = { to: { int: elementTypes.int64 } };
const rowsFirst = [-1];

/**
 * The model behind a wrapper that takes one tensor `[batch, 1]` a feature, or the model's own tensors, and answers `label` and `probabilities`, or `prediction` and, of quantiles, `quantiles`. Outputs
 * that the plan does not use, and what only they need, are left away. `model` itself is not changed.
 */
export function adaptModel(model: ModelProto, plan: AdaptPlan): ModelProto {
  const own = renamed(model.graph, plan);
  const g = new GraphBuilder(own.graph.name);
  const inputNames = plan.inputs.flatMap(({ columns }) => columns);
  // Nodes are named after what they make.
  const nodeNames = own.graph.node.map(({ name = '' }) => name);
  for (const name of new Set([...valueNames(own.graph), ...nodeNames, ...inputNames])) g.unique(name);
  const weights = new Set(own.graph.initializer.map(({ name }) => name));
  const inputs = plan.inputs.flatMap((input) => adaptInput(g, input, own.nameOf));
  const before = g.nodes.length;
  const declared = model.opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  const opset = declared?.version ?? addedOpset;
  const outputs =
    plan.outputs.kind === 'numbers'
      ? answerNumbers(g, plan.outputs, own.nameOf)
      : answerClasses(g, plan.outputs, own.nameOf, opset);
  const node = neededNodes(
    { node: [...g.nodes.slice(0, before), ...own.graph.node, ...g.nodes.slice(before)] },
    outputs.map(({ name }) => name),
  );
  const read = new Set(node.flatMap(readBy));
  return {
    ...model,
    irVersion: Math.max(model.irVersion, freeInitializers),
    opsetImport: declared === undefined ? [...model.opsetImport, { domain: '', version: opset }] : model.opsetImport,
    graph: {
      ...own.graph,
      node,
      initializer: [...own.graph.initializer, ...g.initializers].filter(({ name = '' }) => read.has(name)),
      input: [...inputs, ...own.graph.input.filter(({ name }) => weights.has(name) && read.has(name))],
      output: outputs,
      // Shapes of values in between may hold the fixed batch size.
      valueInfo: [],
    },
  };
}

type NameOf = (name: string) => string;

interface RenamedGraph {
  readonly graph: GraphProto;
  readonly nameOf: NameOf;
}

/** The graph without values that have the name of a feature or an answer, except inputs that are a feature as they are. */
function renamed(graph: GraphProto, { inputs }: AdaptPlan): RenamedGraph {
  const asTheyAre = new Set(inputs.filter(isAsItIs).map(({ name }) => name));
  const reserved = new Set([...inputs.flatMap(({ columns }) => columns), ...answers]);
  const taken = new Set([...valueNames(graph), ...reserved]);
  const names = new Map<string, string>();
  for (const name of new Set(valueNames(graph)))
    if (reserved.has(name) && !asTheyAre.has(name)) {
      const unique = freeName(taken, `${name}_of_model`);
      taken.add(unique);
      names.set(name, unique);
    }
  const nameOf: NameOf = (name) => names.get(name) ?? name;
  return {
    nameOf,
    graph: {
      ...graph,
      node: graph.node.map((node) => {
        // Names of nodes are optional, and unique as those of values are.
        const { name = '', ...rest } = renameInNode(node, nameOf);
        return { ...rest, name: reserved.has(name) ? '' : name };
      }),
      output: [],
      initializer: graph.initializer.map((tensor) => ({ ...tensor, name: nameOf(tensor.name ?? '') })),
      ...(graph.sparseInitializer && { sparseInitializer: renameSparse(graph.sparseInitializer, nameOf) }),
      input: graph.input.map((value) => ({ ...value, name: nameOf(value.name) })),
    },
  };
}

function info(name: string, type: TensorType, ...sizes: readonly number[]): ValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...sizes.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}

/** An input of rows of any number. Sizes that are open keep their names, which say what must be equal, or get one of their own. */
function tensorInfo({ name, type, row = [], symbols = [] }: InputPlan): ValueInfoProto {
  const sizes = row.map((size, at) =>
    size === null ? { dimParam: symbols[at] || `${name}_${at + 1}` } : { dimValue: size },
  );
  return {
    name,
    type: { tensorType: { elemType: dataTypes[type], shape: { dim: [{ dimParam: 'batch' }, ...sizes] } } },
  };
}

/** Whether an input of the model is the tensor of a feature, or one that callers send as it is. */
const isAsItIs = ({ form, type }: InputPlan): boolean => form === 'tensor' || (form === 'column' && type !== 'float16');

/** Declares the features of an input, in the input's own type, and makes the input from them. Half floats are taken as float32. */
function adaptInput(g: GraphBuilder, input: InputPlan, nameOf: NameOf): ValueInfoProto[] {
  const { name, type, columns, form } = input;
  if (form === 'tensor') return [tensorInfo(input)];
  const given = type === 'float16' ? 'float32' : type;
  const values = columns.map((column) => info(column, given, 1));
  if (isAsItIs(input)) return values;
  const table = columns.length === 1 ? (columns[0] ?? '') : g.node('Concat', columns, { axis: { int: 1 } });
  const typed = given === type ? table : g.node('Cast', [table], { to: { int: dataTypes[type] } });
  const [opType, ...shape]: [string, ...string[]] =
    form === 'vector' ? ['Reshape', g.ints('rows', rowsFirst)] : ['Identity'];
  // The input's own name, which the nodes of the model read.
  g.nodes.push({ opType, input: [typed, ...shape], output: [nameOf(name)], attribute: [] });
  return values;
}

/** Quantiles are sorted, and the middle one is the prediction. */
function answerNumbers(g: GraphBuilder, { value, type, levels }: NumberPlan, nameOf: NameOf): ValueInfoProto[] {
  const isWide = type === 'float32' || type === 'float64';
  const given = isWide ? type : 'float32';
  const numbers = isWide ? nameOf(value) : g.node('Cast', [nameOf(value)], float32);
  const sorted = levels === null ? null : ascending(g, numbers, levels.length);
  const number =
    sorted === null || levels === null
      ? numbers
      : g.node('Gather', [sorted, g.ints('middle', [middleOf(levels)])], { axis: { int: 1 } });
  g.node('Reshape', [number, g.ints('rows', rowsFirst)], {}, { output: 'prediction' });
  const prediction = info('prediction', given);
  return levels === null ? [prediction] : [prediction, info('quantiles', given, levels.length)];
}

function answerClasses(g: GraphBuilder, plan: ClassesPlan, nameOf: NameOf, opset: number): ValueInfoProto[] {
  const { order, scores, own } = plan;
  const inOwnOrder = probabilitiesOf(g, scores, nameOf, opset);
  const probabilities = order.every((column, i) => column === i)
    ? g.node('Identity', [inOwnOrder], {}, { output: 'probabilities' })
    : g.node('Gather', [inOwnOrder, g.ints('order', order)], { axis: { int: 1 } }, { output: 'probabilities' });
  const label =
    plan.label !== null && plan.label.numbers === null
      ? keptLabel(g, plan.label, nameOf)
      : chosenLabel(
          g,
          plan.label === null
            ? greatest(g, plan, probabilities)
            : indexOfNumber(g, plan.label, plan.label.numbers ?? [], nameOf),
          plan.label === null ? order.map((column) => own[column] ?? '') : own,
        );
  return [label, info('probabilities', 'float32', own.length)];
}

/** Float32 `[batch, classes]` in the model's order. */
function probabilitiesOf(
  g: GraphBuilder,
  { kind, value, type, width, isZipMap }: ScoresPlan,
  nameOf: NameOf,
  opset: number,
): string {
  const scores = type === 'float16' ? g.node('Cast', [nameOf(value)], float32) : nameOf(value);
  const rows = g.node('Reshape', [scores, g.ints('rows', [-1, width])]);
  const opType = width === 1 ? 'Sigmoid' : 'Softmax';
  const wide = kind === 'probabilities' ? rows : g.node(opType, [rows], width === 1 ? {} : { axis: { int: 1 } });
  // A ZipMap says nothing of its input's type: skl2onnx also writes float64 there, which ONNX Runtime refuses.
  const narrow = type === 'float64' || isZipMap ? g.node('Cast', [wide], float32) : wide;
  const shares = kind === 'probabilities' ? withoutRounding(g, narrow, opset) : narrow;
  return width === 1
    ? g.node('Concat', [g.node('Sub', [g.scalar('one', 1), shares]), shares], { axis: { int: 1 } })
    : shares;
}

function keptLabel(g: GraphBuilder, { value, type }: LabelPlan, nameOf: NameOf): ValueInfoProto {
  const given = type === 'float16' ? 'float32' : type;
  const label = given === type ? nameOf(value) : g.node('Cast', [nameOf(value)], float32);
  g.node('Reshape', [label, g.ints('rows', rowsFirst)], {}, { output: 'label' });
  return info('label', given);
}

/** Index of the class of each row, `[batch]`, in the definition's order. */
function greatest(g: GraphBuilder, { threshold, utility }: ClassesPlan, probabilities: string): string {
  if (threshold === null) return worthMost(g, probabilities, utility);
  const positive = g.node('Gather', [probabilities, g.constant('positive', BigInt64Array.of(1n), [])], {
    axis: { int: 1 },
  });
  // GreaterOrEqual came with opset 12.
  return g.node('Cast', [g.node('Greater', [positive, g.scalar('below', numberBelow(threshold))])], int64);
}

/** The greatest float32 below a positive number, as float32. */
function numberBelow(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]! -= 1;
  return new Float32Array(bits.buffer)[0]!;
}

/** Index in `numbers` of each row's label, `[batch]`; their number where it is none of them. */
function indexOfNumber(
  g: GraphBuilder,
  { value, type }: LabelPlan,
  numbers: readonly bigint[],
  nameOf: NameOf,
): string {
  const column = g.node('Reshape', [nameOf(value), g.ints('column', [-1, 1])]);
  const whole = g.node('Cast', [column], int64);
  const known = g.constant('numbers', BigInt64Array.from(numbers), [1, numbers.length]);
  const equal = g.node('Cast', [g.node('Equal', [whole, known])], float32);
  const found = type.startsWith('float') ? g.node('Mul', [equal, isWhole(g, column, whole)]) : equal;
  const count = numbers.length;
  const before = g.constant(
    'before',
    Float32Array.from(numbers, (_, i) => i - count),
    [count, 1],
  );
  const index = g.node('Add', [g.node('MatMul', [found, before]), g.scalar('count', count)]);
  return g.node('Reshape', [g.node('Cast', [index], int64), g.ints('rows', rowsFirst)]);
}

/** 1 for each number without a fraction, else 0, `[batch, 1]`. `Equal` takes floats from opset 11 on. */
function isWhole(g: GraphBuilder, column: string, whole: string): string {
  const fraction = g.node('Sub', [g.node('Cast', [column], float32), g.node('Cast', [whole], float32)]);
  const above = g.node('Cast', [g.node('Ceil', [g.node('Abs', [fraction])])], int64);
  const isNone = g.node('Equal', [above, g.constant('none', BigInt64Array.of(0n), [1, 1])]);
  return g.node('Cast', [isNone], float32);
}

/** Labels by index. One more stands for a label that is none of them, so that it is an error as it is of a model that answers labels itself. */
function chosenLabel(g: GraphBuilder, index: string, labels: ClassesPlan['own']): ValueInfoProto {
  const { type, values } = labelValues(labels);
  const all = values.flatMap((value): (string | number | bigint)[] => [...value]);
  const table =
    type === 'string'
      ? g.constant('labels', [...all.map(String), noLabel])
      : type === 'float64'
        ? g.constant('labels', Float64Array.from([...all.map(Number), Number.NaN]))
        : // Booleans have no third value: an index behind them fails the pass.
          g.constant('labels', BigInt64Array.from(type === 'bool' ? all : [...all, leastInt64], BigInt));
  if (type === 'bool') {
    const chosen = g.node('Gather', [table, index]);
    g.node('Cast', [chosen], { to: { int: elementTypes.bool } }, { output: 'label' });
  } else g.node('Gather', [table, index], {}, { output: 'label' });
  return info('label', type);
}

const noLabel = 'none of the classes that the import knows';
const leastInt64 = -(2n ** 63n);
