import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, createWorld, rowsOf, until, type World } from './harness.ts';
import { poison, tinyModel, wordyModel } from './models.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.addVersion(tinyModel(0));
});
afterEach(() => world.close());

const bad = rowsOf([2 * poison, 'a']);
/** Twice of what is allowed, in bytes of float32. */
const numbers = 1024 * 1024;
const tooLarge = /version 2 failed: the model answers with 419\d+ bytes, and 2097152 are allowed: /;

describe('an answer that is larger than the gateway takes', () => {
  it('of a shadow is an error of its copy, and nobody else notices', async () => {
    await world.addVersion(wordyModel(numbers));
    await world.deploy({ champion: 1, shadow: { version: 2, sample: 1 }, release: 'release/tiny/1' });
    const gateway = await world.gateway();
    expect((await ask(gateway, { ...bad, id: 'large' })).status).toBe(200);
    expect((await ask(gateway, { ...rowsOf([1, 'a']), id: 'small' })).status).toBe(200);
    await until('all is logged', async () => (await world.logged()).length === 4);
    const copies = (await world.logged()).filter(({ kind }) => kind === 'mirror');
    const errorOf = (of: string): string | null | undefined => copies.find(({ id }) => id === of)?.error;
    expect(errorOf('large')).toMatch(/the model answers with 419\d+ bytes, and 2097152 are allowed/);
    expect(errorOf('small')).toBeNull();
  });

  it.each([
    ['in the loop', false],
    ['in a process of its own', true],
  ])('of a canary %s is an error by name, is not logged, and the log goes on', async (_, imported) => {
    await world.addVersion(wordyModel(numbers), 'tiny', {}, imported);
    await world.deploy({ champion: 1, canary: { version: 2, share: 1 }, release: 'release/tiny/1' });
    const gateway = await world.gateway();
    const reply = await ask(gateway, { ...bad, id: 'large' });
    expect(reply).toMatchObject({ status: 500, body: { error: expect.stringMatching(tooLarge) as string } });
    expect((await ask(gateway, { ...rowsOf([1, 'a']), id: 'small' })).status).toBe(200);
    await until('all is logged', async () => (await world.logged()).length === 2);
    const rows = await world.logged();
    expect(rows.find(({ id }) => id === 'large')?.error).toMatch(tooLarge);
    expect(JSON.stringify(rows).length).toBeLessThan(10_000);
    expect(rows.find(({ id }) => id === 'small')?.error).toBeNull();
  });
});
