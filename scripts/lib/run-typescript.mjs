import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './paths.mjs';

/**
 * Goes on in this very process as a TypeScript program of ours, which ends it. No second process stands between the terminal
 * and the work: signals arrive, and nothing is left behind when this one is killed.
 */
export async function runTypeScript(path, args) {
  process.argv = [process.execPath, join(packageRoot, path), ...args];
  const { register } = await import('tsx/esm/api');
  register();
  await import(pathToFileURL(join(packageRoot, path)).href);
}
