import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';

/** A dataset whose definition alone is read. */
export const people = datasetDefinitionSchema.parse({
  dataset: 'people',
  source: 'people.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'left',
  columns: {
    id: { type: 'integer', kind: 'key' },
    age: { type: 'integer', kind: 'numeric' },
    left: { type: 'integer', kind: 'target' },
  },
});
