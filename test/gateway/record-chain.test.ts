import { afterEach, beforeEach, expect, it } from 'vitest';
import { canonicalJson } from '../../contracts/canonical.ts';
import { Follower } from '../../gateway/models/follower.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { approvalKey, deploymentKey, historyKey } from '../../ports/registry/keys.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { createWorld, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
let followers: Follower[];
beforeEach(async () => {
  world = await createWorld();
  followers = [];
  await world.addVersion(tinyModel(0));
  await world.addVersion(tinyModel(1));
  await world.deploy({ champion: 1 });
});
afterEach(async () => {
  await Promise.all(followers.map((follower) => follower.close()));
  await world.close();
});

async function follow(registry = world.registry): Promise<Follower> {
  const { store, config } = world;
  const follower = new Follower({
    store,
    registry,
    inference: createOnnxInference(),
    settings: config.gateway,
    report: () => {},
  });
  followers.push(follower);
  await follower.start();
  return follower;
}
const champion = (follower: Follower) => follower.serving('tiny')?.record.champion;

/** Changes a document behind Pawl's back. */
async function edit(key: string, change: Record<string, unknown>): Promise<void> {
  const found = await world.store.readPointer(key);
  if (found === null || found === 'unchanged') throw new Error(`${key} is not there`);
  const document = { ...(JSON.parse(new TextDecoder().decode(found.value)) as object), ...change };
  await world.store.writePointer(key, canonicalJson(document), found.token);
}

it('does not follow a record that was changed after it was written, serves on, and follows it once it is restored', async () => {
  const follower = await follow();
  await edit(deploymentKey('tiny'), { champion: 2 });
  await until('it is said', () => follower.health().status === 'degraded');
  expect(follower.health().reasons.join()).toMatch(
    /deployment record 1 of "tiny" is not followed: it was changed after it was written.*pawl verify tiny/,
  );
  expect([champion(follower), follower.refused()]).toEqual([1, ['tiny']]);
  await edit(deploymentKey('tiny'), { champion: 1 });
  await until('it is followed again', () => follower.health().status === 'ready');
});

it('says so in /metrics and /readyz for as long as the record is not followed', async () => {
  const gateway = await world.gateway();
  const gauge = async (): Promise<string> => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return /^pawl_deployment_refused\{.*\} \d+$/m.exec(text)?.[0] ?? '';
  };
  await until('it serves', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
  expect(await gauge()).toBe('');
  await edit(deploymentKey('tiny'), { champion: 2 });
  await until('it is said', async () => (await gauge()) !== '');
  expect(await gauge()).toMatch(/^pawl_deployment_refused\{.*model="tiny".*\} 1$/);
  expect(await (await fetch(`${gateway.url}/readyz`)).json()).toMatchObject({
    reasons: [expect.stringContaining('is not followed') as string],
  });
  await edit(deploymentKey('tiny'), { champion: 1 });
  await until('it is followed again', async () => (await gauge()) === '');
});

it('is asked for many earlier states at once when it starts, of all models together for a bounded number', async () => {
  for (let model = 0; model < 6; model += 1) {
    const name = `model${model}`;
    await world.addVersion(tinyModel(0), name);
    for (let state = 0; state < 35; state += 1) await world.deploy({ champion: 1, reason: `state ${state}` }, name);
  }
  let [reading, most, reads] = [0, 0, 0];
  const store: ArtifactStore = {
    ...world.store,
    async readPointer(key, unless) {
      if (!key.includes('/history/')) return world.store.readPointer(key, unless);
      reads += 1;
      most = Math.max(most, (reading += 1));
      try {
        await new Promise((resolve) => setImmediate(resolve));
        return await world.store.readPointer(key, unless);
      } finally {
        reading -= 1;
      }
    },
    listPointers: (prefix, from) => world.store.listPointers(prefix, from),
    listPointerFolders: (folder) => world.store.listPointerFolders(folder),
    getBlob: (digest) => world.store.getBlob(digest),
    fetchFile: (digest) => world.store.fetchFile(digest),
  };
  const follower = await follow(createRegistry(store, Date.now));
  await until('all are served', () => follower.models().every((name) => follower.serving(name) != null));
  expect(reads).toBeGreaterThan(6 * 32);
  expect(most).toBe(32);
});

it('does not follow a record that does not descend from the one it served by', async () => {
  const follower = await follow();
  await edit(deploymentKey('tiny'), { champion: 2, seq: 2, before: `sha256:${'f'.repeat(64)}` });
  await until('it is said', () => follower.refused().length === 1);
  expect([champion(follower), follower.health().status]).toEqual([1, 'degraded']);
  expect(follower.health().reasons.join()).toMatch(/deployment record 1: it was changed after deployment record 2/);
});

it('begins with no record whose state before was changed, and says so of older states while it serves', async () => {
  await world.deploy({ reason: 'second' });
  await edit(historyKey('tiny', 1), { actor: 'mallory' });
  const refusing = await follow();
  expect([champion(refusing), refusing.health().status]).toEqual([undefined, 'starting']);
  expect(refusing.health().reasons.join()).toMatch(/deployment record 1: it was changed/);
  await world.deploy({ reason: 'third' });
  const serving = await follow();
  expect([champion(serving), serving.health().status]).toEqual([1, 'degraded']);
  expect(serving.health().reasons.join()).toMatch(/history of the deployment record of "tiny" was changed/);
});

it('does not follow a record that releases a version without approval, unless the record says that it was forced', async () => {
  const unapproved = await world.addVersion(tinyModel(2), 'tiny', {}, false, undefined, false);
  const follower = await follow();
  const canary = { version: unapproved, share: 0.5 };
  await world.deploy({ canary });
  await until('it is said', () => follower.refused().length === 1);
  expect(follower.health().reasons.join()).toMatch(/was never approved .*does not say that it was released by force/);
  expect(follower.serving('tiny')?.record.canary).toBeNull();
  await world.deploy({ canary, forced: [{ version: unapproved, objection: 'never approved' }] });
  await until('it is followed', () => follower.serving('tiny')?.record.canary !== null);
  expect(follower.refused()).toEqual([]);
});

it('does not follow a record whose version has an approval of other evidence', async () => {
  const { run } = await world.registry.version('tiny', 2);
  await edit(approvalKey('tiny', run), { evidence: `sha256:${'f'.repeat(64)}` });
  const follower = await follow();
  await world.deploy({ champion: 2, previous: 1 });
  await until('it is said', () => follower.refused().length === 1);
  expect([champion(follower), follower.health().reasons.join()]).toEqual([1, expect.stringMatching(/other evidence/)]);
});

it('begins with no record that was changed, though its chain is whole, and releases nothing by a changed approval', async () => {
  await world.deploy({ champion: 2, previous: 1 });
  await edit(deploymentKey('tiny'), { champion: 1 });
  const first = await follow();
  expect(first.refused()).toEqual(['tiny']);
  expect(first.health().reasons.join()).toMatch(
    /deployment record 2 of "tiny" is not followed: it was changed after it was/,
  );
  await edit(deploymentKey('tiny'), { champion: 2 });
  await until('it is followed', () => champion(first) === 2);
  const { run } = await world.registry.version('tiny', 2);
  await edit(approvalKey('tiny', run), { by: 'mallory' });
  const second = await follow();
  expect(second.health().reasons.join()).toMatch(
    /is not followed: approval of run .*: it was changed after it was written/,
  );
});
