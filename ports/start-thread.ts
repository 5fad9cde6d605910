import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { isCompiled, modulePath } from '../config/source-tree.ts';

/**
 * Starts a thread on one of our modules, by its path in the package without an ending. Threads know nothing of the loader that lets
 * this process read TypeScript: there they get it first.
 */
export function startThread(name: string, options: Pick<WorkerOptions, 'workerData'> = {}): Worker {
  if (isCompiled) return new Worker(modulePath(name), options);
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const script = JSON.stringify(pathToFileURL(modulePath(name)).href);
  return new Worker(`import(${loader}).then(({ register }) => (register(), import(${script})))`, {
    ...options,
    eval: true,
  });
}
