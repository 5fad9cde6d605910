import { codeOf, type CellRule } from './cell.ts';
import type { Column } from './dataset.ts';
import type { ColumnData, Frame } from './frame.ts';

/** Whether rows hold a column as codes: categories, and all that are not numbers. */
const isHeldAsCodes = ({ type, kind }: Pick<Column, 'type' | 'kind'>): boolean =>
  kind === 'categorical' || (type !== 'integer' && type !== 'number');

/**
 * Logged inputs with the columns as codes that rows hold as codes. A model may take a category as a number, and true and false as 1 and
 * 0: what it was given has the code of the cell that it came from.
 */
export const withCodes = ({ rowCount, columns }: Frame, declared: Readonly<Record<string, Column>>): Frame => ({
  rowCount,
  columns: Object.fromEntries(
    Object.entries(columns).map(([name, data]) => {
      const column = declared[name];
      return [name, column === undefined || !isHeldAsCodes(column) ? data : codesOf(data, column)];
    }),
  ),
});

function codesOf({ values }: ColumnData, rule: CellRule): ColumnData {
  const codes = new Map<string | number, string>();
  return {
    type: 'string',
    values: Array.from<string | number, string>(values, (value) => {
      let code = codes.get(value);
      if (code === undefined) {
        code = codeOf(value, rule);
        codes.set(value, code);
      }
      return code;
    }),
  };
}
