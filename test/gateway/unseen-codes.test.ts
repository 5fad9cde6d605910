import { afterEach, beforeEach, expect, it } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import type { TrainedCodes } from '../../contracts/data/trained-codes.ts';
import { createWorld, post, type World } from './harness.ts';
import { tinyModel } from './models.ts';

const dataset = datasetDefinitionSchema.parse({
  dataset: 'codes',
  source: 'rows.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'y',
  columns: {
    id: { type: 'integer', kind: 'key' },
    y: { type: 'integer', kind: 'target' },
    age: { type: 'number', kind: 'numeric' },
    sector: { type: 'string', kind: 'categorical' },
  },
});

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

async function answerOf(codes: TrainedCodes, imported: boolean, sector: unknown): Promise<Record<string, unknown>> {
  const version = await world.addVersion(tinyModel(0), 'tiny', {}, imported, dataset, true, {}, codes);
  await world.deploy({ champion: version });
  const gateway = await world.gateway();
  const { status, body } = await post(`${gateway.url}/predict/tiny`, { age: 3, sector });
  expect(status).toBe(200);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  const counted = /^pawl_unknown_categories_total\{[^}]*column="sector"[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? '0';
  expect(counted).toBe(body.unknown === undefined ? '0' : '1');
  return body;
}

it.each<[unknown, boolean]>([
  ['3.0', true],
  [3, false],
  ['3', false],
  ['4.0', false],
])('a code that training did not see is unknown though the dataset lists none: %j', async (sector, isKnown) => {
  const body = await answerOf({ sector: ['1.0', '3.0'] }, false, sector);
  expect(body.unknown).toEqual(isKnown ? undefined : ['sector']);
});

it('a category is not called unknown where nobody told which were seen', async () => {
  expect((await answerOf({}, true, 'x')).unknown).toBeUndefined();
});
