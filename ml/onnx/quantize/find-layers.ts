import { floatAttribute, intAttribute } from '../attribute.ts';
import type { NodeProto, TensorProto } from '../proto.ts';
import { elementTypes, tensorValues } from '../tensor.ts';
import { isOperator, nestedNodes, type GraphView } from './graph-view.ts';
import type { Matrix } from './scheme.ts';

/** `output = activation * weights + bias`: a Gemm, or a MatMul with the Add of a constant vector after it. */
export interface DenseLayer {
  readonly name: string;
  readonly node: NodeProto;
  /** The Add that became the layer's bias. */
  readonly add: NodeProto | null;
  readonly activation: string;
  /** Dimensions of the activation, where they are known. */
  readonly rank: number | null;
  readonly weights: Matrix;
  readonly bias: Float32Array | null;
  readonly output: string;
}

export interface SkippedNode {
  readonly node: string;
  readonly reason: string;
}

export interface FoundLayers {
  readonly layers: readonly DenseLayer[];
  readonly skipped: readonly SkippedNode[];
}

/** Operators with weights that are left as they are. */
const left = ['Conv', 'ConvTranspose', 'LSTM', 'GRU', 'RNN', 'Einsum'];

const nameOf = (node: NodeProto): string => node.name || (node.output[0] ?? node.opType);

/**
 * The layers of a graph that can be quantized, and the operators with weights that stay in fp32, each with the reason.
 * `rankOf` tells how many dimensions a value has, where that was observed.
 */
export function findLayers(view: GraphView, rankOf: (value: string) => number | null = () => null): FoundLayers {
  const layers: DenseLayer[] = [];
  const skipped: SkippedNode[] = [];
  for (const node of view.model.graph.node) {
    if (isOperator(node, ...left)) skipped.push({ node: nameOf(node), reason: `${node.opType} is left in fp32` });
    if (!isOperator(node, 'Gemm', 'MatMul')) continue;
    const found = node.opType === 'Gemm' ? gemmLayer(view, node) : matMulLayer(view, node, rankOf);
    if (typeof found === 'string') skipped.push({ node: nameOf(node), reason: found });
    else layers.push(found);
  }
  for (const node of nestedNodes(view.model.graph)) {
    if (isOperator(node, 'Gemm', 'MatMul', ...left))
      skipped.push({ node: nameOf(node), reason: 'it is in a subgraph (Loop, Scan or If)' });
  }
  return { layers, skipped };
}

function gemmLayer(view: GraphView, node: NodeProto): DenseLayer | string {
  const [activation = '', weightName, biasName] = node.input;
  if (intAttribute(node, 'transA', 0) !== 0) return 'its activation is transposed';
  const weights = weightsOf(view, activation, weightName);
  if (typeof weights === 'string') return weights;
  const matrix = scaled(
    intAttribute(node, 'transB', 0) === 0 ? weights : transposed(weights),
    floatAttribute(node, 'alpha', 1),
  );
  const layer = {
    name: nameOf(node),
    node,
    add: null,
    activation,
    rank: 2,
    weights: matrix,
    output: node.output[0] ?? '',
  };
  if (!biasName) return { ...layer, bias: null };
  const tensor = view.constant(biasName);
  const bias = tensor && biasOf(tensor, matrix.columns, [1, matrix.columns]);
  if (!bias) return 'its bias is not a constant vector of float32';
  const beta = floatAttribute(node, 'beta', 1);
  return { ...layer, bias: bias.map((value) => value * beta) };
}

function matMulLayer(view: GraphView, node: NodeProto, rankOf: (value: string) => number | null): DenseLayer | string {
  const [activation = '', weightName] = node.input;
  const weights = weightsOf(view, activation, weightName);
  if (typeof weights === 'string') return weights;
  const output = node.output[0] ?? '';
  const rank = rankOf(activation);
  const layer = { name: nameOf(node), node, activation, rank, weights };
  const add = view.soleConsumer(output);
  if (!add || !isOperator(add, 'Add')) return { ...layer, add: null, bias: null, output };
  const tensor = view.constant(add.input.find((name) => name !== output));
  const bias = tensor && biasOf(tensor, weights.columns, rank !== null && rank >= 2 ? [1, weights.columns] : null);
  return bias ? { ...layer, add, bias, output: add.output[0] ?? '' } : { ...layer, add: null, bias: null, output };
}

function weightsOf(view: GraphView, activation: string, name: string | undefined): Matrix | string {
  const tensor = view.constant(name);
  if (!tensor) return 'its weights are computed, or a caller can replace them';
  if (view.constant(activation)) return 'its activation is a constant';
  if (tensor.dataType !== elementTypes.float32) return 'its weights are not of float32';
  const [rows = 0, columns = 0] = tensor.dims;
  if (tensor.dims.length !== 2 || rows * columns === 0) return `its weights have the shape [${tensor.dims.join(', ')}]`;
  const data = tensorValues(tensor).data as Float32Array;
  return data.every(Number.isFinite) ? { rows, columns, data } : 'its weights are not finite';
}

/** A vector of one value per column; null for other shapes, types and values. `also` is a second shape that will do. */
function biasOf(tensor: TensorProto, columns: number, also: readonly number[] | null): Float32Array | null {
  if (tensor.dataType !== elementTypes.float32) return null;
  const shape = tensor.dims.join();
  const data = tensorValues(tensor).data as Float32Array;
  if (!data.every(Number.isFinite)) return null;
  if (shape === `${columns}` || shape === also?.join()) return data;
  return data.length === 1 && tensor.dims.length <= 1 ? new Float32Array(columns).fill(data[0] ?? 0) : null;
}

const scaled = (matrix: Matrix, by: number): Matrix =>
  by === 1 ? matrix : { ...matrix, data: matrix.data.map((value) => value * by) };

function transposed({ rows, columns, data }: Matrix): Matrix {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) turned[column * rows + row] = data[row * columns + column] ?? 0;
  }
  return { rows: columns, columns: rows, data: turned };
}
