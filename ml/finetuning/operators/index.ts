import { intAttribute } from '../../onnx/attribute.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { elementTypes } from '../../onnx/tensor.ts';
import { arrangeOperators } from './arrange.ts';
import { elementwiseOperators } from './elementwise.ts';
import { layerOperators } from './matrix.ts';
import type { Operator, Operators } from './operator.ts';
import { reduceOperators } from './reduce.ts';
import { windowOperators } from './windows.ts';

const operators: Operators = {
  ...elementwiseOperators,
  ...layerOperators,
  ...arrangeOperators,
  ...reduceOperators,
  ...windowOperators,
};

/** How a node is learnt through; undefined where there is no gradient of its operator. */
export const operatorOf = ({ opType, domain = '' }: NodeProto): Operator | undefined =>
  (domain === '' || domain === 'ai.onnx') && Object.hasOwn(operators, opType) ? operators[opType] : undefined;

const flat = new Set(
  'Shape Size Greater GreaterOrEqual Less LessOrEqual Equal IsNaN IsInf ArgMax ArgMin Sign Floor Ceil Round'.split(' '),
);
const floats = new Set([elementTypes.float32, elementTypes.float64, 10, 16]);

/** Whether the output does not move with small changes of the inputs, so that nothing is learnt through it. */
export const isFlat = (node: NodeProto): boolean =>
  node.opType === 'Cast' ? !floats.has(intAttribute(node, 'to', 0)) : flat.has(node.opType);
