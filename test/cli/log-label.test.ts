import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownGateway } from '../../cli/own-gateway.ts';
import { noteAddress } from '../../gateway/cluster/address.ts';
import { createWorld, type World } from '../gateway/harness.ts';
import { tinyModel } from '../gateway/models.ts';
import { pawl } from '../support/pawl.ts';

let world: World;
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pawl-label-'));
  world = await createWorld();
  await world.addVersion(tinyModel(0));
  await world.deploy({ champion: 1 });
});
afterEach(async () => {
  await world.close();
  await rm(home, { recursive: true, force: true });
});

describe('labels of a file', () => {
  it('go to the gateway of this project, wherever it answers', async () => {
    const { url } = await world.gateway('gateway-0123abcd');
    await noteAddress(home, { instance: 'gateway-0123abcd', url });
    expect(await ownGateway(home)).toBe(url);
    await noteAddress(home, { instance: 'gateway', url: (await world.gateway('gateway-0')).url });
    await expect(ownGateway(home)).resolves.toMatch(/^http/);
  });

  it("never go to another project's gateway, nor to where nothing answers", async () => {
    await expect(ownGateway(home)).rejects.toThrow(`no gateway runs for this project (none is noted in ${home})`);
    const stranger = await world.gateway('gateway-89abcdef');
    await noteAddress(home, { instance: 'gateway-0123abcd', url: stranger.url });
    await expect(ownGateway(home)).rejects.toThrow(`another project's gateway answers at ${stranger.url}`);
    await stranger.close();
    await expect(ownGateway(home)).rejects.toThrow(`this project's gateway does not answer at ${stranger.url}`);
  });

  it('are not sent by a project without a gateway, though one answers at the configured port', async () => {
    const { port } = await world.gateway('gateway-89abcdef');
    await writeFile(join(home, 'temporal.yaml'), `ports: { gateway: ${port} }\n`);
    await writeFile(join(home, 'labels.csv'), 'request_id,label\nx,1\n');
    const env = { PAWL_PROJECT: home, PAWL_HOME: join(home, '.pawl') };
    const { code, stderr } = await pawl(['log', 'label', join(home, 'labels.csv')], env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no gateway runs for this project')]);
  });
});
