import { expect, it } from 'vitest';
import { canonicalJson } from '../../contracts/canonical.ts';
import { Follower } from '../../gateway/engine/follow.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { versionKey } from '../../ports/registry/keys.ts';
import { createWorld, until } from './harness.ts';
import { tinyModel } from './models.ts';

it('never serves a version whose document was changed after it was registered', async () => {
  const world = await createWorld();
  const { store, registry, config } = world;
  const settings = config.gateway;
  const follower = new Follower({ store, registry, inference: createOnnxInference(), settings, report: () => {} });
  try {
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    await follower.start();
    await world.addVersion(tinyModel(1));
    const { candidate: other } = await registry.version('tiny', 1);
    const key = versionKey('tiny', 2);
    const found = await store.readPointer(key);
    if (found === null || found === 'unchanged') throw new Error('version 2 is not there');
    const document = { ...(JSON.parse(new TextDecoder().decode(found.value)) as object), candidate: other };
    await store.writePointer(key, canonicalJson(document), found.token);
    await world.deploy({ champion: 2, previous: 1 });
    await until('it is said', () => follower.health().status === 'degraded');
    expect(follower.health().reasons.join()).toMatch(/tiny@2 could not be loaded.*its model is sha256/);
    expect(follower.serving('tiny')?.record.champion).toBe(1);
  } finally {
    await follower.close();
    await world.close();
  }
});
