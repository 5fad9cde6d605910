import { afterEach, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import { createLogQueries } from '../../ports/prediction-log/queries.ts';
import { ask, createWorld, post, rowsOf, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

/** Ids and kinds of what the log knows of a request. */
async function found(request: string): Promise<string[]> {
  const queries = createLogQueries({ store: world.store, home: world.config.home });
  const sql = `select kind || ' ' || id from log where request = $1 order by 1`;
  return queries.query({ models: ['tiny'], since: 0 }, sql, [request], async ({ batches }) => {
    const rows: string[] = [];
    for await (const batch of batches) for (const [text] of batch) if (typeof text === 'string') rows.push(text);
    return rows;
  });
}

it('a request and its label are found by its id before they are in the store, and afterwards', async () => {
  world = await createWorld({ log: { ...loadConfig({}).gateway.log, sealEvery: 60_000 } });
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
  const gateway = await world.gateway();
  await ask(gateway, rowsOf([10, 'a']), { 'x-request-id': 'mine' });
  await until('the request is on disk', async () => (await found('mine')).length > 0);
  expect(await found('mine')).toEqual(['prediction mine']);
  expect(await world.logged()).toEqual([]);
  await post(`${gateway.url}/feedback`, { request_id: 'mine', label: 1, model: 'tiny' });
  const known = ['feedback mine', 'prediction mine'];
  expect(await found('mine')).toEqual(known);
  await gateway.close();
  expect(await world.logged()).toHaveLength(2);
  expect(await found('mine')).toEqual(known);
});
