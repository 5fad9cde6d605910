import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { stringify } from 'yaml';
import { loadDatasetDefinition, loadModelDefinition } from '../../config/load-definitions.ts';

export const columns = {
  id: { type: 'integer', kind: 'key' },
  day: { type: 'timestamp', kind: 'time' },
  age: { type: 'integer', kind: 'numeric' },
  plan: { type: 'string', kind: 'categorical' },
  left: { type: 'integer', kind: 'target' },
};
const dataset = {
  dataset: 'shop',
  source: 'rows.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  time: 'day',
  target: 'left',
  columns,
};
const model = { model: 'shop', dataset: 'shop', features: ['age', 'plan'] };

/** What differs from a sound definition. */
export interface Changes {
  readonly dataset?: object;
  readonly columns?: object;
  readonly model?: object;
}

/** A project of one dataset and one model, which are written and loaded with changes. */
export function useShopDefinitions() {
  let project = '';
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'pawl-faults-'));
    await mkdir(join(project, 'models'));
    await mkdir(join(project, 'datasets', 'shop'), { recursive: true });
  });
  afterAll(() => rm(project, { recursive: true, force: true }));
  return async (changes: Changes) => {
    const data = { ...dataset, columns: { ...columns, ...changes.columns }, ...changes.dataset };
    await writeFile(join(project, 'datasets', 'shop', 'dataset.yaml'), stringify(data));
    await writeFile(join(project, 'models', 'shop.yaml'), stringify({ ...model, ...changes.model }));
    const folders = { project, models: join(project, 'models') };
    return { definition: loadModelDefinition(folders, 'shop'), dataset: loadDatasetDefinition(folders, 'shop') };
  };
}
