import { expect, it } from 'vitest';
import type { ModelVersion } from '../../contracts/model/version.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import { Follower } from '../../gateway/models/follower.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { versionKey } from '../../ports/registry/keys.ts';
import { createWorld, until } from './harness.ts';
import { tinyModel } from './models.ts';

it.each<[string, (document: ModelVersion, other: ModelVersion) => ModelVersion, RegExp]>([
  [
    'its model',
    (document, { candidate }) => ({ ...document, candidate }),
    /tiny@2 could not be loaded.*its model is sha256/,
  ],
  [
    'who trained it, by which it would run in the loop',
    (document, other) => ({ ...document, lineage: { ...document.lineage, training: other.lineage.training } }),
    /tiny@2 could not be loaded.*it was changed after it was written/,
  ],
])('never serves a version where %s was changed after it was registered', async (_, change, expected) => {
  const world = await createWorld();
  const { store, registry, config } = world;
  const settings = config.gateway;
  const follower = new Follower({ store, registry, inference: createOnnxInference(), settings, report: () => {} });
  try {
    await world.addVersion(tinyModel(0));
    await world.deploy({ champion: 1 });
    await follower.start();
    await world.addVersion(tinyModel(1), 'tiny', {}, true);
    const other = await registry.version('tiny', 1);
    const key = versionKey('tiny', 2);
    const found = await store.readPointer(key);
    if (found === null || found === 'unchanged') throw new Error('version 2 is not there');
    const document = change(JSON.parse(new TextDecoder().decode(found.value)) as ModelVersion, other);
    await store.writePointer(key, canonicalJson(document), found.token);
    await world.deploy({ champion: 2, previous: 1 });
    await until('it is said', () => follower.health().status === 'degraded');
    expect(follower.health().reasons.join()).toMatch(expected);
    expect(follower.serving('tiny')?.record.champion).toBe(1);
  } finally {
    await follower.close();
    await world.close();
  }
});
