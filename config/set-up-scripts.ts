import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './source-tree.ts';

// The set-up scripts have no build: compiled code finds them in the package, not beside itself.
const script = (name: string): string => pathToFileURL(join(packageRoot, 'scripts', 'lib', name)).href;

/** The search for programs is written once, in the dependency-free set-up scripts. */
export const { findBinary } = (await import(
  script('find-binary.mjs')
)) as typeof import('../scripts/lib/find-binary.mjs');
export const { endWithUs, isAlive, onPath, processStart, run, spawnWithUs } = (await import(
  script('process.mjs')
)) as typeof import('../scripts/lib/process.mjs');
export const { noteInLock, readLock, takeLock } = (await import(
  script('lock.mjs')
)) as typeof import('../scripts/lib/lock.mjs');
