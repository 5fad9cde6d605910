import { floatAttribute, intAttribute, textAttribute } from '../../onnx/attribute.ts';
import { add, divide, multiply, power, subtract, where } from '../../onnx/autodiff/arithmetic.ts';
import * as elementwise from '../../onnx/autodiff/elementwise.ts';
import { gelu } from '../../onnx/autodiff/gelu.ts';
import type { Tape, Value } from '../../onnx/autodiff/tape.ts';
import { elementTypes } from '../../onnx/tensor.ts';
import { given, type NodeToRead, type Operator, type Operators } from './operator.ts';

const ofOne = (compute: (tape: Tape, x: Value) => Value): Operator => ({
  read: (node) => compute(node.tape, given(node, 0)),
});

/** `besideFrom`: a scale of one number is part of a formula, a bias of one is that of a layer with one output. */
const ofTwo = (compute: (tape: Tape, a: Value, b: Value) => Value, besideFrom: number): Operator => ({
  read: (node) => compute(node.tape, given(node, 0), given(node, 1)),
  besideFrom,
  widens: true,
});

const asItIs: Operator = { read: (node) => given(node, 0), through: [0] };

export const elementwiseOperators: Operators = {
  Add: ofTwo(add, 1),
  Sub: ofTwo(subtract, 1),
  Mul: ofTwo(multiply, 2),
  Div: ofTwo(divide, 2),
  Pow: { read: (node) => power(node.tape, given(node, 0), given(node, 1)), through: [0] },
  Where: { read: (node) => where(node.tape, given(node, 0), given(node, 1), given(node, 2)), through: [1, 2] },
  Relu: ofOne(elementwise.relu),
  LeakyRelu: {
    read: (node) => elementwise.leakyRelu(node.tape, given(node, 0), floatAttribute(node.node, 'alpha', 0.01)),
  },
  Elu: { read: (node) => elementwise.elu(node.tape, given(node, 0), floatAttribute(node.node, 'alpha', 1)) },
  Sigmoid: ofOne(elementwise.sigmoid),
  Softplus: ofOne(elementwise.softplus),
  Tanh: ofOne(elementwise.tanh),
  Exp: ofOne(elementwise.exp),
  Log: ofOne(elementwise.log),
  Sqrt: ofOne(elementwise.sqrt),
  Reciprocal: ofOne(elementwise.reciprocal),
  Neg: ofOne(elementwise.negate),
  Abs: ofOne(elementwise.absolute),
  Erf: ofOne(elementwise.erf),
  Gelu: {
    read: (node) =>
      gelu(node.tape, given(node, 0), textAttribute(node.node, 'approximate', 'none') === 'tanh' ? 'tanh' : 'none'),
  },
  Clip: { read: (node) => elementwise.clip(node.tape, given(node, 0), node.inputs[1], node.inputs[2]), through: [0] },
  Identity: asItIs,
  /** Of inference. */
  Dropout: asItIs,
  Cast: { read: castFloat, through: [0] },
};

function castFloat(node: NodeToRead): Value {
  if (intAttribute(node.node, 'to', 0) === elementTypes.float32) return given(node, 0);
  throw new RangeError('Cast changes the precision: export the model in float32');
}
