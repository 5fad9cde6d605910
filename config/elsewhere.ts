import { relative, resolve } from 'node:path';
import { packageRoot } from './source-tree.ts';

/**
 * The project that a command works on, where nobody named one (`PAWL_PROJECT`) and `folder` is neither in it nor it; null where who stands
 * there can mean no other.
 */
export function projectElsewhere(folder: string, env: NodeJS.ProcessEnv = process.env): string | null {
  if (env.PAWL_PROJECT !== undefined) return null;
  const way = relative(packageRoot, resolve(folder));
  return way === '..' || way.startsWith('../') || way.startsWith('..\\') ? packageRoot : null;
}
