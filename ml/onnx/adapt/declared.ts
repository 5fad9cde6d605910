import { tensorTypes, type TensorType } from '../../../contracts/data/tensor.ts';
import { mlDomain } from '../graph.ts';
import { makersBehind } from '../lookups.ts';
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../proto.ts';

/** An input or output as a graph declares it. */
export interface DeclaredValue {
  readonly name: string;
  /** Null where it is not a tensor of a type that Pawl handles. */
  readonly type: TensorType | null;
  /** Null where a size is not fixed; null as a whole where nothing is declared. */
  readonly shape: readonly (number | null)[] | null;
  /** By size, its name; empty where it has none. */
  readonly symbols: readonly string[];
}

export interface DeclaredOutput extends DeclaredValue {
  /** The tensor that holds its values: its own, or the one that a ZipMap takes. */
  readonly value: string;
  readonly isZipMap: boolean;
}

/** `TensorProto.DataType` of each type. */
export const dataTypes: Readonly<Record<TensorType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

function declaredValue({ name, type }: ValueInfoProto): DeclaredValue {
  const tensor = type?.tensorType;
  const dim = tensor?.shape?.dim;
  return {
    name,
    type: tensorTypes.find((known) => dataTypes[known] === tensor?.elemType) ?? null,
    // A size of 0 is how some exporters write "any".
    shape: dim?.map(({ dimValue }) => (dimValue !== undefined && dimValue > 0 ? dimValue : null)) ?? null,
    symbols: dim?.map(({ dimParam }) => dimParam ?? '') ?? [],
  };
}

/** Inputs that a caller gives: old models list their weights as inputs too. */
export function declaredInputs({ graph }: ModelProto): DeclaredValue[] {
  const weights = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.filter(({ name }) => !weights.has(name)).map(declaredValue);
}

export function declaredOutputs({ graph }: ModelProto): DeclaredOutput[] {
  const known = new Map<NodeProto, NodeProto | null>();
  return graph.output.map((info) => {
    const zipMap = zipMapBehind(graph, info.name, known);
    const own = declaredValue(info);
    return zipMap === null
      ? { ...own, value: own.name, isZipMap: false }
      : { name: own.name, type: 'float32', shape: null, symbols: [], value: zipMap.input[0] ?? '', isZipMap: true };
  });
}

/** The ZipMap that makes a value, perhaps behind `Identity`. `known`: those of values that were followed before. */
function zipMapBehind(graph: GraphProto, value: string, known: Map<NodeProto, NodeProto | null>): NodeProto | null {
  const passed: NodeProto[] = [];
  let found: NodeProto | null = null;
  for (const maker of makersBehind(graph, value)) {
    const before = known.get(maker);
    const isZipMap = maker.opType === 'ZipMap' && maker.domain === mlDomain;
    found = before ?? (isZipMap ? maker : null);
    if (before !== undefined) break;
    passed.push(maker);
    if (maker.opType !== 'Identity') break;
  }
  for (const maker of passed) known.set(maker, found);
  return found;
}
