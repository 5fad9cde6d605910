import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetDefinitionSchema, type Column, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { createWorld, type World } from '../gateway/harness.ts';
import { pawl } from '../support/pawl.ts';
import { patience } from '../support/patience.ts';
import { lineModel } from './task-models.ts';

let world: World;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await createWorld();
  folder = await mkdtemp(join(tmpdir(), 'pawl-predict-tasks-'));
  env = { ...process.env, PAWL_HOME: world.config.home, PAWL_STORE: world.config.store };
});
afterAll(async () => {
  await world?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const homes = (target: Partial<Column>): DatasetDefinition =>
  datasetDefinitionSchema.parse({
    dataset: 'homes',
    source: 'homes.csv',
    key: 'id',
    target: 'worth',
    columns: {
      id: { type: 'string', kind: 'key' },
      search: { type: 'integer', kind: 'carried' },
      area: { type: 'number', kind: 'numeric', nullable: true },
      worth: { type: 'number', kind: 'target', ...target },
    },
  });

/** A version of a model of one feature, `area`. */
async function version(name: string, bytes: Uint8Array, target: Partial<Column>, definition: object): Promise<void> {
  const defined = { model: name, dataset: 'homes', features: ['area'], positive: undefined, ...definition };
  await world.addVersion(bytes, name, {}, false, homes(target), true, defined);
}

async function predicted(name: string, csv: string, out = 'out.csv') {
  const [source, target] = [join(folder, 'in.csv'), join(folder, out)];
  await rm(target, { force: true });
  await writeFile(source, csv);
  const { code, stdout, stderr } = await pawl(['predict', `${name}@1`, source, target], env);
  const written = code === 0 ? (await readFile(target, 'utf8')).trim().split('\n') : null;
  return { code, stdout, stderr, written };
}

const ranking = { task: 'ranking', query: 'search', split: { by: 'group', group: 'search' } };

describe('pawl predict', { timeout: patience(120_000) }, () => {
  it('writes scores below 0 of a ranking, whose labels alone are grades', async () => {
    await version('rank', lineModel('area', 0.5, -10), { type: 'integer' }, ranking);
    expect((await predicted('rank', 'id,area\na,2\nb,100\nc,20\n')).written).toEqual([
      'id,area,prediction,probability,model_version',
      'a,2,-9.0,,1',
      'b,100,40.0,,1',
      'c,20,0.0,,1',
    ]);
  });

  it('writes a number that means missing in the data: a prediction is never missing', async () => {
    await version('cost', lineModel('area', 1, -1), { missing: ['-1'] }, { task: 'regression' });
    expect((await predicted('cost', 'id,area\na,0\nb,2\n')).written?.slice(1)).toEqual(['a,0,-1.0,,1', 'b,2,1.0,,1']);
  });
});
