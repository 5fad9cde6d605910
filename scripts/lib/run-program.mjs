import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiledFolder } from './build.mjs';

/**
 * Goes on in this very process as a program of ours, named by its path in the package without an ending, which ends it. There is no second
 * process between the terminal and the work: signals arrive, and nothing is left behind when this one is killed.
 */
export async function runProgram(name, args) {
  const path = join(compiledFolder, `${name}.js`);
  process.argv = [process.execPath, path, ...args];
  await import(pathToFileURL(path).href);
}
