import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';
import type { Config } from '../config/schema.ts';
import { modulePath } from '../config/source-tree.ts';

const workflowsPath = modulePath('workflows/index');

/** The workflow bundle, built once per state of the code and kept in the cache: webpack takes seconds that a restart should not. */
export async function workflowBundle(config: Pick<Config, 'home'>): Promise<WorkflowBundle> {
  const folder = join(config.home, 'cache', 'bundles');
  const path = join(folder, `${sourceDigest()}.js`);
  const cached = await readFile(path, 'utf8').catch(() => null);
  if (cached !== null) return { code: cached };
  const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, bundle.code);
  await rename(partial, path);
  return bundle;
}

function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const folder of ['workflows', 'contracts']) {
    const path = join(dirname(workflowsPath), '..', folder);
    for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted())
      if (name.endsWith(extname(workflowsPath))) hash.update(name).update(readFileSync(join(path, name)));
  }
  // The SDK's version is part of what the bundle holds.
  hash.update(readFileSync(fileURLToPath(import.meta.resolve('@temporalio/workflow/package.json'))));
  return hash.digest('hex').slice(0, 32);
}
