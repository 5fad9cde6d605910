import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with `package.json`. */
export const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What may be downloaded again: shared by every `PAWL_HOME`. `PAWL_CACHE`, by default `.pawl/cache` in the project. */
export const cacheFolder = (env = process.env) => resolve(packageRoot, env.PAWL_CACHE ?? join('.pawl', 'cache'));
