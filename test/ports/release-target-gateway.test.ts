import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { createGatewayTarget } from '../../ports/release-target/gateway.ts';
import { model, releaseTargetSuite } from '../contracts/release-target.suite.ts';

releaseTargetSuite(
  'gateway',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-target-'));
    const registry = createRegistry(createFileStore(pathToFileURL(folder).href), Date.now);
    return {
      target: createGatewayTarget(model, registry),
      async record({ champion, canary }) {
        await registry.changeDeployment(model, () => ({
          salt: 'salt',
          champion: champion.version,
          previous: null,
          canary: canary === null ? null : { version: canary.version.version, share: canary.share },
          shadow: null,
          frozen: false,
          release: null,
          actor: 'test',
          reason: 'test',
        }));
      },
      writes: () => 0,
      foreign: () => null,
      editMeanwhile: () => undefined,
      unusable: null,
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
  false,
);
