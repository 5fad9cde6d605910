import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { mlDomain, type GraphBuilder } from '../onnx/graph.ts';
import type { Head } from './head.ts';

interface Named {
  readonly name: string;
}

/** Throws `InvalidConfigError` for a feature that is called as an output. */
export function checkNames(inputs: readonly Named[], { outputs }: Pick<Head, 'outputs'>): void {
  const clash = inputs.find(({ name }) => outputs.includes(name));
  if (!clash) return;
  throw new PawlError(
    errorTypes.invalidConfig,
    `a feature cannot be called "${clash.name}", as an output of the model is: rename the column in the dataset`,
    { feature: clash.name },
  );
}

/** Inputs `[batch, 1]` side by side. */
export const sideBySide = (g: GraphBuilder, columns: readonly Named[]): string =>
  columns.length > 1
    ? g.node(
        'Concat',
        columns.map(({ name }) => name),
        { axis: { int: 1 } },
      )
    : (columns[0]?.name ?? '');

/**
 * Texts to numbers, int64 `[batch, columns]`: code `codes[i]` of a column becomes its offset and `i + 1`, an unknown one its offset. One
 * LabelEncoder over the union of all vocabularies, then a table from (column, code). Thirteen columns of one row took 66 microseconds this
 * way, and 160 with LabelEncoder and OneHot per column.
 */
export function lookUp(
  g: GraphBuilder,
  columns: readonly { readonly name: string; readonly codes: readonly string[] }[],
  offsets: readonly number[],
): string {
  const union = [...new Set(columns.flatMap(({ codes }) => codes))];
  const width = union.length + 1;
  const positions = new Map(union.map((code, index) => [code, index + 1]));
  const table = new BigInt64Array(columns.length * width);
  for (const [index, { codes }] of columns.entries()) {
    const offset = offsets[index] ?? 0;
    table.fill(BigInt(offset), index * width, (index + 1) * width);
    for (const [slot, code] of codes.entries()) {
      table[index * width + (positions.get(code) ?? 0)] = BigInt(offset + slot + 1);
    }
  }
  const texts = sideBySide(g, columns);
  const encoder = {
    keys_strings: { strings: union },
    values_int64s: { ints: union.map((_, index) => index + 1) },
    default_int64: { int: 0 },
  };
  const codes = union.length > 0 ? g.node('LabelEncoder', [texts], encoder, { domain: mlDomain }) : noCodes(g, texts);
  const starts = g.constant(
    'starts',
    BigInt64Array.from(columns, (_, index) => BigInt(index * width)),
    [1, columns.length],
  );
  return g.node('Gather', [g.constant('slots', table), g.node('Add', [codes, starts])]);
}

/** Columns in which no code was ever seen: all is unknown. */
function noCodes(g: GraphBuilder, texts: string): string {
  const zero = g.constant('unknown', BigInt64Array.of(0n), [1, 1]);
  return g.node('Expand', [zero, g.node('Shape', [texts])]);
}
