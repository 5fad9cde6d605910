import { relative, resolve } from 'node:path';
import { packageRoot } from './source-tree.ts';

/**
 * The project that a command works on if `PAWL_PROJECT` is not set and `folder` lies outside it; null if `folder` lies inside.
 */
export function projectElsewhere(folder: string, env: NodeJS.ProcessEnv = process.env): string | null {
  if (env.PAWL_PROJECT !== undefined) return null;
  const way = relative(packageRoot, resolve(folder));
  return way === '..' || way.startsWith('../') || way.startsWith('..\\') ? packageRoot : null;
}
