import type { AttributeProto, GraphProto, NodeProto, TensorProto } from './proto.ts';

/** `AttributeProto.AttributeType` */
const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** Attributes by kind, so that 1 and 1.0 are told apart; `int` and `ints` take plain integers. */
export type AttributeValue =
  | { float: number }
  | { int: number | bigint }
  | { string: string }
  | { tensor: TensorProto }
  | { graph: GraphProto }
  | { floats: readonly number[] }
  | { ints: readonly (number | bigint)[] }
  | { strings: readonly string[] };
export type Attributes = Readonly<Record<string, AttributeValue>>;

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  if ('int' in value) return { name, type: attributeTypes.int, i: BigInt(value.int) };
  if ('string' in value) return { name, type: attributeTypes.string, s: utf8.encoder.encode(value.string) };
  if ('tensor' in value) return { name, type: attributeTypes.tensor, t: value.tensor };
  if ('graph' in value) return { name, type: attributeTypes.graph, g: value.graph };
  if ('floats' in value) return { name, type: attributeTypes.floats, floats: [...value.floats] };
  if ('ints' in value) return { name, type: attributeTypes.ints, ints: value.ints.map(BigInt) };
  return { name, type: attributeTypes.strings, strings: value.strings.map((item) => utf8.encoder.encode(item)) };
}

/** The attribute of a node by name; undefined where the operator's default holds. */
export function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((candidate) => candidate.name === name);
}

/** An integer attribute, or the operator's default. */
export function intAttribute(node: NodeProto, name: string, otherwise: number): number {
  const found = attribute(node, name);
  // A zero that is written may be read as nothing.
  return found === undefined ? otherwise : Number(found.i ?? 0);
}

/** A float attribute, or the operator's default. */
export function floatAttribute(node: NodeProto, name: string, otherwise: number): number {
  const found = attribute(node, name);
  return found === undefined ? otherwise : (found.f ?? 0);
}

/** A list of integers; undefined where the operator's default holds. */
export const intsAttribute = (node: NodeProto, name: string): number[] | undefined =>
  attribute(node, name)?.ints?.map(Number);

/** A text attribute, or the operator's default. */
export function textAttribute(node: NodeProto, name: string, otherwise: string): string {
  const value = attribute(node, name)?.s;
  return value === undefined ? otherwise : utf8.decoder.decode(value);
}
