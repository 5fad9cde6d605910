import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread on one of our modules, named as it stands in the source: `new URL('./thread.ts', import.meta.url)`. Threads know
 * nothing of the loader that lets this process read TypeScript: there they get it first. Built code has the module as `.js`.
 */
export function startThread(module: URL, options: Pick<WorkerOptions, 'workerData'> = {}): Worker {
  if (import.meta.url.endsWith('.js')) return new Worker(new URL(module.href.replace(/\.ts$/, '.js')), options);
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const script = JSON.stringify(module.href);
  return new Worker(`import(${loader}).then(({ register }) => (register(), import(${script})))`, {
    ...options,
    eval: true,
  });
}
