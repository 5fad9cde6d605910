import type { z } from 'zod';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { ColumnProfile, DataProfile } from '../../contracts/evidence/data.ts';
import { dataGateSchema } from '../../contracts/model/data-gate.ts';
import type { DataFacts } from '../../policy/gates/data-facts.ts';
import { columnProfile } from '../support/column-profile.ts';
import { dataset, definition } from './definition.ts';

const column = (name: string): ColumnProfile => columnProfile(name, { foundType: 'BIGINT', rows: 1000, distinct: 10 });
export const profile: DataProfile = {
  rows: 1000,
  duplicateKeys: 0,
  unexpectedColumns: [],
  columns: ['id', 'AGEP', 'SCHL', 'employed'].map((name) => column(name)),
  labels: [
    { value: '0', rows: 600 },
    { value: '1', rows: 400 },
  ],
  unlistedLabels: 0,
  labelQuantiles: null,
  drift: [],
};
export const facts: DataFacts = {
  profile,
  drift: [],
  previousRows: null,
  dataset,
  labelSpace: labelSpaceOf(definition, dataset),
  linesInCells: 0,
  timeless: 0,
  gate: definition.data,
};
export const withColumn = (name: string, found: Partial<ColumnProfile>): DataFacts => ({
  ...facts,
  profile: { ...profile, columns: profile.columns.map((old) => (old.column === name ? { ...old, ...found } : old)) },
});
export const drifted = (adjusted: number, lower: number) => [
  { column: 'AGEP', psi: lower + 0.05, lower, pValue: adjusted, adjusted },
];

export const asText = (name: 'SCHL', type: 'string' | 'integer' = 'string'): DataFacts['dataset'] => ({
  ...dataset,
  columns: {
    ...dataset.columns,
    [name]: { ...dataset.columns[name]!, kind: 'categorical', type, allowed: undefined },
  },
});

export const withPsi = (psi: z.input<typeof dataGateSchema>['psi'], lower: number): DataFacts => ({
  ...facts,
  drift: drifted(0, lower),
  gate: dataGateSchema.parse({ psi }),
});
