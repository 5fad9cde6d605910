import { afterEach, describe, expect, it } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { ask, createWorld, post, rowsOf, type Reply, type World } from './harness.ts';
import { numberModel, tinyDataset, tinyModel } from './models.ts';

let world: World;
afterEach(() => world.close());

const label = (gateway: Gateway, id: string, said: unknown): Promise<Reply> =>
  post(`${gateway.url}/feedback`, { request_id: id, label: said });

async function serving(outcome: object, definition: object): Promise<Gateway> {
  world = await createWorld();
  const { id, age, sector } = tinyDataset.columns;
  const columns = { id, age, sector, outcome: { type: 'number', kind: 'target', nullable: true, ...outcome } };
  const dataset = datasetDefinitionSchema.parse({ ...tinyDataset, columns });
  const more = { positive: undefined, ...definition };
  await world.addVersion(numberModel(2), 'tiny', {}, false, dataset, true, more);
  await world.deploy({ champion: 1 });
  return world.gateway();
}

const ranking = { task: 'ranking', query: 'sector' };

describe('labels that are numbers', () => {
  it.each([
    ['of a regression', {}, { task: 'regression' }, [-7.5, '3e38'], [1e39, '-1e39', 3.4029e38], 'numbers below 3.403e'],
    ['of a ranking', {}, ranking, [0, 2.5, 100], [-1, 100.5, 99_999], 'grades from 0 to 100'],
    ['of a ranking with its own scale', { max: 4 }, ranking, [0, '4'], [5], 'grades from 0 to 4'],
  ])('%s are refused beyond what can be judged', async (_, outcome, definition, good, bad, known) => {
    const gateway = await serving(outcome, definition);
    for (const said of good) expect([said, (await label(gateway, 'x', said)).status]).toEqual([said, 202]);
    for (const said of bad)
      expect(await label(gateway, 'x', said)).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining(`is not a label of model "tiny": known are ${known}`) as string },
      });
  });
});

describe('feedback by the id of a row', () => {
  it('is refused where its request has no such row', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    const gateway = await world.gateway();
    await ask(gateway, { ...rowsOf([1, 'a'], [2, 'b']), id: 'two' });
    await ask(gateway, { ...rowsOf([1, 'a']), id: 'one' });
    await ask(gateway, { ...rowsOf([1, 'a']), id: 'own/7' });
    for (const good of ['two/0', 'two/1', 'one', 'own/7', 'elsewhere/7'])
      expect([good, (await label(gateway, good, 1)).status]).toEqual([good, 202]);
    const rows = 'request "two" has 2 rows, "two/0" to "two/1", and "two/7" is none of them';
    for (const [bad, why] of [
      ['two/7', rows],
      ['two/2', '"two/2" is none of them'],
      ['two/01', '"two/01" is none of them'],
      ['two', 'request "two" has 2 rows: name one of them, "two/0" to "two/1"'],
      ['one/0', 'request "one" has one row: name it "one"'],
    ] as const)
      expect(await label(gateway, bad, 1)).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining(why) as string },
      });
    await gateway.close();
    expect((await world.logged()).filter(({ kind }) => kind === 'feedback')).toHaveLength(5);
  });
});
