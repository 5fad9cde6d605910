import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { createDefinitions } from '../../ports/definitions/config.ts';
import { definitionsSuite } from '../contracts/definitions.suite.ts';
import { useShopDefinitions } from './shop-definitions.ts';

definitionsSuite('config', async () => {
  const project = await mkdtemp(join(tmpdir(), 'pawl-definitions-'));
  const write = async (path: string, definition: object): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, stringify(definition));
  };
  return {
    definitions: createDefinitions(definitionLoaders({ project, models: join(project, 'models') })),
    writeModel: (name, definition) => write(join(project, 'models', `${name}.yaml`), definition),
    writeDataset: (name, definition) => write(join(project, 'datasets', name, 'dataset.yaml'), definition),
    close: () => rm(project, { recursive: true, force: true }),
  };
});

const load = useShopDefinitions();

test('segments that the log keeps no value of are refused before a run begins', async () => {
  const release = { guards: { bySegment: { column: 'age', values: { 3: 1 } } } };
  const { definition } = await load({ model: { release } });
  expect(definition.release.guards.bySegment).toEqual({ column: 'age', values: { 3: 1 }, all: 1, minRequests: 100 });
  await expect(load({ model: { release, serving: { log: { drop: ['age'] } } } })).rejects.toMatchObject({
    type: 'InvalidConfigError',
    details: { model: 'shop', column: 'age' },
  });
});
