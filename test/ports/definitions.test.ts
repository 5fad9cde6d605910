import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { createDefinitions } from '../../ports/definitions/config.ts';

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'pawl-definitions-'));
  await mkdir(join(project, 'models'));
  await mkdir(join(project, 'datasets', 'tiny'), { recursive: true });
  await writeFile(join(project, 'models', 'tiny.yaml'), 'model: tiny\ndataset: tiny\nfeatures: [x]\n');
  await writeFile(
    join(project, 'datasets', 'tiny', 'dataset.yaml'),
    `dataset: tiny
source: rows.csv
licence: none
provenance: made up
key: id
target: y
columns:
  id: { type: integer, kind: key }
  x: { type: number, kind: numeric }
  y: { type: integer, kind: target }
`,
  );
});
afterAll(() => rm(project, { recursive: true, force: true }));

const open = () => createDefinitions(definitionLoaders({ project, models: join(project, 'models') }));

test('reads definitions with their defaults, and finds a source beside its definition', async () => {
  expect(await open().models()).toEqual(['tiny']);
  expect(await open().model('tiny')).toMatchObject({ features: ['x'], threshold: 0.5, split: { by: 'hash' } });
  expect((await open().dataset('tiny')).source).toBe(join(project, 'datasets', 'tiny', 'rows.csv'));
});

test('names a model or dataset that is not there, as a rejection', async () => {
  await expect(open().model('none')).rejects.toMatchObject({ type: 'UnknownModelError', details: { model: 'none' } });
  await expect(open().dataset('none')).rejects.toMatchObject({
    type: 'UnknownDatasetError',
    details: { dataset: 'none' },
  });
});

test('sees an edit at the next call', async () => {
  const definitions = open();
  await definitions.model('tiny');
  await writeFile(join(project, 'models', 'tiny.yaml'), 'model: tiny\ndataset: tiny\nfeatures: [x]\nthreshold: 0.7\n');
  expect((await definitions.model('tiny')).threshold).toBe(0.7);
});

test('refuses segments that the log keeps no value of, before a run begins', async () => {
  const release = 'release: { guards: { bySegment: { column: x, values: { 3: 1 } } } }';
  const path = join(project, 'models', 'split.yaml');
  await writeFile(path, `model: split\ndataset: tiny\nfeatures: [x]\n${release}\n`);
  expect((await open().model('split')).release.guards.bySegment).toEqual({
    column: 'x',
    values: { 3: 1 },
    all: 1,
    minRequests: 100,
  });
  await writeFile(path, `model: split\ndataset: tiny\nfeatures: [x]\n${release}\nserving: { log: { drop: [x] } }\n`);
  await expect(open().model('split')).rejects.toMatchObject({
    type: 'InvalidConfigError',
    details: { model: 'split', column: 'x' },
  });
  await rm(path);
});
