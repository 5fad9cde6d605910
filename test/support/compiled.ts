import { join } from 'node:path';
import { buildCode } from '../../scripts/lib/build.mjs';
import { packageRoot } from '../../config/source-tree.ts';

/** Vitest calls it once before all suites: programs run compiled in tests too, as they do for users. */
export const setup = (): Promise<void> => buildCode();

/** Compiled file of a program, by its path in the package without an ending. */
export const compiled = (name: string): string => join(packageRoot, 'dist', `${name}.js`);
