import type { SensitiveAttribute } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import { placeAmong } from '../statistics/place-among.ts';

/** Which group each row is in: `index[row]` is a position in `names`. */
export interface Groups {
  readonly attribute: string;
  readonly names: readonly string[];
  readonly index: Int32Array;
}

/** Name of the group of rows whose value is missing: they are audited too. */
export const missingGroup = 'missing';

/** What joins two attributes to a pair. */
export const pairSeparator = ' x ';

/**
 * Groups of an attribute's rows, by code or by bands `[edge, next edge)` (below the first and from the last on are bands too);
 * codes are shown by their label where they have one. In the order of codes or bands; groups without rows are left out.
 */
export function groupsOf(frame: Frame, definition: SensitiveAttribute): Groups {
  const column = frame.columns[definition.column];
  if (column === undefined) throw missingColumn(definition.column, frame);
  const { bands } = definition;
  return bands === undefined ? byCode(column, definition) : byBand(column, definition.column, bands);
}

/** Groups of an attribute, or of a pair written `SEX x RAC1P`, whose parts are named in the dataset's sensitive attributes. */
export function groupsByName(frame: Frame, attribute: string, sensitive: readonly SensitiveAttribute[]): Groups {
  const parts = attribute.split(pairSeparator).map((name) => {
    const definition = sensitive.find((candidate) => candidate.column === name);
    if (definition === undefined) throw unknownAttribute(name, attribute, sensitive);
    return groupsOf(frame, definition);
  });
  return parts.reduce((left, right) => crossGroups(left, right));
}

/** Groups of the combinations that occur. */
function crossGroups(left: Groups, right: Groups): Groups {
  const pair = (row: number) => (left.index[row] ?? 0) * right.names.length + (right.index[row] ?? 0);
  const codes = Int32Array.from(left.index, (_, row) => pair(row));
  const name = (code: number) => {
    const a = left.names[Math.floor(code / right.names.length)] ?? '';
    return `${a}${pairSeparator}${right.names[code % right.names.length] ?? ''}`;
  };
  return compact(`${left.attribute}${pairSeparator}${right.attribute}`, codes, name);
}

/** Keeps the codes that occur, in ascending order. */
function compact(attribute: string, codes: Int32Array, name: (code: number) => string): Groups {
  const used = [...new Set(codes)].sort((a, b) => a - b);
  const position = new Map(used.map((code, i) => [code, i]));
  return { attribute, names: used.map(name), index: codes.map((code) => position.get(code) ?? 0) };
}

function byCode(column: ColumnData, { column: attribute, labels = {} }: SensitiveAttribute): Groups {
  const values =
    column.type === 'string'
      ? column.values
      : Array.from(column.values, (value) => (Number.isNaN(value) ? '' : String(value)));
  const codes = [...new Set(values)].sort(compareCodes);
  const position = new Map(codes.map((code, i) => [code, i]));
  return {
    attribute,
    names: codes.map((code) => (code === '' ? missingGroup : (labels[code] ?? code))),
    index: Int32Array.from(values, (value) => position.get(value) ?? 0),
  };
}

/** Of two different codes: numbers by size, then text by code unit, then what is missing. */
function compareCodes(a: string, b: string): number {
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const [x, y] = [Number(a), Number(b)];
  const texts = Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return texts || x - y || (a < b ? -1 : 1);
}

function byBand(column: ColumnData, attribute: string, bands: readonly number[]): Groups {
  const edges = [...bands].sort((a, b) => a - b);
  const numbers =
    column.type === 'number'
      ? column.values
      : column.values.map((value) => (value === '' ? Number.NaN : Number(value)));
  const codes = Int32Array.from(numbers, (value) =>
    Number.isNaN(value) ? edges.length + 1 : placeAmong(edges, value),
  );
  return compact(attribute, codes, (code) => bandName(edges, code));
}

function bandName(edges: readonly number[], code: number): string {
  if (code === edges.length + 1) return missingGroup;
  if (code === 0) return `below ${edges[0]}`;
  if (code === edges.length) return `${edges[code - 1]} and above`;
  return `${edges[code - 1]} to below ${edges[code]}`;
}

const missingColumn = (column: string, frame: Frame): PawlError =>
  new PawlError(
    errorTypes.invalidData,
    `the sensitive attribute "${column}" is not a column of the rows (${Object.keys(frame.columns).join(', ')}): load it, or correct the dataset definition`,
    { column },
  );

const unknownAttribute = (name: string, attribute: string, sensitive: readonly SensitiveAttribute[]): PawlError =>
  new PawlError(
    errorTypes.invalidConfig,
    `"${name}" in the fairness attribute "${attribute}" is not sensitive in the dataset definition (${sensitive.map((s) => s.column).join(', ')}): add it there, or correct the name`,
    { attribute },
  );
