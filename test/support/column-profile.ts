import type { ColumnProfile } from '../../contracts/evidence/data.ts';

/** What a data check found of a column without a fault. */
export const columnProfile = (column: string, found: Partial<ColumnProfile> = {}): ColumnProfile => ({
  column,
  foundType: 'VARCHAR',
  rows: 10,
  nulls: 0,
  distinct: 2,
  wrongType: 0,
  outOfRange: 0,
  notAllowed: 0,
  examples: [],
  min: null,
  max: null,
  mean: null,
  deviation: null,
  extremes: null,
  lostDigits: null,
  top: [],
  ...found,
});
