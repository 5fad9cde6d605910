import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { isObject } from '../../contracts/is-object.ts';
import { packageRoot } from '../../config/source-tree.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';

const model = 'employment';

/** The config of the demo: the model definitions with time compressed, everything else as it always is. */
export async function demoConfig(env: NodeJS.ProcessEnv): Promise<{ config: Config; env: NodeJS.ProcessEnv }> {
  const usual = loadConfig(env);
  const folder = join(usual.home, 'demo', 'models');
  const definition: unknown = parse(await readFile(join(usual.models, `${model}.yaml`), 'utf8'));
  const compressed: unknown = parse(await readFile(compressedPath, 'utf8'));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${model}.yaml`), stringify(overlay(definition, compressed)));
  const demoEnv = { ...env, PAWL_MODELS: folder };
  return { config: loadConfig(demoEnv), env: demoEnv };
}

const compressedPath = join(packageRoot, 'cli', 'demo', 'compressed.yaml');

/** Forgets the story told so far; what was downloaded stays. */
export async function forgetStory(home: string): Promise<void> {
  for (const name of ['store', 'gateway', 'demo', 'temporal.db', 'temporal.db-shm', 'temporal.db-wal'])
    if (existsSync(join(home, name))) await rm(join(home, name), { recursive: true });
}

function overlay(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over === undefined ? base : over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, overlay(base[key], over[key])]));
}
