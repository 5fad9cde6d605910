import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the modules that run: the package, or `dist` in it. */
const moduleRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Whether we run compiled code, as every command does, or TypeScript, as tests do. */
export const isCompiled = import.meta.url.endsWith('.js');

/** Folder of `package.json`. What is not code is read from there: it is not copied when code is compiled. */
export const packageRoot = isCompiled ? resolve(moduleRoot, '..') : moduleRoot;

/** File of a module that is to run in a process or thread of its own, by its path in the package without an ending. */
export const modulePath = (name: string): string => join(moduleRoot, `${name}${isCompiled ? '.js' : '.ts'}`);
